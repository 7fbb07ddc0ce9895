"""The session cookie: how it is set, taken away, guarded from guessing, and where signing in leads."""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.api.auth import FAILURES_PER_MINUTE
from guitara_app.kit.seal import unseal
from tests.integration.api.conftest import BEHIND_PROXY, PASSWORD, WRONG, Site


def sign_in(site: Site, username: str, password: str = PASSWORD, *, wanted: str = "", **options: str) -> httpx.Response:
    with site.one.client(**options) as client:
        return client.post("/auth/login", data={"username": username, "password": password, "next": wanted})


def reason(answer: httpx.Response) -> str:
    """What the sign-in page will say."""
    assert answer.status_code == 303
    asked = urlsplit(answer.headers["location"])
    assert asked.path == "/login"
    return unseal(parse_qs(asked.query)["problem"][0])


def morsel(answer: httpx.Response, name: str) -> dict[str, str]:
    """The cookie's attributes as they were sent."""
    (header,) = answer.headers.get_list("set-cookie")
    found = SimpleCookie(header)[name]
    return {"value": found.value, **{key: value for key, value in found.items() if value}}


def test_the_cookie_on_this_machine(site: Site) -> None:
    cookie = morsel(sign_in(site, site.person(Role.OPERATOR)), "sid")
    assert len(cookie.pop("value")) >= 43
    assert cookie == {"path": "/", "max-age": "604800", "httponly": True, "samesite": "lax"}


def test_the_cookie_over_https(site: Site) -> None:
    name = site.person(Role.OPERATOR)
    answer = sign_in(site, name, host=BEHIND_PROXY)
    cookie = morsel(answer, "__Host-sid")
    token = cookie.pop("value")
    assert cookie == {"path": "/", "max-age": "604800", "httponly": True, "samesite": "lax", "secure": True}
    for sent, host, status in (
        (f"__Host-sid={token}", BEHIND_PROXY, 200),
        (f"sid={token}", BEHIND_PROXY, 401),
        (f"__Host-sid={token}", "", 401),
    ):
        with site.one.client(cookie=sent, host=host) as client:
            assert client.get("/api/v1/me").status_code == status


def test_each_sign_in_is_a_new_session_and_ends_the_one_before(site: Site) -> None:
    name = site.person(Role.OPERATOR)
    before = site.cookie(Role.OPERATOR, name)
    planted = "sid=planted-by-somebody-else"
    again = sign_in(site, name, cookie=before).cookies["sid"]
    third = sign_in(site, name, cookie=planted).cookies["sid"]
    assert len({before, f"sid={again}", f"sid={third}", planted}) == 4
    for cookie, status in ((before, 401), (planted, 401), (f"sid={again}", 200), (f"sid={third}", 200)):
        with site.one.client(cookie=cookie) as client:
            assert client.get("/api/v1/me").status_code == status


def test_signing_out_ends_the_session_everywhere_at_once(site: Site) -> None:
    cookie = site.cookie(Role.OPERATOR)
    for web in site.webs:
        with web.client(cookie=cookie) as client:
            assert client.get("/api/v1/me").status_code == 200
    with site.one.client(cookie=cookie) as client:
        answer = client.post("/auth/logout")
        assert reason(answer) == "You are signed out."
        gone = morsel(answer, "sid")
        assert (gone["value"], gone["max-age"], gone["path"]) == ("", "0", "/")
        assert client.get("/api/v1/me").status_code == 401
    with site.two.client(cookie=cookie) as client:
        assert client.get("/api/v1/me").status_code == 401


def test_signing_in_and_out_is_never_a_link(site: Site) -> None:
    cookie = site.cookie(Role.OPERATOR)
    with site.one.client(cookie=cookie) as client:
        for path in ("/auth/login", "/auth/logout"):
            assert client.get(path).status_code in (404, 405)
        assert client.get("/api/v1/me").status_code == 200


def test_five_wrong_passwords_lock_the_account(site: Site) -> None:
    name = site.person(Role.THERAPIST)
    for _ in range(5):
        assert reason(sign_in(site, name, WRONG)) == "User name or password is not right."
    locked = sign_in(site, name)
    assert reason(locked) == "Too many wrong passwords. Try again in 5 min, or ask an admin."
    assert "set-cookie" not in locked.headers
    assert "sid" in sign_in(site, site.person(Role.THERAPIST)).cookies


def test_a_right_password_forgets_the_wrong_ones(site: Site) -> None:
    name = site.person(Role.THERAPIST)
    for _ in range(2):
        for _ in range(4):
            sign_in(site, name, WRONG)
        assert "sid" in sign_in(site, name).cookies


