"""Finding drivers, asking on, and what becomes of offers that nobody answers; every few seconds, from rows alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any, Protocol

import structlog
from celery import shared_task
from sqlalchemy.orm import Session

from guitara_app import tables  # noqa: F401  rows point at tables that no task itself imports
from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments import services as appointments
from guitara_app.appointments.queries import due
from guitara_app.appointments.queries.drivers import takeable_trips
from guitara_app.kit import database
from guitara_app.kit.database import hold_alone
from guitara_app.kit.errors import NotFound, NotPossible
from guitara_app.kit.time import now

log = structlog.get_logger(__name__)

_BATCH = 100
# A worker stops here and leaves the rest to the next look, well before Celery would stop it in the middle of a row.
_LONGEST_S = 25.0


class _Finds(Protocol):
    def __call__(self, session: Session, *, now: datetime, limit: int) -> list[int]: ...


@shared_task(name="dispatch.search_drivers")  # type: ignore[untyped-decorator]  # Celery has no types
def search_drivers() -> None:
    """Look for a driver for every trip whose visit starts soon."""
    _each(due.due_searches, lambda session, leg, at: appointments.search_driver(session, SYSTEM, leg, now=at))


@shared_task(name="dispatch.lapse_leg_offers")  # type: ignore[untyped-decorator]  # Celery has no types
def lapse_leg_offers() -> None:
    """Ask the next driver where one has not answered in time."""
    _each(due.due_leg_answers, lambda session, leg, at: appointments.lapse_leg_offer(session, leg, now=at))


@shared_task(name="dispatch.hand_out_waiting")  # type: ignore[untyped-decorator]  # Celery has no types
def hand_out_waiting() -> None:
    """Give trips that wait to drivers who have become free."""
    _each(
        lambda session, *, now, limit: takeable_trips(session, now=now)[:limit],
        lambda session, leg, at: appointments.hand_out(session, leg, now=at),
        in_order=True,
    )


@shared_task(name="dispatch.lapse_offers")  # type: ignore[untyped-decorator]  # Celery has no types
def lapse_offers() -> None:
    """Go on where a therapist has not answered in time."""
    _each(due.due_answers, lambda session, place, at: appointments.lapse(session, place, now=at))


@shared_task(name="dispatch.warn_unanswered")  # type: ignore[untyped-decorator]  # Celery has no types
def warn_unanswered() -> None:
    """Tell whoever was asked, and the desk, that the time to answer is nearly over."""
    while database.run(lambda session: appointments.remind_unanswered(session, now=now(), limit=_BATCH)) == _BATCH:
        continue


@shared_task(name="dispatch.expire_unanswered")  # type: ignore[untyped-decorator]  # Celery has no types
def expire_unanswered() -> None:
    """End visits that should have begun and that nobody has said yes to."""
    _each(due.unanswered_visits, lambda session, visit, at: appointments.expire(session, visit, now=at))


@shared_task(name="dispatch.match_wishes")  # type: ignore[untyped-decorator]  # Celery has no types
def match_wishes() -> None:
    """Find slots for those on the waiting list, and take back what is free no more."""
    changed = database.run(lambda session: appointments.match_wishes(session, now=now()))
    if changed:
        log.info("waiting list matched", slots=changed)


def _each(find: _Finds, act: Callable[[Session, int, datetime], Any], *, in_order: bool = False) -> None:
    """Do it for each row that is due, in a transaction of its own: one that cannot be done holds up no other.

    Workers that look at the same time share the rows: what one has in hand, the others pass over. ``in_order`` is for
    rows that want the same thing: none may be passed over by one that comes after it, and after each it is found out
    anew what is left for the others.
    """
    name, ends, tried = getattr(find, "__name__", ""), monotonic() + _LONGEST_S, set[int]()

    def one(session: Session, number: int) -> None:
        if in_order or hold_alone(session, f"{name}:{number}"):
            act(session, number, now())

    while fresh := [number for number in _found(find, _BATCH + len(tried)) if number not in tried]:
        for number in fresh[:1] if in_order else fresh:
            if monotonic() > ends:
                return
            tried.add(number)
            try:
                database.run(partial(one, number=number))
            except (NotFound, NotPossible):
                # Somebody was quicker: there is nothing left to do.
                continue
            except Exception:
                log.exception("left for the next look", find=name, row=number)


def _found(find: _Finds, limit: int) -> list[int]:
    return database.run(lambda session: find(session, now=now(), limit=limit))
