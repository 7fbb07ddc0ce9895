"""The API answers programs in JSON, whatever they ask."""

from __future__ import annotations

import pytest

from guitara_app.accounts.permissions import Role
from tests.integration.api.conftest import Site


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v2/me", "/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/me/", "/api/v1//me"]
)
def test_an_unknown_path_is_a_404_in_json(site: Site, path: str) -> None:
    with site.one.client(accept="text/html") as client:
        answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "There is nothing at this address."


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_wrong_method_is_a_405_in_json(site: Site, method: str) -> None:
    with site.one.client() as client:
        answer = client.request(method, "/api/v1/me")
    assert (answer.status_code, answer.headers["content-type"]) == (405, "application/problem+json")
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "cookie", ["", "sid=", "sid=made-up", "sid=" + "x" * 5000, 'sid="\\000"', "__Host-sid=made-up"]
)
def test_nobody_is_told_to_sign_in(site: Site, cookie: str) -> None:
    with site.one.client(cookie=cookie) as client:
        answer = client.get("/api/v1/me")
    assert (answer.status_code, answer.json()["type"]) == (401, "/api/v1/problems/sign-in-first")


@pytest.mark.parametrize("role", list(Role))
def test_everybody_may_ask_who_they_are(site: Site, role: Role) -> None:
    username = site.person(role)
    with site.two.client(cookie=site.cookie(role, username)) as client:
        answer = client.get("/api/v1/me")
    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["role"]) == (f"Mx {username}", role)
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_body_too_large_is_not_read(site: Site) -> None:
    with site.one.client() as client:
        declared = client.post("/auth/login", content=b"x" * 1_000_001)
        assert declared.status_code == 413
        assert declared.json()["detail"] == "This is too large to send."
