"""The services with their eyes shut: what is left then is what the database refuses by itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

from sqlalchemy.orm import Session

from guitara_app.appointments.models import Appointment
from guitara_app.appointments.services import booking, seats, visit


@contextmanager
def without_holding() -> Iterator[None]:
    """Nobody's time is held, and nothing that overlaps is laid out anew."""
    with ExitStack() as patches:
        patches.enter_context(patch.object(booking, "lock_people", lambda *_: None))
        patches.enter_context(patch.object(visit, "relayout", lambda *_, **__: 0))
        yield


@contextmanager
def without_looking() -> Iterator[None]:
    """And nobody looks whether it is taken."""
    with without_holding(), ExitStack() as patches:
        # The package names the function of the same name; the module is meant.
        for module in (import_module("guitara_app.appointments.queries.candidates"), seats):
            patches.enter_context(patch.object(module, "seat_jobs", _no_jobs))
        yield


def _no_jobs(_session: Any, people: Any, **_: Any) -> dict[int, list[Any]]:
    return {person: [] for person in people}


@contextmanager
def without_waiting() -> Iterator[list[int]]:
    """Two actions on one visit hold nothing, and both have looked for the last time before either writes.

    Yields the visit of every step that was opened: more than two when PostgreSQL chose a victim, which began again.
    """
    opened: list[int] = []
    check, refresh, both, mine = visit.Step.check, Session.refresh, threading.Barrier(2), threading.local()

    def check_and_wait(step: visit.Step, *args: Any) -> Any:
        rule = check(step, *args)
        if not getattr(mine, "over", False):
            mine.over = True
            both.wait(10)
        return rule

    def look(session: Session, appointment_id: int) -> Appointment:
        opened.append(appointment_id)
        return session.get_one(Appointment, appointment_id, populate_existing=True)

    def refresh_unlocked(session: Session, row: Any, *_: Any, **__: Any) -> None:
        refresh(session, row)

    with ExitStack() as patches:
        patches.enter_context(patch.object(visit, "lock_people", lambda *_: None))
        patches.enter_context(patch.object(visit, "relayout", lambda *_, **__: 0))
        patches.enter_context(patch.object(visit, "open_visit", look))
        patches.enter_context(patch.object(visit.Step, "check", check_and_wait))
        patches.enter_context(patch.object(Session, "refresh", refresh_unlocked))
        yield opened
