"""Who is on shift at a moment, and when somebody is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.availability.views import Presence
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Period, period


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


def presence(session: Session, person_id: int, *, now: datetime) -> Presence:
    """Whether the person has come and gone in the business day of ``now``."""
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    row = session.execute(
        planned_once("SELECT in_at, out_at FROM check_ins WHERE person_id = :person AND business_date = :day"),
        {"person": person_id, "day": day},
    ).one_or_none()
    week = session.execute(
        planned_once(
            "SELECT count(*) AS evenings, coalesce(sum(out_at - in_at), interval '0') AS there FROM check_ins"
            " WHERE person_id = :person AND business_date BETWEEN :first AND :day AND out_at IS NOT NULL"
        ),
        {"person": person_id, "first": day - timedelta(days=day.weekday()), "day": day},
    ).one()
    minutes = int(week.there.total_seconds() // 60)
    return Presence(
        came=f"{calendar.local(row.in_at):%H:%M}" if row else "",
        left=f"{calendar.local(row.out_at):%H:%M}" if row and row.out_at else "",
        there_week=f"{minutes // 60} h {minutes % 60:02}" if minutes else "",
        evenings=week.evenings,
    )
