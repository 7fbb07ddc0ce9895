"""Who could go: everybody free first, longest idle first, each with the reason."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.overlaps import job_words
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.time import Calendar, minutes_between


class Candidate(NamedTuple):
    """A therapist for a range: free or not, and why, in words."""

    person_id: int
    name: str
    free: bool
    reason: str


# One pass over the staff. The overlap is answered by the exclusion constraint's own index.
_CANDIDATES = text(
    "SELECT p.id, p.name, s.starts, s.ends, s.covers, t.jobs, t.last_end, b.appointment_id, b.business_date,"
    " b.starts_at, b.ends_at, b.client, p.id = c.preferred_therapist_id AS favourite"
    " FROM people p"
    " LEFT JOIN LATERAL (SELECT min(lower(period)) AS starts, max(upper(period)) AS ends,"
    "   bool_or(period @> tstzrange(:starts, :visit_ends, '[)')) AS covers"
    "   FROM shifts WHERE person_id = p.id AND business_date = :day) s ON true"
    " LEFT JOIN LATERAL (SELECT count(*) AS jobs,"
    "   max(coalesce(g.session_ended_at, g.planned_end)) FILTER (WHERE g.planned_end <= :starts) AS last_end"
    "   FROM assignments g WHERE g.person_id = p.id AND g.planned_start >= :day_starts"
    "   AND g.planned_start < :day_ends AND (g.answer IN ('offered', 'accepted')"
    "   OR (g.answer = 'released' AND g.progress = 'ended'))) t ON true"
    " LEFT JOIN LATERAL (SELECT a.id AS appointment_id, a.business_date, lower(g.occupied) AS starts_at,"
    "   upper(g.occupied) AS ends_at, k.name AS client FROM assignments g"
    "   JOIN appointments a ON a.id = g.appointment_id JOIN clients k ON k.id = a.client_id"
    "   WHERE g.person_id = p.id AND g.answer IN ('offered', 'accepted') AND g.released_at IS NULL"
    "   AND g.occupied && tstzrange(:starts, :ends, '[)') ORDER BY lower(g.occupied) LIMIT 1) b ON true"
    " LEFT JOIN clients c ON c.id = :client"
    " WHERE p.role = 'therapist' AND p.disabled_at IS NULL"
    " AND (CAST(:only AS bigint[]) IS NULL OR p.id = ANY(:only))"
)


def candidates(
    session: Session,
    *,
    day: date,
    starts_at: datetime,
    ends_at: datetime,
    taken: Range[datetime],
    client_id: int | None = None,
    only: Collection[int] | None = None,
) -> list[Candidate]:
    """Every therapist in use (or those in ``only``) for a visit of business day ``day``, best first.

    Free means: on shift for the whole visit, and no live job overlaps ``taken`` (the visit and its turnaround).
    """
    calendar = firm_settings(session).calendar
    whole_day = calendar.day_period(day)
    values = {
        "day": day,
        "starts": starts_at,
        "visit_ends": ends_at,
        "ends": taken.upper,
        "day_starts": whole_day.lower,
        "day_ends": whole_day.upper,
        "client": client_id,
        "only": None if only is None else sorted(only),
    }
    ranked = [_ranked(row, calendar, starts_at) for row in session.execute(_CANDIDATES, values)]
    ranked.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in ranked]


def _ranked(row: Row[Any], calendar: Calendar, starts_at: datetime) -> tuple[tuple[int, int, str, int], Candidate]:
    if row.appointment_id is not None:
        return (3, 0, row.name, row.id), Candidate(row.id, row.name, False, job_words(calendar, row))
    if not row.covers:
        return (4, 0, row.name, row.id), Candidate(row.id, row.name, False, _off_shift(row, calendar))
    jobs = f"{row.jobs} job{'s' if row.jobs > 1 else ''} tonight" if row.jobs else "no job yet tonight"
    idle = minutes_between(row.last_end or row.starts, starts_at)
    favourite = "client's favourite, " if row.favourite else ""
    candidate = Candidate(row.id, row.name, True, f"{favourite}{jobs}, free {_duration(idle)} before")
    return (1 if favourite else 2, -idle, row.name, row.id), candidate


def _off_shift(row: Row[Any], calendar: Calendar) -> str:
    if row.starts is None:
        return "not on shift"
    return f"on shift {calendar.local(row.starts):%H:%M} to {calendar.local(row.ends):%H:%M} only"


def _duration(minutes: int) -> str:
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"
