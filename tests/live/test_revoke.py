"""Whoever loses their rights loses their open pages within a second, in every process, and nobody else does."""

from __future__ import annotations

from sqlalchemy import text

from guitara_app.accounts import services as accounts
from guitara_app.accounts.models import LoginSession
from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.accounts.rules import new_token, token_hash
from guitara_app.kit import database
from guitara_app.kit.events import record
from guitara_app.kit.time import now
from guitara_app.live.scopes import revoke_topic
from tests.live.conftest import Firm, Web
from tests.support.socket_client import Sockets, Tab


def _open(sockets: Sockets, webs: list[Web], cookie: str) -> list[Tab]:
    tabs = [sockets.open(web.base, "/desk", cookie=cookie) for web in webs]
    for tab in tabs:
        tab.wait_for("desk_live", "loaded", True)
    return tabs


def test_disabling_an_account_closes_its_pages(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    admin, _ = firm.person(Role.ADMIN)
    person, cookie = firm.person(Role.OPERATOR)
    _, bystander_cookie = firm.person(Role.OPERATOR)
    tabs, bystanders = _open(sockets, webs, cookie), _open(sockets, webs, bystander_cookie)
    with database.transaction() as session:
        accounts.disable(session, Actor(admin, Role.ADMIN, "admin"), person, reason="test", now=now())
    for tab in tabs:
        assert tab.wait_closed(1.0) < 1.0
        assert "/login" in str(tab.events)
    firm.note("w-not-for-you", "desk")
    for tab in bystanders:
        tab.wait(lambda tab: "w-not-for-you" in tab.get("desk_live", "waiting"))
        assert tab.closed_at is None
    for tab in tabs:
        assert "w-not-for-you" not in tab.get("desk_live", "waiting")
        tab.values.clear()
        tab.connect()
        tab.never(lambda tab: tab.get("desk_live", "loaded"), 0.3)


def test_signing_out_closes_the_tabs_of_that_session_only(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    person, cookie = firm.person(Role.OPERATOR)
    elsewhere = new_token()
    with database.transaction() as session:
        session.add(
            LoginSession(
                person_id=person, token_hash=token_hash(elsewhere), expires_at=now().replace(year=now().year + 1)
            )
        )
    tabs, others = _open(sockets, webs, cookie), _open(sockets, webs, f"sid={elsewhere}")
    with database.transaction() as session:
        accounts.sign_out(session, cookie.removeprefix("sid="), now=now())
    for tab in tabs:
        tab.wait_closed(1.0)
    firm.note("w-still-here", "desk")
    for tab in others:
        tab.wait(lambda tab: "w-still-here" in tab.get("desk_live", "waiting"))
        assert tab.closed_at is None


def test_another_role_reloads_the_page(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    person, cookie = firm.person(Role.OPERATOR)
    tabs = _open(sockets, webs, cookie)
    with database.transaction() as session:
        session.execute(text("UPDATE people SET role = 'therapist' WHERE id = :id"), {"id": person})
        record(session, "role_changed", by=SYSTEM, now=now(), topics=[revoke_topic(person)], person_id=person)
    for tab in tabs:
        tab.wait_closed(1.0)
        assert "reload" in str(tab.events)
