"""Who may open a socket or send a form: pages of this site, over a connection nobody can read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from guitara_app import settings as settings_module
from guitara_app.api.gate import Gate
from tests.integration.api.conftest import BEHIND_PROXY, Site


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("which", [0, 1])
def test_a_page_may_open_a_socket_to_where_it_came_from(site: Site, which: int, name: str) -> None:
    host = f"{name}:{site.webs[which].port}"
    assert site.webs[which].handshake(host=host, Origin=f"http://{host}") == 101


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example:{one}",
        "http://127.0.0.1:{two}",
        "https://127.0.0.1:{one}",
        "http://localhost:{one}",
        "http://127.0.0.1",
        "null",
        "",
        "*",
        "http://127.0.0.1:{one}/",
        "http://127.0.0.1:{one}@evil.example",
        "file://",
    ],
)
def test_no_other_page_may(site: Site, origin: str) -> None:
    given = origin.format(one=site.one.port, two=site.two.port)
    assert site.one.handshake(Origin=given) == 403


def test_a_socket_without_an_origin_stays_shut(site: Site) -> None:
    assert site.one.handshake() == 403


def test_behind_a_proxy_only_its_own_name_counts(site: Site) -> None:
    assert site.one.handshake(host=BEHIND_PROXY, Origin=f"https://{BEHIND_PROXY}") == 101
    assert site.one.handshake(host=BEHIND_PROXY, Origin=f"http://{BEHIND_PROXY}") == 403
    assert site.one.handshake(host="other.test", Origin="https://other.test") == 403


@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout", "/api/v1/me", "/board"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(site: Site, path: str, headers: dict[str, str]) -> None:
    with site.one.client(**headers) as client:
        answer = client.post(path, data={"username": "ana", "password": "x"})
    assert answer.status_code == 403
    assert "another site" in answer.json()["detail"]
    assert "set-cookie" not in answer.headers


def test_forms_of_our_own_pages_are_taken(site: Site) -> None:
    for headers in ({"origin": site.one.base}, {"sec_fetch_site": "same-origin"}, {}):
        with site.one.client(**headers) as client:
            assert client.post("/auth/logout").status_code == 303


def test_plain_http_under_a_name_that_may_be_elsewhere(site: Site) -> None:
    with site.one.client(host="192.168.1.5:8000", accept="text/html") as client:
        refused = client.get("/login")
        assert refused.status_code == 403
        assert "not encrypted" in refused.text
        assert client.get("/health").status_code != 403
    assert site.one.handshake(host="192.168.1.5:8000", Origin="http://192.168.1.5:8000") == 403


@pytest.fixture
def asked(pages: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """The status of ``GET /login`` asked from ``client``, with lan allowed or not."""

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})

    async def ask(client: str, url: str) -> int:
        transport = httpx.ASGITransport(app=Gate(inside, pages), client=(client, 1))
        async with httpx.AsyncClient(transport=transport) as browser:
            return (await browser.get(url)).status_code

    def status(client: str, url: str, *, lan: bool = False) -> int:
        monkeypatch.setenv("GUITARA_LAN", str(lan))
        settings_module.settings.cache_clear()
        try:
            return asyncio.run(ask(client, url))
        finally:
            monkeypatch.delenv("GUITARA_LAN")
            settings_module.settings.cache_clear()

    return status


@pytest.mark.parametrize(
    ("client", "url", "alone", "on_lan"),
    [
        ("127.0.0.1", "http://localhost:8000/login", 200, 200),
        ("::1", "http://[::1]:8000/login", 200, 200),
        ("192.168.1.7", "http://192.168.1.5:8000/login", 403, 200),
        ("192.168.1.7", "http://localhost:8000/login", 403, 200),
        ("10.1.2.3", "http://desk.local/login", 403, 200),
        ("8.8.8.8", "http://192.168.1.5:8000/login", 403, 403),
        ("8.8.8.8", "https://desk.example/login", 200, 200),
        ("not an address", "http://localhost/login", 403, 403),
    ],
)
def test_plain_http_from_other_machines(asked: object, client: str, url: str, alone: int, on_lan: int) -> None:
    assert callable(asked)
    assert asked(client, url) == alone
    assert asked(client, url, lan=True) == on_lan
