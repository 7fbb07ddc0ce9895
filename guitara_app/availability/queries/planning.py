"""What was said about people's time, and the hours that would follow from saying something else.

The same few statements for one person and for all: whoever plans for many, or only asks what would come of it, asks
here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.availability.holidays import holiday_names
from guitara_app.availability.rules import (
    Dated,
    Edit,
    Holiday,
    Hours,
    Said,
    Span,
    edited,
    holiday_of,
    merge,
    planned,
)
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.statements import text

BY_HAND, PATTERN = "by_hand", "pattern"


class PlannedRow(NamedTuple):
    """A row of ``shifts``."""

    id: int
    day: date
    span: Span
    source: str


class Standing(NamedTuple):
    """What was said about somebody's time, and the rows that came of it from tonight on."""

    said: Said
    rows: tuple[PlannedRow, ...]


_WEEKS = text(
    "SELECT person_id, weekday, starts, ends, break_starts, break_ends FROM weekly_patterns"
    " WHERE person_id = ANY(:people)"
)
_DATED = text(
    "SELECT person_id, business_date, starts, ends, break_starts, break_ends FROM shift_exceptions"
    " WHERE person_id = ANY(:people) AND business_date >= :monday"
)
_OFF = text(
    "SELECT person_id, lower(period) AS begins, upper(period) AS over FROM time_off WHERE person_id = ANY(:people)"
    " AND state = 'approved' AND upper(period) > :since"
)
_ROWS = text(
    "SELECT id, person_id, business_date, lower(period) AS begins, upper(period) AS over, source FROM shifts"
    " WHERE person_id = ANY(:people) AND (business_date >= :tonight OR upper(period) > :since) ORDER BY id"
)


def planned_days(session: Session, now: datetime) -> list[date]:
    """The evenings that can be booked, tonight first."""
    firm = firm_settings(session)
    tonight = firm.calendar.business_date(now)
    return [tonight + timedelta(days=number) for number in range(firm.book_ahead_days + 1)]


def holidays_between(session: Session, first: date, last: date) -> dict[date, Holiday]:
    """Each public holiday from business day ``first`` to ``last``, with what the firm does on it."""
    return holidays_under(firm_settings(session), first, last)


def holidays_under(firm: FirmSettings, first: date, last: date) -> dict[date, Holiday]:
    """The same under other settings than those in force."""
    names = holiday_names(firm.holiday_country, first, last)
    return {day: holiday_of(known, firm.holiday_rule, firm.holiday_hours) for day, known in names.items()}


def standing(session: Session, people: Collection[int], *, now: datetime) -> dict[int, Standing]:
    """What was said about each of ``people`` and came of it, from tonight on."""
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    values = {
        "people": sorted(people),
        "tonight": tonight,
        # Of the week that has begun all that was said is known, for whoever copies it.
        "monday": tonight - timedelta(days=6),
        "since": calendar.day_period(tonight).lower,
    }
    weeks: dict[int, dict[int, Hours]] = defaultdict(dict)
    for row in session.execute(_WEEKS, values):
        weeks[row.person_id][row.weekday] = Hours(row.starts, row.ends, row.break_starts, row.break_ends)
    dated: dict[int, dict[date, Dated]] = defaultdict(dict)
    for row in session.execute(_DATED, values):
        dated[row.person_id][row.business_date] = Dated(_hours(row.starts, row.ends, row.break_starts, row.break_ends))
    off: dict[int, list[Span]] = defaultdict(list)
    for row in session.execute(_OFF, values):
        off[row.person_id].append((row.begins, row.over))
    rows: dict[int, list[PlannedRow]] = defaultdict(list)
    for row in session.execute(_ROWS, values):
        rows[row.person_id].append(PlannedRow(row.id, row.business_date, (row.begins, row.over), row.source))
    return {
        person: Standing(
            Said(weeks[person], dated[person], off[person], _fixed(rows[person], dated[person], tonight)),
            tuple(rows[person]),
        )
        for person in people
    }


def planned_spans(
    session: Session, edits: Mapping[int, Edit], *, now: datetime, firm: FirmSettings | None = None
) -> dict[int, list[Span]]:
    """When each person could be offered work, from tonight on, once their edit were saved. Nothing is changed.

    ``firm`` are other settings than those in force, to see what would come of them.
    """
    days = planned_days(session, now)
    calendar = firm_settings(session).calendar
    holidays = holidays_under(firm or firm_settings(session), days[0], days[-1])
    found = {}
    for person, known in standing(session, edits, now=now).items():
        said = edited(known.said, edits[person])
        spans = [span for fixed in said.fixed.values() for span in fixed]
        for one in planned(days, calendar, said, holidays).values():
            spans += one
        found[person] = merge(spans)
    return found


def hours_by_hand(session: Session, person_id: int, evening: date) -> Hours | None:
    """What was said by hand about one evening of somebody; None when nothing was, or that it is off."""
    row = session.execute(
        text(
            "SELECT starts, ends, break_starts, break_ends FROM shift_exceptions"
            " WHERE person_id = :person AND business_date = :evening"
        ),
        {"person": person_id, "evening": evening},
    ).one_or_none()
    return None if row is None else _hours(*row)


def evenings_changed(session: Session, edits: Mapping[int, Edit], *, now: datetime) -> dict[int, set[date]]:
    """The evenings on which each person would have other hours once their edit were saved; only those with some."""
    known = standing(session, edits, now=now)
    found = changed_days(session, {person: (known[person], edit) for person, edit in edits.items()}, now=now)
    return {person: days for person, days in found.items() if days}


def changed_days(
    session: Session, edits: Mapping[int, tuple[Standing, Edit]], *, now: datetime
) -> dict[int, set[date]]:
    """The same for whoever knows already how things stand."""
    days = planned_days(session, now)
    calendar = firm_settings(session).calendar
    holidays = holidays_between(session, days[0], days[-1])

    def spans(said: Said) -> dict[date, list[Span]]:
        found = {**said.fixed, **planned(days, calendar, said, holidays)}
        return {day: merge(found.get(day, ())) for day in days}

    changed = {}
    for person, (known, edit) in edits.items():
        before, after = spans(known.said), spans(edited(known.said, edit))
        changed[person] = {day for day in days if before[day] != after[day]}
    return changed


def time_off_edit(session: Session, time_off_id: int) -> dict[int, Edit]:
    """What approving this request would say, by person; nothing when it is not asked for any more."""
    rows = session.execute(
        text(
            "SELECT person_id, lower(period) AS begins, upper(period) AS over FROM time_off"
            " WHERE id = :id AND state = 'asked'"
        ),
        {"id": time_off_id},
    )
    return {row.person_id: Edit(off=[(row.begins, row.over)]) for row in rows}


def _fixed(rows: Collection[PlannedRow], dated: Mapping[date, Dated], tonight: date) -> dict[date, list[Span]]:
    """Rows by hand whose evening nobody has said anything about come from an import or the console: they stand."""
    fixed: dict[date, list[Span]] = defaultdict(list)
    for row in rows:
        if row.day < tonight or (row.source == BY_HAND and row.day not in dated):
            fixed[row.day].append(row.span)
    return dict(fixed)


def _hours(starts: time | None, ends: time | None, break_starts: time | None, break_ends: time | None) -> Hours | None:
    return None if starts is None or ends is None else Hours(starts, ends, break_starts, break_ends)
