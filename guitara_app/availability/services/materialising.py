"""Writes the shifts that follow from weekly hours, evenings set by hand, holidays and approved time off.

``shifts`` is the one place from which everybody reads who can be offered work. It is written anew, from tonight on,
whenever something it follows from has changed; evenings that are over stay as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.availability.models import ShiftException
from guitara_app.availability.queries.planning import (
    BY_HAND,
    PATTERN,
    Standing,
    holidays_between,
    planned_days,
    standing,
)
from guitara_app.availability.rules import Hours, Span, planned
from guitara_app.availability.services.people import topics
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

_WRITE = text(
    "INSERT INTO shifts (person_id, business_date, period, source, version)"
    " SELECT person, day, tstzrange(begins, over, '[)'), source, 1 FROM unnest(CAST(:people AS int[]),"
    " CAST(:days AS date[]), CAST(:begins AS timestamptz[]), CAST(:over AS timestamptz[]), CAST(:sources AS text[]))"
    " AS wanted (person, day, begins, over, source)"
)


def hours_of(exception: ShiftException) -> Hours | None:
    """What was said about the evening; None is a day off."""
    if exception.starts is None or exception.ends is None:
        return None
    return Hours(exception.starts, exception.ends, exception.break_starts, exception.break_ends)


def materialise(session: Session, person_id: int, *, now: datetime) -> set[date]:
    """Bring the person's shifts from tonight to the end of the booking horizon up to date; the days that changed.

    The caller holds the person's time (``lock_people``), and records what happened.
    """
    return materialise_all(session, [person_id], now=now)[person_id]


def materialise_all(session: Session, people: Collection[int], *, now: datetime) -> dict[int, set[date]]:
    """The same for several people whose time the caller holds, in no more statements than for one."""
    known = standing(session, people, now=now)
    days = planned_days(session, now)
    calendar = firm_settings(session).calendar
    holidays = holidays_between(session, days[0], days[-1])
    gone: list[int] = []
    new: list[tuple[int, date, Span, str]] = []
    changed: dict[int, set[date]] = {}
    for person, stands in known.items():
        found = planned(days, calendar, stands.said, holidays)
        away, wanted = _difference(stands, found)
        gone += away
        new += [(person, *row) for row in wanted]
        before = {row.day for row in stands.rows if row.id in away}
        changed[person] = before | {day for day, _, _ in wanted}
    if gone:
        session.execute(text("DELETE FROM shifts WHERE id = ANY(:ids)"), {"ids": gone})
    if new:
        columns = {
            "people": [person for person, _, _, _ in new],
            "days": [day for _, day, _, _ in new],
            "begins": [span[0] for _, _, span, _ in new],
            "over": [span[1] for _, _, span, _ in new],
            "sources": [source for _, _, _, source in new],
        }
        session.execute(_WRITE, columns)
    return changed


def extend(session: Session, person_id: int, *, now: datetime) -> int:
    """Plan the evenings that have come within the booking horizon for one person; returns how many days changed."""
    lock_people(session, {person_id})
    changed = materialise(session, person_id, now=now)
    if changed:
        told = topics(session, person_id, changed, now=now)
        record(session, "shifts_extended", by=SYSTEM, now=now, topics=told, person_id=person_id)
    return len(changed)


def _difference(
    stands: Standing, found: Mapping[date, Collection[Span]]
) -> tuple[set[int], list[tuple[date, Span, str]]]:
    """Which rows are to go, and which are missing."""
    said = stands.said
    wanted = {(day, span, BY_HAND if day in said.dated else PATTERN) for day, spans in found.items() for span in spans}
    gone = set()
    for row in stands.rows:
        if row.span in said.fixed.get(row.day, ()):
            continue
        as_is = (row.day, row.span, row.source)
        if as_is in wanted:
            wanted.remove(as_is)
        else:
            gone.add(row.id)
    return gone, sorted(wanted)
