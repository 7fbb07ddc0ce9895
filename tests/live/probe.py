"""A web application as small as it can be around the real ``live``: three pages, real sessions, and readers of notes.

What it reads are events of kind ``note``, so that a test changes something by recording one. A test can hold a read
after it has read and before it returns; and with PROBE_WITHOUT a guard is taken out, to show what it guards against.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from datetime import datetime
from typing import Any

import redis
import reflex as rx
from reflex.istate.manager.redis import StateManagerRedis
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.accounts.recognition import recognise
from guitara_app.appointments.views import Detail
from guitara_app.kit import logs
from guitara_app.live import channel, readers, subscriber, views
from guitara_app.live.scopes import Kind, Scope
from guitara_app.live.states import blank
from guitara_app.pages import access
from guitara_app.pages.access import allow, current_actor, session_token, unforeseen
from guitara_app.pages.opening import open_pages_in_one_event
from guitara_app.settings import settings

logs.configure()

without = os.environ.get("PROBE_WITHOUT", "")


def _notes(session: Session, topic: str) -> list[str]:
    found = session.execute(
        text("SELECT data->>'note' FROM events WHERE kind = 'note' AND :topic = ANY(topics) ORDER BY id"),
        {"topic": topic},
    )
    return list(found.scalars())


def _desk(session: Session, _key: int, _at: datetime) -> dict[str, Any]:
    notes = _notes(session, "desk")
    return {"waiting": [note for note in notes if note.startswith("w")], "ended": [n for n in notes if n[0] != "w"]}


def _appointment(session: Session, key: int, _at: datetime) -> dict[str, Any]:
    notes = _notes(session, f"appointment:{key}")
    return {"missing": not notes, "detail": {**blank(Detail), "id": key, "notes": " ".join(notes)}}


def _persons(session: Session, keys: Collection[int], _at: datetime) -> dict[int, dict[str, Any]]:
    return {key: {"evening": " ".join(_notes(session, f"person:{key}"))} for key in keys}


readers.READERS.update({Kind.DESK: _desk, Kind.APPOINTMENT: _appointment})
readers.OF_MANY[Kind.PERSON] = _persons
readers.NEWS.clear()

_read = readers.read


def _held_read(scope: Scope) -> dict[str, Any]:
    """Read, and when the test asked for it, wait with what was read until it says go."""
    values = _read(scope)
    with redis.Redis.from_url(settings().live_redis_url) as wires:
        wires.incr(f"probe:reads:{scope.topic}")
        if wires.getdel(f"probe:hold:{scope.topic}"):
            wires.set(f"probe:held:{scope.topic}", 1)
            wires.blpop([f"probe:go:{scope.topic}"], timeout=30)
    return values


readers.read = _held_read


class _NoLock:
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...

    def locked(self) -> bool:
        return False


if without == "lock":
    views.asyncio = type("asyncio", (), {**vars(views.asyncio), "Lock": _NoLock})
if without in ("locks", "quick-locks"):
    take = StateManagerRedis._try_get_lock

    async def take_slowly(self: StateManagerRedis, lock_key: bytes, lock_id: bytes) -> bool | None:
        """Redis has given the lock, and its answer takes a while."""
        taken = await take(self, lock_key, lock_id)
        await asyncio.sleep(0.2)
        return taken

    StateManagerRedis._try_get_lock = take_slowly
if without == "locks":
    live.never_orphan_locks = lambda manager: None
if without == "filter":
    channel.Channel.keep_defaults_off_the_wire = lambda self: None
if without == "resync":
    views.Views.resync = lambda self, groups=None: None
if without == "again":
    access._again = lambda sentence: [access.notice(sentence)]
if without in ("resync", "compare"):
    subscriber._TICKS_TO_COMPARE = 10**9


class ProbeState(rx.State):
    """What the pages of the probe call."""

    touched: int = 0

    @rx.event
    @allow(Permission.SEE_BOARD)
    async def load_desk(self) -> None:
        """Show the desk."""
        await live.arrive(self, current_actor())
        await live.watch(self, current_actor(), Scope.desk())

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def load_appointment(self) -> None:
        """Show one visit, when allowed."""
        number = int(self.router.page.params["number"])
        await live.arrive(self, current_actor())
        await live.watch(self, current_actor(), Scope.appointment(number))

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def load_me(self) -> None:
        """Show the own evening."""
        await live.watch(self, current_actor(), None)
        await live.watch_own(self, current_actor())

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def touch(self) -> None:
        """An event like any other."""
        self.touched += 1

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def reset_all(self) -> None:
        """Put every state back to its defaults, as a page's handler may."""
        for state in (live.DeskLive, live.AppointmentLive, live.PersonLive):
            (await self.get_state(state)).reset()


def _page() -> rx.Component:
    return rx.el.p(live.DeskLive.scope)


app = rx.App(backend_exception_handler=unforeseen)
app.add_page(_page, route="/desk", on_load=ProbeState.load_desk)
app.add_page(_page, route="/visit/[number]", on_load=ProbeState.load_appointment)
app.add_page(_page, route="/me", on_load=ProbeState.load_me)
live.install(app, lambda headers: recognise(session_token(headers)))
open_pages_in_one_event()
