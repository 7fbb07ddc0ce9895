"""As on real servers: nginx with TLS serves the pages, two web processes carry sockets and API alone."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import brotli
import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.datastructures import MutableHeaders

from guitara_app.accounts.permissions import Role
from guitara_app.api.auth import FAILURES_PER_MINUTE
from guitara_app.api.headers import add_security_headers, policy_of
from guitara_app.cli.build import BUILT, MARKER, ensure_built
from guitara_app.cli.publish import lay_out
from tests.e2e.conftest import CHROMIUM, People, Servers, Site, Web, running
from tests.e2e.front import NAME, Front
from tests.e2e.staging import hire, seat_of, visit
from tests.e2e.steps import card

FOR_EVER = "public, max-age=31536000, immutable"
_HEARD = """
window.stillTheSame = true;
window.heard = [];
new MutationObserver(() => window.heard.push(document.querySelector('.live').dataset.connection))
  .observe(document.querySelector('.live'), {attributes: true});
"""
_PARTS = """
performance.getEntriesByType('resource').filter((part) => part.name.includes('/assets/'))
  .map((part) => ({name: part.name, fetched: part.transferSize}))
"""


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with tempfile.TemporaryDirectory(prefix="guitara-nginx-") as folder:
        Path(folder).chmod(0o755)  # nginx gives up its rights, and reads the pages as nobody in particular
        ensure_built()
        prepared = Front.prepare(Path(folder))
        lay_out(BUILT, MARKER.read_bytes(), Path(folder) / "pages")
        try:
            yield prepared
        finally:
            prepared.stop()


@pytest.fixture(scope="module")
def site(front: Front, servers: Servers) -> Iterator[Site]:
    settings = {
        "GUITARA_ENVIRONMENT": "production",
        "GUITARA_SECRET": "of forty characters, as random as needed",
        "GUITARA_ORIGINS": front.origin,
        "GUITARA_TRUSTED_PROXIES": "127.0.0.1",
    }
    with running(servers, pages=False, **settings) as started:
        front.start([web.port for web in started.webs])
        yield started


@pytest.fixture
def trusting(browser: Browser, front: Front) -> Iterator[Browser]:
    """A browser to which this certificate is as good as one of an authority; it would keep nothing of a bad one."""
    known = f"--ignore-certificate-errors-spki-list={front.trusted_key()}"
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=["--no-sandbox", known])
    yield chromium
    chromium.close()


def rules(answer: httpx.Response) -> list[str]:
    return sorted(answer.headers["content-security-policy"].split())


def body_of(answer: httpx.Response) -> bytes:
    """As it came over the wire."""
    return b"".join(answer.iter_raw())


def test_what_nginx_answers_is_what_a_web_process_would(site: Site, front: Front) -> None:
    ours = MutableHeaders()
    scope = {"scheme": "https", "headers": [(b"host", f"{NAME}:{front.port}".encode())]}
    add_security_headers(ours, scope, policy_of(BUILT))
    script = max(BUILT.glob("assets/*.js"), key=lambda file: file.stat().st_size)
    asset = f"/assets/{script.name}"
    expected = {
        "/login": (200, "no-cache"),
        "/board/": (200, "no-cache"),
        "/appointments/12": (200, "no-cache"),
        "/no-such-page": (404, "no-cache"),
        "/assets/no-such.js": (404, "no-cache"),
        "/sw.js": (200, "no-cache"),
        "/manifest.webmanifest": (200, "no-cache"),
        "/metrics": (401, "no-store"),
        asset: (200, FOR_EVER),
        "/": (303, "no-store"),
        "/api/v1/me": (401, "private, no-cache"),
        "/api/v1/nothing": (404, "private, no-cache"),
        "/sheet": (303, "no-store"),
        "/health": (503, "no-store"),
    }
    with front.client(accept_encoding="identity") as client:
        for path, (status, kept) in expected.items():
            answer = client.get(path)
            assert (path, answer.status_code, answer.headers.get_list("cache-control")) == (path, status, [kept])
            for name, value in ours.items():
                found = answer.headers.get_list(name)
                assert len(found) == 1, (path, name, found)
                # A process without pages knows none of their inline scripts, and so allows none.
                assert found == [value] or (name == "content-security-policy" and "sha256" not in found[0]), path
        assert rules(client.get("/login")) == sorted(ours["content-security-policy"].split())
        assert client.get("/manifest.webmanifest").headers["content-type"] == "application/manifest+json"
        assert client.get("/login").headers["content-type"] == "text/html; charset=utf-8"

        tag = client.get(asset).headers["etag"]
        again = client.get(asset, headers={"if-none-match": tag})
        assert (again.status_code, again.headers["cache-control"]) == (304, FOR_EVER)

    for accept, encoding, unpack in (
        ("gzip, deflate, br", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("identity", "", bytes),
    ):
        with front.client(accept_encoding=accept) as client:
            for path, file in ((asset, script), ("/board", BUILT / "board" / "index.html")):
                with client.stream("GET", path) as answer:
                    assert answer.headers.get("content-encoding", "") == encoding
                    assert "accept-encoding" in answer.headers["vary"].lower()
                    assert unpack(body_of(answer)) == file.read_bytes()

    # What another site's page has caused stays uncompressed on the whole way.
    with front.client(accept_encoding="gzip", accept="text/html", origin="https://evil.example") as client:
        refused = client.post("/auth/login")
    assert (refused.status_code, "content-encoding" in refused.headers) == (403, False)

    plain = httpx.get(f"http://127.0.0.1:{front.plain}/board?a=b", headers={"host": NAME}, trust_env=False)
    assert (plain.status_code, plain.headers["location"]) == (301, f"https://{NAME}/board?a=b")


def test_nobody_guesses_passwords_from_an_address_made_up(site: Site, front: Front) -> None:
    form = {"username": "nobody", "password": "wrong"}

    def told(address: str, **headers: str) -> bool:
        """Whether somebody who tries from there is told to wait."""
        with front.client(address=address, **headers) as client:
            return "from+here" in client.post("/auth/login", data=form).headers["location"]

    tries = [told("127.0.0.77", x_forwarded_for=f"10.1.1.{number}") for number in range(FAILURES_PER_MINUTE + 1)]
    assert tries == [False] * FAILURES_PER_MINUTE + [True]
    assert told("127.0.0.77", forwarded="for=10.1.1.99", x_forwarded_proto="http")
    assert not told("127.0.0.78")
    # Past nginx, nobody but the proxy is believed, neither to be somebody else nor not to be themselves.
    for address, hop, waits in (("127.0.0.77", "127.0.0.99", True), ("127.0.0.79", "127.0.0.77", False)):
        transport = httpx.HTTPTransport(local_address=address)
        headers = {"host": f"{NAME}:{front.port}", "x-forwarded-for": hop}
        with httpx.Client(transport=transport, headers=headers) as client:
            answer = client.post(f"http://127.0.0.1:{site.webs[0].port}/auth/login", data=form)
        assert ("from+here" in answer.headers["location"]) is waits


def test_a_killed_web_process_costs_nobody_more_than_a_moment(site: Site, front: Front, trusting: Browser) -> None:
    staff = [hire(Role.THERAPIST, name) for name in ("Sampaguita", "Ilang", "Gumamela", "Santan")]
    seats = {number: seat_of(number, who) for number, who in ((visit(who, minutes=60), who) for who in staff)}
    people = People(trusting, site)
    ana = people.visitor()
    people.let_in(ana, "ana", base=front.origin)
    (cookie,) = [found for found in ana.context.cookies() if found["name"] == "__Host-sid"]
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    for number in seats:
        expect(card(ana, str(number), "pending")).to_be_visible()
    ana.evaluate(_HEARD)
    one, two = site.webs

    def answered(through: Web, number: int) -> None:
        """Accepted over the API of this process alone, and seen on the page wherever its socket is."""
        headers = {"host": f"{NAME}:{front.port}", "cookie": f"__Host-sid={cookie['value']}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{through.port}", headers=headers, trust_env=False) as client:
            path = f"/api/v1/assignments/{seats[number]}/actions/accept"
            answer = client.post(path, json={"reason": "the phone is dead"})
            assert answer.status_code == 200, answer.text
        expect(card(ana, str(number), "ready")).to_be_visible()

    first, second, third, fourth = seats
    answered(one, first)
    answered(two, second)
    assert people.complaints == []

    one.kill()
    answered(two, third)
    one.start()
    two.kill()
    answered(one, fourth)
    expect(ana.locator(".live").first).to_have_attribute("data-connection", "live")
    # Of the two at least one carried the page's socket when it was killed.
    assert "lost" in ana.evaluate("window.heard")
    assert ana.evaluate("window.stillTheSame")
    _opens_from_what_is_kept(ana, front)


def _opens_from_what_is_kept(page: Page, front: Front) -> None:
    """A page opened anew fetches no file of the build again."""
    with closing(page.context.new_page()) as another:
        another.goto(f"{front.origin}/board")
        expect(another.locator(".live").first).to_have_attribute("data-connection", "live")
        parts = another.evaluate(_PARTS)
        page_itself = another.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol")
    assert page_itself == "h2"
    assert len(parts) > 10
    assert [part for part in parts if part["fetched"]] == []
