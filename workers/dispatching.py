"""Finding drivers, asking on, and what becomes of offers that nobody answers; every few seconds, from rows alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import structlog
from celery import shared_task
from sqlalchemy.orm import Session

from guitara_app import tables  # noqa: F401  rows point at tables that no task itself imports
from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments import services as appointments
from guitara_app.appointments.queries import due
from guitara_app.kit import database
from guitara_app.kit.errors import NotFound, NotPossible
from guitara_app.kit.time import now

log = structlog.get_logger(__name__)

_BATCH = 100


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
        lambda session, *, now, limit: due.waiting_trips(session, limit=limit),
        lambda session, leg, at: appointments.hand_out(session, leg, now=at),
    )


@shared_task(name="dispatch.lapse_offers")  # type: ignore[untyped-decorator]  # Celery has no types
def lapse_offers() -> None:
    """Go on where a therapist has not answered in time."""
    _each(due.due_answers, lambda session, place, at: appointments.lapse(session, place, now=at))


@shared_task(name="dispatch.expire_unanswered")  # type: ignore[untyped-decorator]  # Celery has no types
def expire_unanswered() -> None:
    """End visits that should have begun and that nobody has said yes to."""
    _each(due.unanswered_visits, lambda session, visit, at: appointments.expire(session, visit, now=at))


def _each(find: _Finds, act: Callable[[Session, int, datetime], Any]) -> None:
    """Do it for each row that is due, in a transaction of its own: one that cannot be done holds up no other."""
    for number in database.run(lambda session: find(session, now=now(), limit=_BATCH)):
        try:
            database.run(lambda session, number=number: act(session, number, now()))  # type: ignore[misc]  # bound now
        except (NotFound, NotPossible):
            # Somebody was quicker: there is nothing left to do.
            continue
        except Exception:
            log.exception("left for the next look", find=getattr(find, "__name__", ""), row=number)
