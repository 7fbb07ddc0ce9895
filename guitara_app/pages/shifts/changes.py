"""Carrying out a change of hours, and saying which booked jobs it leaves outside them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import reflex as rx
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.outside import outside_hours
from guitara_app.kit.database import run


def change(work: Callable[[Session], object], *, at: datetime, person_id: int | None = None) -> list[str]:
    """Do ``work`` in a transaction of its own; the booked jobs that it leaves outside the hours, in words. Blocking.

    ``person_id`` says whose hours it changes, when that is known before.
    """
    people = None if person_id is None else [person_id]

    def once(session: Session) -> list[str]:
        before = set(outside_hours(session, now=at, people=people))
        work(session)
        session.flush()
        return [job.words for job in outside_hours(session, now=at, people=people) if job not in before]

    return run(once)


def told(done: str, outside: list[str]) -> rx.event.EventSpec:
    """The notice that ``done`` is done, louder when booked jobs lie outside now."""
    if not outside:
        return rx.toast.success(done, close_button=True)
    jobs = f"{'; '.join(outside[:3])}{' and more' if len(outside) > 3 else ''}"
    return rx.toast.warning(
        f"{done} Booked, and outside these hours now: {jobs}. They stay booked.", duration=8000, close_button=True
    )
