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
from guitara_app.appointments.timeline import Job, fits_in
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

    def is_free(self, job: Job, known: Sequence[Job], travel: TravelTimes) -> bool:
        """On shift for all of it and not gone home, with nothing among their ``known`` jobs in its way."""
        return not self.has_gone and self.covers(job.start, job.end) and fits_in(job, known, travel)

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
# A caller works on the rows when this look is over, so none of them is kept; what somebody has in hand is left out.
_SEARCHING = planned_once(
    f"{_TRIPS} WHERE g.state = 'searching' ORDER BY g.urgent DESC, g.wanted_at, g.id FOR UPDATE OF g SKIP LOCKED"
)
_ASKED = planned_once(
    "SELECT o.leg_id, o.driver_id FROM legs g JOIN leg_offers o ON o.leg_id = g.id"
    " AND o.search_number = g.search_number WHERE g.state = 'searching'"
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


def takeable_trips(session: Session, *, now: datetime) -> list[int]:
    """The trips that wait for a driver, and for which one is free who was not asked in this search.

    Urgent ones first, then the oldest. However many wait, it is a few statements; nobody's time is held.
    """
    waiting = [_trip(row, now) for row in session.execute(_SEARCHING)]
    if not waiting:
        return []
    firm = firm_settings(session)
    travel, evening = travel_times(firm), firm.calendar.business_date
    asked = {(row.leg_id, row.driver_id) for row in session.execute(_ASKED)}
    duty = {evening(trip.start): trip.start for trip in waiting}
    people = {day: on_duty(session, start) for day, start in duty.items()}
    drivers = {one.id for those in people.values() for one in those}
    reach = around(min(trip.start for trip in waiting), max(trip.end for trip in waiting))
    known = leg_jobs(session, drivers, now=now, within=reach)
    jobs = {driver: [one.job for one in theirs] for driver, theirs in known.items()}

    def could(one: OnDuty, trip: Trip) -> bool:
        is_new = (trip.leg_id, one.id) not in asked
        return is_new and one.fits(trip) and one.is_free(trip.job, jobs[one.id], travel)

    return [trip.leg_id for trip in waiting if any(could(one, trip) for one in people[evening(trip.start)])]


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
