"""Signing in and out over http, as a browser without scripts does it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.api.auth import FAILURES_PER_MINUTE, local_path
from guitara_app.kit.seal import unseal
from tests.integration.api.conftest import PASSWORD, Web, until


def said(answer: httpx.Response) -> str:
    """The sentence the sign-in page will show."""
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    return unseal(asked.get("problem", [""])[0])


@pytest.fixture(autouse=True)
def _unlimited(web: Web) -> None:
    web.forget_failures()


@pytest.mark.parametrize(
    ("role", "home"),
    [
        ("operator", "/board"),
        ("manager", "/board"),
        ("admin", "/board"),
        ("therapist", "/tonight"),
        ("driver", "/tonight"),
    ],
)
def test_everybody_lands_where_their_work_is(web: Web, role: str, home: str) -> None:
    client = web.client()
    answer = client.post("/auth/login", data={"username": role, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, home)
    assert client.get("/").headers["location"] == home
    assert client.get("/api/v1/me").json()["role"] == role


def test_the_cookie_is_out_of_reach_of_scripts_and_new_each_time(web: Web) -> None:
    client = web.client()
    first = client.post("/auth/login", data={"username": "operator", "password": PASSWORD})
    flags = first.headers["set-cookie"].lower()
    assert flags.startswith("sid=")
    assert all(flag in flags for flag in ("httponly", "samesite=lax", "path=/"))
    old = client.cookies["sid"]
    client.post("/auth/login", data={"username": "operator", "password": PASSWORD})
    assert client.cookies["sid"] != old
    stolen = httpx.Client(base_url=web.base, cookies={"sid": old}, trust_env=False)
    until(lambda: all(stolen.get("/api/v1/me").status_code == 401 for _ in range(6)))


def test_a_refusal_keeps_the_name_and_never_the_password(web: Web) -> None:
    answer = web.client().post("/auth/login", data={"username": "operator", "password": "guessed", "next": "/board"})
    assert answer.status_code == 303
    assert "guessed" not in answer.headers["location"]
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert asked["name"] == ["operator"]
    assert asked["next"] == ["/board"]
    assert said(answer) == "User name or password is not right."
    assert "set-cookie" not in answer.headers


def test_five_wrong_passwords_lock_the_account(web: Web) -> None:
    web.person("forgetful")
    client = web.client()
    for _ in range(5):
        client.post("/auth/login", data={"username": "forgetful", "password": "wrong"})
    answer = client.post("/auth/login", data={"username": "forgetful", "password": PASSWORD})
    assert "Too many wrong passwords" in said(answer)
    assert client.get("/api/v1/me").status_code == 401


def test_one_address_cannot_try_name_after_name(web: Web) -> None:
    client = web.client()
    for number in range(FAILURES_PER_MINUTE):
        client.post("/auth/login", data={"username": f"nobody{number}", "password": "wrong"})
    answer = client.post("/auth/login", data={"username": "operator", "password": PASSWORD})
    assert "Wait a minute" in said(answer)
    for key in web.redis.scan_iter():
        assert "127.0.0.1" not in str(key)


@pytest.mark.parametrize("form", [{}, {"username": "operator"}, {"password": "x"}, {"username": "  ", "password": "x"}])
def test_an_empty_form_is_a_sentence(web: Web, form: dict[str, str]) -> None:
    assert "Type your user name" in said(web.client().post("/auth/login", data=form))


@pytest.mark.parametrize("name", ["'; DROP TABLE people; --", "🙂" * 300, "x" * 10_000, "a\x00b", "%00", "<script>"])
def test_odd_names_are_only_wrong(web: Web, name: str) -> None:
    answer = web.client().post("/auth/login", data={"username": name, "password": "x" * 10_000})
    assert (answer.status_code, said(answer)) == (303, "User name or password is not right.")


def test_a_link_cannot_make_the_page_say_something(web: Web) -> None:
    assert unseal("f00d.Your account is locked. Call 555-1234.") == ""
    assert unseal("") == ""
    assert unseal("ü.ü") == ""


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "https://evil.example/board",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "board",
        "/board\r\nSet-Cookie: sid=x",
        "/\t/evil.example",
        "/" + "x" * 600,
        "/login?next=/login",
        "http:///evil.example",
        "//[",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(web: Web, wanted: str) -> None:
    assert local_path(wanted) == ""
    answer = web.client().post("/auth/login", data={"username": "operator", "password": PASSWORD, "next": wanted})
    assert answer.headers["location"] == "/board"


def test_the_wanted_page_follows_when_it_is_ours(web: Web) -> None:
    answer = web.client().post(
        "/auth/login", data={"username": "operator", "password": PASSWORD, "next": "/appointment/12?tab=history"}
    )
    assert answer.headers["location"] == "/appointment/12?tab=history"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout", "/api/v1/me"])
def test_another_sites_form_is_refused(web: Web, headers: dict[str, str], path: str) -> None:
    client = web.sign_in("manager")
    answer = client.post(path, data={"username": "operator", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert client.get("/api/v1/me").json()["role"] == Role.MANAGER


def test_signing_out_ends_the_session_in_every_process(web: Web) -> None:
    client = web.sign_in("driver")
    token = client.cookies["sid"]
    for _ in range(6):
        assert client.get("/api/v1/me").status_code == 200
    answer = client.post("/auth/logout")
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/login")
    assert said(answer) == "You are signed out."
    assert "sid" not in client.cookies
    late = httpx.Client(base_url=web.base, cookies={"sid": token}, trust_env=False)
    until(lambda: all(late.get("/api/v1/me").status_code == 401 for _ in range(6)), 2.0)
    assert client.post("/auth/logout").status_code == 303


def test_signing_in_and_out_is_never_a_link(web: Web) -> None:
    for path in ("/auth/login", "/auth/logout"):
        assert web.client().get(path).status_code == 405


def test_the_api_speaks_json_when_it_says_no(web: Web) -> None:
    client = web.sign_in("operator")
    for method, path, status in (("GET", "/api/v1/nope", 404), ("DELETE", "/api/v1/me", 405), ("GET", "/api/v1", 404)):
        answer = client.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert web.client().get("/api/v1/me").json() == {"detail": "Sign in first."}
