"""Who could go: the one answer to who is free, what clashes and who is best, each with the reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.jobs import KnownJob, around, seat_jobs, travel_times
from guitara_app.appointments.queries.overlaps import overlap_words, overlaps
from guitara_app.appointments.timeline import Job
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Overlap
from guitara_app.kit.time import Calendar, minutes_between
from guitara_app.travel.estimate import SOMEWHERE, Place, TravelTimes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visit asks of a therapist: when, where (None while that is not known), for whom and which services."""

    day: date
    starts_at: datetime
    ends_at: datetime
    buffer_minutes: int = 0
    place: Place | None = None
    client_id: int | None = None
    service_ids: tuple[int, ...] = ()

    @property
    def job(self) -> Job:
        """It as a job that nobody has yet."""
        return Job(0, self.starts_at, self.ends_at, self.buffer_minutes, self.place, self.place)


class Candidate(NamedTuple):
    """A therapist for what is wanted: free or not, why, in words, and the jobs that are in the way."""

    person_id: int
    name: str
    free: bool
    reason: str
    conflicts: tuple[Overlap, ...] = ()


_CANDIDATES = text(
    "SELECT p.id, p.name, s.starts, s.spans, s.covers, t.jobs, t.last_end,"
    " p.id = c.preferred_therapist_id AS favourite,"
    " CASE WHEN EXISTS (SELECT 1 FROM person_services WHERE person_id = p.id) THEN"
    "  (SELECT string_agg(v.name, ', ' ORDER BY v.name) FROM services v WHERE v.id = ANY(:services)"
    "   AND NOT EXISTS (SELECT 1 FROM person_services x WHERE x.person_id = p.id AND x.service_id = v.id))"
    "  END AS cannot_give"
    " FROM people p"
    " LEFT JOIN LATERAL (SELECT min(lower(period)) AS starts,"
    "   array_agg(ARRAY[lower(period), upper(period)] ORDER BY lower(period)) AS spans,"
    "   bool_or(period @> tstzrange(:starts, :visit_ends, '[)')) AS covers"
    "   FROM shifts WHERE person_id = p.id AND business_date = :day) s ON true"
    " LEFT JOIN LATERAL (SELECT count(*) AS jobs,"
    "   max(coalesce(g.session_ended_at, g.planned_end)) FILTER (WHERE g.planned_end <= :starts) AS last_end"
    "   FROM assignments g WHERE g.person_id = p.id AND g.planned_start >= :day_starts"
    "   AND g.planned_start < :day_ends AND g.id <> ALL(:but) AND (g.answer IN ('offered', 'accepted')"
    "   OR (g.answer = 'released' AND g.progress = 'ended'))) t ON true"
    " LEFT JOIN clients c ON c.id = :client"
    " WHERE p.role = 'therapist' AND p.disabled_at IS NULL"
    " AND (CAST(:only AS bigint[]) IS NULL OR p.id = ANY(:only))"
)


def candidates(
    session: Session,
    wanted: Wanted,
    *,
    now: datetime,
    only: Collection[int] | None = None,
    but: Collection[int] = (),
) -> list[Candidate]:
    """Every therapist in use (or those in ``only``), best first: the client's favourite, then the longest idle.

    Free means: gives the services, is on shift for the whole visit, and has no live job that it would overlap or be too
    near to. Assignments in ``but`` do not count: they are about to be moved.
    """
    firm = firm_settings(session)
    calendar, travel = firm.calendar, travel_times(firm)
    whole_day = calendar.day_period(wanted.day)
    values = {
        "day": wanted.day,
        "starts": wanted.starts_at,
        "visit_ends": wanted.ends_at,
        "day_starts": whole_day.lower,
        "day_ends": whole_day.upper,
        "client": wanted.client_id,
        "services": list(wanted.service_ids),
        "but": list(but),
        "only": None if only is None else sorted(only),
    }
    rows = session.execute(_CANDIDATES, values).all()
    reach = around(wanted.starts_at, wanted.ends_at + timedelta(minutes=wanted.buffer_minutes))
    jobs = seat_jobs(session, [row.id for row in rows], now=now, within=reach, but=but)
    ranked = [_ranked(row, jobs[row.id], wanted, travel, calendar) for row in rows]
    ranked.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in ranked]


def duration_words(minutes: int) -> str:
    """``45 min``, ``1 h 05``."""
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def _ranked(
    row: Row[Any], known: list[KnownJob], wanted: Wanted, travel: TravelTimes, calendar: Calendar
) -> tuple[tuple[int, int, str, int], Candidate]:
    conflicts = tuple(overlaps(wanted.job, known, travel, calendar))
    if conflicts:
        said = ", ".join(overlap_words(clash) for clash in conflicts)
        return (3, 0, row.name, row.id), Candidate(row.id, row.name, False, said, conflicts)
    if not row.covers:
        return (4, 0, row.name, row.id), Candidate(row.id, row.name, False, _off_shift(row, calendar))
    if row.cannot_give:
        return (5, 0, row.name, row.id), Candidate(row.id, row.name, False, f"does not give {row.cannot_give}")
    idle = minutes_between(row.last_end or row.starts, wanted.starts_at)
    parts = [
        "client's favourite" if row.favourite else "",
        f"{row.jobs} job{'s' if row.jobs > 1 else ''} tonight" if row.jobs else "no job yet tonight",
        f"free {duration_words(idle)} before",
        _way(known, wanted, travel),
    ]
    candidate = Candidate(row.id, row.name, True, ", ".join(part for part in parts if part))
    return (1 if row.favourite else 2, -idle, row.name, row.id), candidate


def _way(known: list[KnownJob], wanted: Wanted, travel: TravelTimes) -> str:
    before = [one.job for one in known if one.job.start <= wanted.starts_at]
    if not before or wanted.place in (None, SOMEWHERE):
        return ""
    last = max(before, key=lambda job: job.start)
    return f"{travel.minutes(last.destination, wanted.place, last.end)} min away"


def _off_shift(row: Row[Any], calendar: Calendar) -> str:
    if row.starts is None:
        return "not on shift"
    spans = (f"{calendar.local(start):%H:%M} to {calendar.local(end):%H:%M}" for start, end in row.spans)
    return f"on shift {', '.join(spans)} only"