def test_one_address_may_not_guess_for_ever(site: Site) -> None:
    name = site.person(Role.OPERATOR)
    for number in range(FAILURES_PER_MINUTE):
        assert "not right" in reason(sign_in(site, f"nobody{number}", WRONG, address="127.0.0.78"))
    limited = sign_in(site, name, address="127.0.0.78")
    assert reason(limited) == "Too many wrong passwords from here. Wait a minute and try again."
    with site.two.client(address="127.0.0.78", x_forwarded_for="127.0.0.99") as client:
        elsewhere = client.post("/auth/login", data={"username": name, "password": PASSWORD})
    assert "from here" in reason(elsewhere)
    assert "sid" in sign_in(site, name, address="127.0.0.79").cookies


def test_behind_a_proxy_the_address_is_the_last_hop(site: Site) -> None:
    for number in range(FAILURES_PER_MINUTE):
        hops = f"{number}.1.1.1, 203.0.113.5"
        sign_in(site, f"nobody{number}", WRONG, host=BEHIND_PROXY, x_forwarded_for=hops)
    name = site.person(Role.OPERATOR)
    form = {"username": name, "password": PASSWORD}
    lines = [("host", BEHIND_PROXY), ("x-forwarded-for", "203.0.113.6"), ("x-forwarded-for", "203.0.113.5")]
    with site.one.client() as client:
        assert "set-cookie" not in client.post("/auth/login", data=form, headers=lines).headers
    for hops, let_in in (("9.9.9.9, 203.0.113.5", False), ("203.0.113.5, 203.0.113.6", True)):
        answer = sign_in(site, name, host=BEHIND_PROXY, x_forwarded_for=hops)
        assert ("set-cookie" in answer.headers) is let_in


@pytest.mark.parametrize("wanted", ["/board", "/appointments/12?tab=a#b", "/tonight"])
def test_signing_in_leads_to_where_somebody_wanted_to_go(site: Site, wanted: str) -> None:
    assert sign_in(site, site.person(Role.OPERATOR), wanted=wanted).headers["location"] == wanted


HOSTILE = [
    "//evil.example",
    "///evil.example",
    "https://evil.example",
    "http:evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "/\\/evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%09/evil.example\r\nset-cookie: a=b",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    "/login?problem=x",
    "/login/",
    "/" + "x" * 600,
    "\u2044\u2044evil.example",
    "/\x00/evil.example",
]


@pytest.mark.parametrize("wanted", [*HOSTILE, *(quote(found, safe="") for found in HOSTILE[:6])])
def test_nothing_leads_away_from_this_site(site: Site, wanted: str) -> None:
    answer = sign_in(site, site.person(Role.OPERATOR), wanted=wanted)
    assert "sid" in answer.cookies
    assert answer.headers["location"] == "/board"
    assert "a" not in answer.cookies


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_neither_does_a_refusal(site: Site, wanted: str) -> None:
    assert "evil" not in sign_in(site, "nobody", WRONG, wanted=wanted).headers["location"]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("", ""),
        (" ", "x"),
        ("\x00", "x"),
        ("x\x00y", "\x00"),
        ("x" * 10_000, "y"),
        ("x", "y" * 10_000),
        ("'; DROP TABLE people; --", "x"),
        ("\ud7ff\U0001f600", "\U0001f600"),
    ],
)
def test_nonsense_is_only_wrong(site: Site, username: str, password: str) -> None:
    assert reason(sign_in(site, username, password)) in (
        "User name or password is not right.",
        "Type your user name and your password.",
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\xfe\x00%zz=%", "application/x-www-form-urlencoded"),
        (b"--x\r\ngarbage", "multipart/form-data; boundary=x"),
        (b"--x\r\ngarbage", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="username"; filename="a"\r\n\r\nx\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"&".join(b"f%d=1" % number for number in range(2000)), "application/x-www-form-urlencoded"),
        (b'{"username": "ana"}', "application/json"),
        (b"", "text/plain"),
    ],
)
def test_what_is_no_form_breaks_nothing(site: Site, content: bytes, kind: str) -> None:
    with site.one.client(content_type=kind) as client:
        answer = client.post("/auth/login", content=content)
    assert answer.status_code in (303, 400)
    assert "set-cookie" not in answer.headers


def test_a_made_up_reason_is_not_shown(site: Site) -> None:
    assert unseal("Call 0917 000 0000 now") == ""
    assert unseal("0" * 24 + ".Call 0917 000 0000 now") == ""
    assert unseal("\u20ac.x") == ""
