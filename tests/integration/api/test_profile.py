"""The profile's own routes, and how fast a token is gone on every web process."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import disable
from guitara_app.kit.database import reading, run
from guitara_app.kit.seal import unseal
from guitara_app.kit.time import now
from tests.integration.api.conftest import PASSWORD, WRONG, Site
from tests.integration.conftest import Until

NEW = "another-long-battery"


def change(site: Site, cookie: str, **form: str) -> tuple[httpx.Response, str]:
    """Send the form; the answer and what the page will say."""
    given = {"present": PASSWORD, "new": NEW, "again": NEW} | form
    with site.one.client(cookie=cookie) as client:
        answer = client.post("/auth/password", data=given)
    assert answer.status_code == 303
    asked = urlsplit(answer.headers["location"])
    said = parse_qs(asked.query)
    return answer, unseal((said.get("problem") or said.get("done") or [""])[0])


def status(site: Site, **headers: str) -> list[int]:
    """What each web process answers to who-am-I."""
    found: list[int] = []
    for web in site.webs:
        with web.client(**headers) as client:
            found.append(client.get("/api/v1/me").status_code)
    return found


def test_a_new_password_goes_with_a_new_cookie(site: Site) -> None:
    site.secrets.add(NEW)
    name = site.person(Role.THERAPIST)
    here, there = site.cookie(Role.THERAPIST, name), site.cookie(Role.THERAPIST, name)
    for form in ({"present": WRONG}, {"again": "another"}, {"new": "short", "again": "short"}):
        answer, said = change(site, here, **form)
        assert said
        assert "set-cookie" not in answer.headers
    answer, said = change(site, here)
    assert said == "The password is changed. Everywhere else you are signed out."
    fresh = answer.cookies["sid"]
    site.secrets.add(fresh)
    assert status(site, cookie=f"sid={fresh}") == [200, 200]
    assert status(site, cookie=here) == [401, 401]
    assert status(site, cookie=there) == [401, 401]


def test_nobody_changes_a_password_without_a_session(site: Site) -> None:
    answer, _ = change(site, "sid=made-up")
    assert urlsplit(answer.headers["location"]).path == "/login"
    with site.one.client(cookie=site.cookie(Role.OPERATOR), origin="https://evil.example") as client:
        assert client.post("/auth/password", data={"present": PASSWORD, "new": NEW, "again": NEW}).status_code == 403


def token(site: Site, cookie: str) -> tuple[int, str]:
    with site.one.client(cookie=cookie) as client:
        made = client.post("/api/v1/tokens", json={"name": "O'Hara's books"}).json()
    site.secrets.add(made["token"])
    return made["id"], made["token"]


def test_a_revoked_token_is_gone_everywhere(site: Site, until: Until) -> None:
    cookie = site.cookie(Role.OPERATOR)
    number, secret = token(site, cookie)
    bearer = f"Bearer {secret}"
    assert status(site, authorization=bearer) == [200, 200]
    with site.one.client(cookie=cookie) as client:
        assert client.delete(f"/api/v1/tokens/{number}").status_code == 204
    until(lambda: status(site, authorization=bearer) == [401, 401])


def test_a_disabled_account_takes_its_tokens_with_it(site: Site, until: Until) -> None:
    name = site.person(Role.DRIVER)
    _, secret = token(site, site.cookie(Role.DRIVER, name))
    bearer = f"Bearer {secret}"
    assert status(site, authorization=bearer) == [200, 200]
    with reading() as session:
        person_id = session.query(Person.id).filter(Person.username == name).scalar()
    admin = Actor(site.firm.operator.person_id, Role.ADMIN, "Admin")
    run(lambda session: disable(session, admin, person_id, reason="left", now=now()))
    until(lambda: status(site, authorization=bearer) == [401, 401])
