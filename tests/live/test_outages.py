"""Redis, PostgreSQL or the process itself is away for a while; afterwards every tab shows the present."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.kit import database, outbox
from guitara_app.kit.outbox import Change
from tests.live.conftest import Firm, Web, serving, until
from tests.support.socket_client import Sockets, Tab


def _desk(sockets: Sockets, web: Web, cookie: str) -> Tab:
    tab = sockets.open(web.base, "/desk", cookie=cookie)
    tab.wait_for("desk_live", "loaded", True)
    return tab


def _shows(note: str) -> object:
    return lambda tab: note in tab.get("desk_live", "waiting", [])


@pytest.mark.parametrize("without", ["resync", ""], ids=["unguarded", "guarded"])
def test_a_process_that_fell_behind_the_stream(firm: Firm, sockets: Sockets, without: str) -> None:
    with serving(2, without=without) as (frozen, lively):
        _, cookie = firm.person(Role.OPERATOR)
        behind, present = _desk(sockets, frozen, cookie), _desk(sockets, lively, cookie)
        frozen.freeze()
        firm.note(f"w-behind-{without}", "desk")
        present.wait(_shows(f"w-behind-{without}"))
        threading.Event().wait(outbox.KEPT_MS / 1000 + 0.5)
        firm.note("elsewhere", "client:1")
        kept = firm.wires.xrange(outbox.stream_of(outbox.Group.ROLE))
        assert not any("desk" in message["topics"] for _, message in kept), "nothing there to be read later"
        frozen.thaw()
        if without:
            behind.never(_shows(f"w-behind-{without}"), 3.0)
        else:
            behind.wait(_shows(f"w-behind-{without}"), 3.0)


def test_more_news_for_people_than_a_stream_keeps(firm: Firm, sockets: Sockets) -> None:
    with serving() as (web,):
        person, cookie = firm.person(Role.THERAPIST)
        _, desks = firm.person(Role.OPERATOR)
        own, desk = sockets.open(web.base, "/me", cookie=cookie), _desk(sockets, web, desks)
        own.wait_for("person_live", "loaded", True)
        desk_was_read = firm.reads("desk")
        web.freeze()
        firm.note_unpublished("overrun", f"person:{person}")
        many = [Change(0, "note", (f"person:{number}",)) for number in range(10_000, 10_000 + outbox.KEPT_MESSAGES)]
        outbox.announce([Change(0, "note", (f"person:{person}",)), *many])
        assert firm.wires.xlen(outbox.stream_of(outbox.Group.USER)) == outbox.KEPT_MESSAGES
        web.thaw()
        own.wait(lambda tab: tab.get("person_live", "evening") == "overrun")
        desk.never(lambda tab: firm.reads("desk") > desk_was_read, 0.3)


def test_messages_and_counters_that_redis_lost(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tabs = [_desk(sockets, web, cookie) for web in webs]
    firm.note("w-before-loss", "desk")
    tabs[0].wait(_shows("w-before-loss"))
    for web in webs:
        web.freeze()
    firm.note("w-lost", "desk")
    firm.wires.flushdb()
    for web in webs:
        web.thaw()
    for tab in tabs:
        tab.wait(_shows("w-lost"), 20.0)
    firm.note("w-after-loss", "desk")
    for tab in tabs:
        tab.wait(_shows("w-after-loss"), 1.0)


def test_redis_restarted(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tabs = [_desk(sockets, web, cookie) for web in webs]
    firm.valkey.stop()
    firm.note("w-silent-redis", "desk")
    tabs[0].never(lambda tab: tab.get("desk_live", "loaded") is not True, 1.0)
    firm.valkey.start()
    for tab in tabs:
        tab.wait(_shows("w-silent-redis"), 8.0)
    until(lambda: outbox.sweep(database.engine(), older_than_s=0) >= 1)
    firm.note("w-redis-again", "desk")
    for tab in tabs:
        tab.wait(_shows("w-redis-again"), 1.0)


def test_postgresql_restarted(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tabs = [_desk(sockets, web, cookie) for web in webs]
    firm.postgres.stop()
    outbox.announce([Change(0, "note", ("desk",))])
    tabs[0].never(lambda tab: tab.get("desk_live", "loaded") is not True, 1.0)
    firm.postgres.start()
    firm.note("w-postgres-again", "desk")
    for tab in tabs:
        tab.wait(_shows("w-postgres-again"), 8.0)


@pytest.mark.parametrize("without", ["again", ""], ids=["unguarded", "guarded"])
def test_pages_opened_while_a_server_is_away(firm: Firm, webs: list[Web], sockets: Sockets, without: str) -> None:
    with serving(1, without=without) if without else nullcontext(webs) as (web, *_):
        for server in (firm.postgres, firm.valkey):
            # Nobody the process remembers from a moment ago.
            _, cookie = firm.person(Role.OPERATOR)
            server.stop()
            page = sockets.open(web.base, "/visit/7", cookie=cookie, query={"number": "7"}, returns=True)
            page.never(lambda tab: bool(tab.get("appointment_live", "loaded")), 1.0)
            server.start()
            if without:
                page.never(lambda tab: bool(tab.get("appointment_live", "loaded")), 3.0)
            else:
                page.wait_for("appointment_live", "loaded", True, 10.0)
