"""Headers, caching, and who may speak to the server at all."""

from __future__ import annotations

import re

import httpx
import pytest

from guitara_app.api.app import PAGES
from guitara_app.api.headers import script_hashes
from guitara_app.settings import PROJECT
from tests.integration.web.conftest import PASSWORD, Web


def asset(pattern: str) -> str:
    return f"/{next(PAGES.glob(f'assets/{pattern}')).relative_to(PAGES).as_posix()}"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/login", {}),
        ("GET", "/login/", {}),
        ("GET", "/", {}),
        ("GET", "/appointment/1", {}),
        ("GET", "/no/such/page", {}),
        ("GET", "/health", {}),
        ("GET", "/api/v1/me", {}),
        ("GET", "/api/v1/nope", {}),
        ("GET", "/_event/", {}),
        ("GET", "/ping", {}),
        ("GET", asset("*.js"), {}),
        ("GET", asset("reflex-env-*.js"), {}),
        ("POST", "/auth/login", {"origin": "http://evil.example"}),
        ("GET", "/login", {"host": "evil.example"}),
        ("GET", "/login", {"host": "evil.example; script-src *"}),
    ],
)
def test_every_answer_carries_the_security_headers(web: Web, method: str, path: str, headers: dict[str, str]) -> None:
    found = web.client().request(method, path, headers=headers).headers
    policy = dict(part.strip().split(" ", 1) for part in found["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert "*" not in found["content-security-policy"]
    assert (policy["frame-ancestors"], policy["object-src"]) == ("'none'", "'none'")
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] == "same-origin"
    assert found["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in found["permissions-policy"]
    assert "strict-transport-security" not in found


def test_the_policy_knows_every_inline_script_of_the_build(web: Web) -> None:
    policy = web.client().get("/login").headers["content-security-policy"]
    pages = list(PAGES.rglob("*.html"))
    assert pages
    for page in pages:
        assert all(found in policy for found in script_hashes(page.read_text())), page


def test_pages_are_asked_for_again_and_chunks_are_kept(web: Web) -> None:
    client = web.client()
    assert client.get("/login").headers["cache-control"] == "no-cache"
    assert "immutable" in client.get(asset("entry.client-*.js")).headers["cache-control"]
    assert client.get(asset("reflex-env-*.js")).headers["cache-control"] == "no-cache"
    assert client.get("/assets/reflex-env-gone.js").status_code == 404
    assert "immutable" not in client.get("/assets/gone.js").headers["cache-control"]
    assert client.get("/assets/reflex-env-..%2f..%2frxconfig.js").status_code == 404


def test_chunks_travel_compressed(web: Web) -> None:
    answer = web.client().get(asset("entry.client-*.js"), headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_a_page_is_reached_without_a_detour(web: Web) -> None:
    assert web.client().get("/login").status_code == 200
    assert web.client().get("/board").status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "guitara.localhost", "[::1]"])
def test_the_build_learns_its_address_from_the_request(web: Web, host: str) -> None:
    answer = web.client().get(asset("reflex-env-*.js"), headers={"host": f"{host}:{web.port}"})
    assert f'"ws://{host}:{web.port}/_event"' in answer.text
    assert set(re.findall(r"(?:https?|wss?)://([^/\"'`]+)", answer.text)) == {f"{host}:{web.port}"}


def test_plain_http_under_another_name_is_a_sentence(web: Web) -> None:
    page = web.client().get("/login", headers={"host": "guitara.example", "accept": "text/html"})
    assert page.status_code == 403
    assert "not encrypted" in page.text
    program = web.client().get("/api/v1/me", headers={"host": "guitara.example", "accept": "application/json"})
    assert "not encrypted" in program.json()["detail"]
    assert web.client().get("/health", headers={"host": "guitara.example"}).status_code in (200, 503)


def test_a_huge_body_is_refused(web: Web) -> None:
    answer = web.client().post("/auth/login", content=b"username=" + b"x" * 2_000_000)
    assert answer.status_code == 413


def test_a_huge_body_of_no_declared_length_is_not_read(web: Web) -> None:
    def endless() -> object:
        for _ in range(200):
            yield b"x" * 10_000

    try:
        status = (
            web.client()
            .post(
                "/auth/login",
                content=endless(),  # type: ignore[arg-type]  # an iterator of bytes
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            .status_code
        )
    except httpx.TransportError:
        status = 413
    assert status >= 400
    assert web.sign_in("operator", PASSWORD).get("/api/v1/me").status_code == 200


def test_nothing_of_the_project_is_served(web: Web) -> None:
    for path in ("/rxconfig.py", "/../rxconfig.py", "/%2e%2e/rxconfig.py", "/.env", "/assets/../../../rxconfig.py"):
        answer = web.client().get(path)
        assert (PROJECT / "rxconfig.py").read_text()[:40] not in answer.text
        assert answer.status_code == 404
