"""Writes the shifts that follow from weekly hours, evenings set by hand and approved time off.

``shifts`` is the one place from which everybody reads who can be offered work. It is written anew, for one person and
from tonight on, whenever something it follows from has changed; evenings that are over stay as they were.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import func, text
from sqlalchemy.orm import Session
from sqlmodel import col, or_, select

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.availability.models import Shift, ShiftException
from guitara_app.availability.queries.people import week_of
from guitara_app.availability.rules import Dated, Hours, Span, days_of
from guitara_app.availability.services.people import topics
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.events import record
from guitara_app.kit.time import period

BY_HAND, PATTERN = "by_hand", "pattern"


def hours_of(exception: ShiftException) -> Hours | None:
    """What was said about the evening; None is a day off."""
    if exception.starts is None or exception.ends is None:
        return None
    return Hours(exception.starts, exception.ends)


def materialise(session: Session, person_id: int, *, now: datetime) -> set[date]:
    """Bring the person's shifts from tonight to the end of the booking horizon up to date; the days that changed.

    The caller holds the person's time (``lock_people``), and records what happened.
    """
    firm = firm_settings(session)
    calendar, tonight = firm.calendar, firm.calendar.business_date(now)
    days = [tonight + timedelta(days=number) for number in range(firm.book_ahead_days + 1)]
    dated = _dated(session, person_id, tonight)
    begins = calendar.day_period(tonight).lower
    known = list(
        session.scalars(
            select(Shift)
            .where(
                Shift.person_id == person_id,
                or_(col(Shift.business_date) >= tonight, func.upper(col(Shift.period)) > begins),
            )
            .order_by(col(Shift.id))
        )
    )
    # Rows by hand whose evening nobody has said anything about come from an import or the console: they stand.
    fixed = {
        row.id: row
        for row in known
        if row.business_date < tonight or (row.source == BY_HAND and row.business_date not in dated)
    }
    held = {row.business_date for row in fixed.values()}
    found = days_of(
        [day for day in days if day not in held],
        calendar,
        week=week_of(session, person_id),
        dated=dated,
        off=_time_off(session, person_id, begins),
        taken=[_span(row) for row in fixed.values()],
    )
    wanted = {(day, span, BY_HAND if day in dated else PATTERN) for day, spans in found.items() for span in spans}
    changed: set[date] = set()
    for row in known:
        if row.id in fixed:
            continue
        as_is = (row.business_date, _span(row), row.source)
        if as_is in wanted:
            wanted.remove(as_is)
        else:
            changed.add(row.business_date)
            session.delete(row)
    session.flush()
    for day, span, source in sorted(wanted):
        changed.add(day)
        session.add(Shift(person_id=person_id, business_date=day, period=period(*span), source=source))
    session.flush()
    return changed


def extend(session: Session, person_id: int, *, now: datetime) -> int:
    """Plan the evenings that have come within the booking horizon for one person; returns how many days changed."""
    lock_people(session, {person_id})
    changed = materialise(session, person_id, now=now)
    if changed:
        told = topics(session, person_id, changed, now=now)
        record(session, "shifts_extended", by=SYSTEM, now=now, topics=told, person_id=person_id)
    return len(changed)


def _dated(session: Session, person_id: int, tonight: date) -> dict[date, Dated]:
    rows = session.scalars(
        select(ShiftException).where(
            ShiftException.person_id == person_id, col(ShiftException.business_date) >= tonight
        )
    )
    return {row.business_date: Dated(hours_of(row)) for row in rows}


def _time_off(session: Session, person_id: int, since: datetime | None) -> list[Span]:
    rows = session.execute(
        text(
            "SELECT lower(period) AS starts, upper(period) AS ends FROM time_off WHERE person_id = :person"
            " AND state = 'approved' AND upper(period) > :since"
        ),
        {"person": person_id, "since": since},
    )
    return [(row.starts, row.ends) for row in rows]


def _span(row: Shift) -> Span:
    if row.period.lower is None or row.period.upper is None:
        raise ValueError("a shift is bounded")
    return row.period.lower, row.period.upper
