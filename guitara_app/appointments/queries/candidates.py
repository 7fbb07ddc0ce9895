"""Who could go: the one answer to who is free, what clashes and who is best, each with the reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.policies import (
    AVERAGE,
    Load,
    Policy,
    Standing,
    duration_words,
    load_words,
    shares,
    sort_key,
)
from guitara_app.appointments.queries.jobs import KnownJob, around, seat_jobs, travel_times
from guitara_app.appointments.queries.loads import loads
from guitara_app.appointments.queries.overlaps import overlap_words, overlaps
from guitara_app.appointments.timeline import Job
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Overlap
from guitara_app.kit.planned import planned_once
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
    """A therapist for what is wanted: free or not, why, in words, and the jobs that are in the way.

    ``measure`` is what the policy goes by, in words; empty for whoever is not free.
    """

    person_id: int
    name: str
    free: bool
    reason: str
    conflicts: tuple[Overlap, ...] = ()
    favourite: bool = False
    measure: str = ""


_CANDIDATES = planned_once(
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
    known: Mapping[int, list[KnownJob]] | None = None,
) -> list[Candidate]:
    """Every therapist in use (or those in ``only``), best first: the client's favourite, then as the policy has it.

    Free means: gives the services, is on shift for the whole visit, and has no live job that it would overlap or be too
    near to. Assignments in ``but`` do not count: they are about to be moved. ``known`` are all live jobs of those in
    ``only``, for whoever has read them already.
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
    if known is None:
        jobs = seat_jobs(session, [row.id for row in rows], now=now, within=reach, but=but)
    else:
        jobs = {person: [one for one in theirs if one.job.id not in but] for person, theirs in known.items()}
    policy = Policy(firm.policy)
    worked = loads(session, wanted.day, calendar, now=now, but=but) if policy is Policy.BALANCED else {}
    by_policy = _ByPolicy(policy, worked)
    job = wanted.job
    ranked = [_ranked(row, jobs[row.id], wanted, job, travel, calendar, by_policy) for row in rows]
    ranked.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in ranked]


class _ByPolicy:
    """The order of those who are free, with what it is made from."""

    def __init__(self, policy: Policy, known: dict[int, Load]) -> None:
        self.policy = policy
        self._loads = known
        self._shares = shares(known)

    def key(self, row: Row[Any], idle: int) -> tuple[Any, ...]:
        share = self._shares.get(row.id, AVERAGE)
        return sort_key(self.policy, Standing(row.id, row.name, bool(row.favourite), idle, share))

    def measure(self, row: Row[Any], idle: int) -> str:
        if self.policy is Policy.FIFO:
            return duration_words(idle)
        return load_words(self._loads.get(row.id, Load(0, 0, 0)))


def _ranked(
    row: Row[Any],
    known: list[KnownJob],
    wanted: Wanted,
    job: Job,
    travel: TravelTimes,
    calendar: Calendar,
    by_policy: _ByPolicy,
) -> tuple[tuple[Any, ...], Candidate]:
    conflicts = tuple(overlaps(job, known, travel, calendar))
    if conflicts:
        said = ", ".join(overlap_words(clash) for clash in conflicts)
        return (1, row.name, row.id), Candidate(row.id, row.name, False, said, conflicts)
    if not row.covers:
        return (2, row.name, row.id), Candidate(row.id, row.name, False, _off_shift(row, calendar))
    if row.cannot_give:
        return (3, row.name, row.id), Candidate(row.id, row.name, False, f"does not give {row.cannot_give}")
    idle = minutes_between(row.last_end or row.starts, wanted.starts_at)
    measure = by_policy.measure(row, idle)
    parts = [
        "client's favourite" if row.favourite else "",
        measure if by_policy.policy is Policy.BALANCED else "",
        f"{row.jobs} job{'s' if row.jobs > 1 else ''} tonight" if row.jobs else "no job yet tonight",
        f"free {duration_words(idle)} before",
        _way(known, wanted, travel),
    ]
    said = ", ".join(part for part in parts if part)
    candidate = Candidate(row.id, row.name, True, said, favourite=bool(row.favourite), measure=measure)
    return (0, *by_policy.key(row, idle)), candidate


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
