"""Who could drive: the one answer to which driver is free for a trip, and who is best."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.accounts.models import Vehicle
from guitara_app.appointments.policies import duration_words
from guitara_app.appointments.queries.candidates import Candidate
from guitara_app.appointments.queries.jobs import (
    LEG_JOINS,
    LEG_PLACES,
    KnownJob,
    around,
    leg_jobs,
    place_in,
    travel_times,
)
from guitara_app.appointments.queries.overlaps import overlap_words, overlaps
from guitara_app.appointments.timeline import Job
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar, bounds, minutes_between
from guitara_app.travel.estimate import Place, TravelTimes

_NEEDS_CAR = "drives a motorcycle, this trip needs a car"


@dataclass(frozen=True, slots=True)
class Trip:
    """What a trip asks of a driver: from when on, how long, and from where to where (None when that is not known)."""

    leg_id: int
    start: datetime
    minutes: int
    needs_car: bool
    origin: Place | None = None
    destination: Place | None = None

    @property
    def end(self) -> datetime:
        """When it is over, by the estimate."""
        return self.start + timedelta(minutes=self.minutes)

    @property
    def job(self) -> Job:
        """It as a job of whoever gets it."""
        return Job(self.leg_id, self.start, self.end, 0, self.origin, self.destination)


class OnDuty(NamedTuple):
    """A driver in use and their evening: the shifts that touch it, and since when they have been idle."""

    id: int
    name: str
    vehicle: str
    shifts: tuple[tuple[datetime, datetime], ...]
    trips: int
    last_done: datetime | None
    checked_in: datetime | None
    has_gone: bool

    def covers(self, start: datetime, end: datetime) -> bool:
        """On shift all that time."""
        return any(begins <= start and end <= ends for begins, ends in self.shifts)

    def fits(self, trip: Trip) -> bool:
        """The vehicle is right."""
        return self.vehicle == Vehicle.CAR or not trip.needs_car

    def idle_since(self, known: Sequence[Job], until: datetime) -> datetime:
        """Since when they will have been free at ``until``; whoever has not driven yet counts from their coming."""
        driven = [job.end for job in known if job.start <= until]
        if self.last_done is not None:
            driven.append(self.last_done)
        came = self.checked_in or min((begins for begins, _ in self.shifts), default=until)
        return min(until, max(driven, default=came))


_TRIPS = (
    f"SELECT g.id, g.wanted_at, g.travel_minutes, g.vehicle_needed, g.to_appointment_id, {LEG_PLACES}"  # noqa: S608
    f" FROM legs g {LEG_JOINS}"
)
_PENDING = planned_once(
    f"{_TRIPS} WHERE g.state IN ('planned', 'searching') AND g.wanted_at >= :since AND g.wanted_at < :until"
    " ORDER BY g.urgent DESC, g.wanted_at, g.id"
)
_AHEAD = planned_once(
    "SELECT p.id, p.name, p.vehicle, s.starts, s.ends FROM people p JOIN LATERAL"
    " (SELECT array_agg(lower(h) ORDER BY h) AS starts, array_agg(upper(h) ORDER BY h) AS ends"
    "   FROM (SELECT unnest(range_agg(period)) AS h FROM shifts"
    "   WHERE person_id = p.id AND period && tstzrange(:begins, :ends, '[)')) hours) s ON s.starts IS NOT NULL"
    " WHERE p.role = 'driver' AND p.disabled_at IS NULL ORDER BY p.name, p.id"
)
_ON_DUTY = planned_once(
    "SELECT p.id, p.name, p.vehicle, s.starts, s.ends, t.trips, t.last_done, c.in_at, c.out_at FROM people p"
    # Hours that touch count as one.
    " LEFT JOIN LATERAL (SELECT array_agg(lower(h) ORDER BY h) AS starts, array_agg(upper(h) ORDER BY h) AS ends"
    "   FROM (SELECT unnest(range_agg(period)) AS h FROM shifts"
    "   WHERE person_id = p.id AND period && tstzrange(:day_starts, :day_ends, '[)')) hours) s ON true"
    " LEFT JOIN LATERAL (SELECT count(*) AS trips, max(finished_at) AS last_done FROM legs"
    "   WHERE driver_id = p.id AND business_date = :day AND state = 'done') t ON true"
    " LEFT JOIN check_ins c ON c.person_id = p.id AND c.business_date = :day"
    " WHERE p.role = 'driver' AND p.disabled_at IS NULL"
    " AND (CAST(:only AS bigint[]) IS NULL OR p.id = ANY(:only)) ORDER BY p.name, p.id"
)


def trip_of(session: Session, leg_id: int, *, now: datetime) -> Trip:
    """What a trip that is to be driven asks for: a way there from its wanted time, a way back from now."""
    return _trip(session.execute(planned_once(f"{_TRIPS} WHERE g.id = :id"), {"id": leg_id}).one(), now)


def pending_trips(session: Session, since: datetime, until: datetime, *, now: datetime) -> list[Trip]:
    """The trips wanted in that time for which nobody has been asked or found yet, in the order they are given out."""
    return [_trip(row, now) for row in session.execute(_PENDING, {"since": since, "until": until})]


def driver_candidates(
    session: Session, trip: Trip, *, now: datetime, only: Collection[int] | None = None
) -> list[Candidate]:
    """Every driver in use (or those in ``only``), best first: the longest free.

    Free means: on shift for the whole trip and not gone home, with the right vehicle, and without a live trip that it
    would overlap or be too near to. The trip itself does not count when they have it already.
    """
    firm = firm_settings(session)
    travel = travel_times(firm)
    people = on_duty(session, trip.start, only=only)
    jobs = leg_jobs(
        session, [one.id for one in people], now=now, within=around(trip.start, trip.end), but={trip.leg_id}
    )
    ranked = [_ranked(one, jobs[one.id], trip, travel, firm.calendar) for one in people]
    ranked.sort(key=lambda pair: pair[0])
    return [candidate for _, candidate in ranked]


def on_duty(session: Session, at: datetime, *, only: Collection[int] | None = None) -> list[OnDuty]:
    """Every driver in use (or those in ``only``) with their business day around ``at``, by name."""
    calendar = firm_settings(session).calendar
    day = calendar.business_date(at)
    whole_day = calendar.day_period(day)
    rows = session.execute(
        _ON_DUTY,
        {
            "day": day,
            "day_starts": whole_day.lower,
            "day_ends": whole_day.upper,
            "only": None if only is None else sorted(only),
        },
    )
    return [
        OnDuty(
            id=row.id,
            name=row.name,
            vehicle=row.vehicle,
            shifts=tuple(zip(row.starts or (), row.ends or (), strict=True)),
            trips=row.trips,
            last_done=row.last_done,
            checked_in=row.in_at,
            has_gone=row.out_at is not None,
        )
        for row in rows
    ]


def on_duty_ahead(session: Session, first: date, last: date) -> dict[date, list[OnDuty]]:
    """The drivers of each evening from ``first`` to ``last``, none of which has begun: nobody has driven or gone home.

    One statement, however many evenings.
    """
    calendar = firm_settings(session).calendar
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    reach = {"begins": calendar.day_period(first).lower, "ends": calendar.day_period(last).upper}
    rows = session.execute(_AHEAD, reach).all() if days else []
    return {
        day: [one for row in rows if (one := _ahead(row, *bounds(calendar.day_period(day)))).shifts] for day in days
    }


def _ahead(row: Row[Any], begins: datetime, ends: datetime) -> OnDuty:
    hours = [one for one in zip(row.starts, row.ends, strict=True) if one[0] < ends and begins < one[1]]
    return OnDuty(row.id, row.name, row.vehicle, tuple(hours), 0, None, None, False)


def _trip(row: Row[Any], now: datetime) -> Trip:
    return Trip(
        leg_id=row.id,
        start=now if row.to_appointment_id is None else max(row.wanted_at, now),
        minutes=row.travel_minutes,
        needs_car=row.vehicle_needed == Vehicle.CAR,
        origin=place_in(row, "from"),
        destination=place_in(row, "to"),
    )


def _ranked(
    driver: OnDuty, known: list[KnownJob], trip: Trip, travel: TravelTimes, calendar: Calendar
) -> tuple[tuple[int, datetime, str, int], Candidate]:
    idle_since = driver.idle_since([one.job for one in known], trip.start)
    conflicts = tuple(overlaps(trip.job, known, travel, calendar))
    reason = ""
    rank = 0
    if conflicts:
        rank, reason = 1, ", ".join(overlap_words(clash) for clash in conflicts)
    elif not driver.fits(trip):
        rank, reason = 2, _NEEDS_CAR
    elif driver.has_gone or not driver.covers(trip.start, trip.end):
        rank, reason = 3, _off_shift(driver, calendar)
    else:
        free_for = duration_words(minutes_between(idle_since, trip.start))
        trips = (
            f"{driver.trips} trip{'s' if driver.trips > 1 else ''} tonight" if driver.trips else "no trip yet tonight"
        )
        reason = f"{driver.vehicle}, {trips}, free {free_for} before"
    candidate = Candidate(driver.id, driver.name, rank == 0, reason, conflicts)
    return (rank, idle_since, driver.name, driver.id), candidate


def _off_shift(driver: OnDuty, calendar: Calendar) -> str:
    if driver.has_gone:
        return "has checked out"
    if not driver.shifts:
        return "not on shift"
    hours = [f"{calendar.local(begins):%H:%M} to {calendar.local(ends):%H:%M}" for begins, ends in driver.shifts]
    return f"on shift {', '.join(hours)} only"
