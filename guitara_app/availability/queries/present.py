"""Who is on shift at a moment, and when somebody is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.availability.views import Presence
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar, Period, period

_CAME = planned_once(
    "SELECT person_id, max(in_at) FILTER (WHERE business_date = :day) AS in_at,"
    " max(out_at) FILTER (WHERE business_date = :day) AS out_at, count(out_at) AS evenings,"
    " coalesce(sum(out_at - in_at), interval '0') AS there"
    " FROM check_ins WHERE person_id = ANY(:people) AND business_date BETWEEN :first AND :day GROUP BY person_id"
)
_ABSENT = Presence(came="", left="", there_week="", evenings=0)


class OnShift(NamedTuple):
    """Somebody on shift: until when without a break, and since when they are there (None: not checked in)."""

    person_id: int
    name: str
    role: str
    starts_at: datetime
    ends_at: datetime
    in_at: datetime | None
    out_at: datetime | None


def on_shift_now(session: Session, now: datetime) -> list[OnShift]:
    """Every therapist and driver in use who can be offered work at ``now``; therapists first, then by name.

    Whoever is on a break is not among them. Somebody who checked out early is, with ``out_at``.
    """
    rows = session.execute(
        planned_once(
            "SELECT p.id, p.name, p.role, lower(s.period) AS starts_at, upper(s.period) AS ends_at, c.in_at, c.out_at"
            " FROM shifts s JOIN people p ON p.id = s.person_id AND p.disabled_at IS NULL"
            " LEFT JOIN check_ins c ON c.person_id = s.person_id AND c.business_date = s.business_date"
            " WHERE s.period @> CAST(:now AS timestamptz) AND s.business_date BETWEEN :day - 1 AND :day"
            " AND p.role IN ('therapist', 'driver') ORDER BY p.role DESC, p.name, p.id"
        ),
        {"now": now, "day": firm_settings(session).calendar.business_date(now)},
    )
    return [OnShift(*row) for row in rows]


def shift_periods(session: Session, people: Collection[int], day: date) -> dict[int, list[Period]]:
    """When each of ``people`` can be offered work in business day ``day``, in order; an empty list when not at all."""
    found: dict[int, list[Period]] = {person: [] for person in people}
    rows = session.execute(
        planned_once(
            "SELECT person_id, lower(period) AS starts, upper(period) AS ends FROM shifts"
            " WHERE business_date = :day AND person_id = ANY(:people) ORDER BY person_id, lower(period)"
        ),
        {"day": day, "people": sorted(found)},
    )
    for row in rows:
        found[row.person_id].append(period(row.starts, row.ends))
    return found


def presence(session: Session, people: Collection[int], *, now: datetime) -> dict[int, Presence]:
    """Whether each of ``people`` has come and gone in the business day of ``now``."""
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    rows = session.execute(_CAME, {"people": sorted(people), "first": day - timedelta(days=day.weekday()), "day": day})
    found = {row.person_id: _presence(row, calendar) for row in rows}
    return {person: found.get(person, _ABSENT) for person in people}


def _presence(row: Row[Any], calendar: Calendar) -> Presence:
    minutes = int(row.there.total_seconds() // 60)
    return Presence(
        came=f"{calendar.local(row.in_at):%H:%M}" if row.in_at else "",
        left=f"{calendar.local(row.out_at):%H:%M}" if row.out_at else "",
        there_week=f"{minutes // 60} h {minutes % 60:02}" if minutes else "",
        evenings=row.evenings,
    )
