"""When the first driver could be there: said before a client is promised a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session
from sqlmodel import select

from guitara_app.appointments.models import Leg
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.drivers import OnDuty, Trip, on_duty, on_duty_ahead, pending_trips
from guitara_app.appointments.queries.jobs import leg_jobs, travel_times
from guitara_app.appointments.timeline import Job, fits_in, turnaround
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.time import bounds
from guitara_app.travel.estimate import LONGEST_MINUTES, Place, TravelTimes

_REACH = timedelta(minutes=LONGEST_MINUTES)


class Fleet:
    """The drivers of an evening with the trips they have, and its trips that nobody has yet. Pure.

    Trips that are planned or looked for still need a driver too: they are given out here, in thought, in the order and
    to the drivers that they would really go to, before what is left is looked at.
    """

    def __init__(
        self,
        people: Sequence[OnDuty],
        jobs: Mapping[int, Sequence[Job]],
        waiting: Sequence[Trip],
        travel: TravelTimes,
    ) -> None:
        self.people = people
        self._jobs = jobs
        self._waiting = [(trip, job := trip.job, job.end + _REACH) for trip in waiting]
        self._travel = travel
        self._given: Mapping[int, Sequence[Job]] | None = None

    def is_left_for(self, trip: Trip) -> bool:
        """Whether somebody is left for the trip as it is."""
        return bool(self._left(trip, at_most=1))

    def best_for(self, trip: Trip) -> OnDuty | None:
        """Who of those left has been free the longest."""
        left = self._left(trip)
        jobs = self._given or self._jobs
        return min(left, key=lambda one: (one.idle_since(jobs[one.id], trip.start), one.name, one.id), default=None)

    def earliest(self, trip: Trip) -> datetime | None:
        """When the trip could leave at the earliest, from its own start on; None when not in that evening any more."""
        if self.is_left_for(trip):
            return trip.start
        fitting = [one for one in self.people if one.fits(trip)]
        return min((start for one in fitting if (start := self._first_start(one, trip)) is not None), default=None)

    def _in_the_same_time(self, job: Job) -> int:
        """How many of those that wait would be in its way."""
        until = job.end + _REACH
        return sum(
            1
            for _, other, ends in self._waiting
            if other.start < until and job.start < ends and not fits_in(job, [other], self._travel)
        )

    def _left(self, trip: Trip, *, at_most: int = 0) -> list[OnDuty]:
        """Who is left for it; with ``at_most`` perhaps not all of them."""
        job, jobs = trip.job, self._given or self._jobs
        free = (one for one in self.people if one.fits(trip) and one.is_free(job, jobs[one.id], self._travel))
        left = list(islice(free, 1))
        if not left:
            return left
        waiting = 0 if self._given else self._in_the_same_time(job)
        left += islice(free, waiting + at_most - 1) if at_most else free
        if left and len(left) <= waiting:
            # Otherwise somebody is left however those are given out.
            jobs = self._given_out()
            left = [one for one in left if one.is_free(job, jobs[one.id], self._travel)]
        return left

    def _given_out(self) -> Mapping[int, Sequence[Job]]:
        if self._given is None:
            jobs = {person: list(theirs) for person, theirs in self._jobs.items()}
            for trip, job, _ in self._waiting:
                free = [one for one in self.people if one.fits(trip) and one.is_free(job, jobs[one.id], self._travel)]
                if free:
                    best = min(free, key=lambda one: (one.idle_since(jobs[one.id], job.start), one.name, one.id))
                    jobs[best.id].append(job)
            self._given = jobs
        return self._given

    def _first_start(self, driver: OnDuty, trip: Trip) -> datetime | None:
        """At once, when a shift begins, or when one of the driver's jobs is over: nothing else matters."""
        jobs = self._given_out()
        starts = {trip.start, *(begins for begins, _ in driver.shifts)}
        starts |= {job.end + timedelta(minutes=turnaround(job, trip.job, self._travel)) for job in jobs[driver.id]}
        for start in sorted(start for start in starts if start >= trip.start):
            if driver.is_free(replace(trip, start=start).job, jobs[driver.id], self._travel):
                return start
        return None


def earliest_driver(session: Session, trip: Trip, *, now: datetime, instead_of: int = 0) -> datetime | None:
    """When ``trip`` could leave at the earliest, from its own start on; None when not in that evening any more.

    Trips to the visit ``instead_of`` give way to this one.
    """
    day = firm_settings(session).calendar.business_date(trip.start)
    people = [one for one in on_duty(session, trip.start) if one.shifts and not one.has_gone]
    return _fleets(session, {day: people}, now=now, instead_of=instead_of)[day].earliest(trip)


def fleets(session: Session, first: date, last: date, *, now: datetime, instead_of: int = 0) -> dict[date, Fleet]:
    """The drivers of each evening from ``first`` to ``last``; a few statements, however many evenings."""
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    duty = on_duty_ahead(session, max(first, tonight + timedelta(days=1)), last)
    if first <= tonight:
        duty[tonight] = [one for one in on_duty(session, now) if one.shifts and not one.has_gone]
    return _fleets(session, duty, now=now, instead_of=instead_of)


def way_there(firm: FirmSettings, starts_at: datetime, *, car: bool, place: Place | None, now: datetime) -> Trip:
    """The trip that brings them to a visit which starts then, as far as it can be known before it is booked."""
    minutes = firm.other_zone_minutes
    start = max(now, starts_at - timedelta(minutes=minutes))
    return Trip(0, start, minutes, needs_car=car, destination=place)


def no_driver_warning(session: Session, wanted: Wanted, *, car: bool, now: datetime, instead_of: int = 0) -> list[str]:
    """What the desk must know before it promises a visit: nothing, or when a driver could be there at the earliest.

    With ``instead_of`` it is a change of that visit, whose own trip does not stand in its way.
    """
    firm = firm_settings(session)
    trip = way_there(firm, wanted.starts_at, car=car, place=wanted.place, now=now)
    whom = "driver with a car" if car else "driver"
    earliest = earliest_driver(session, trip, now=now, instead_of=instead_of)
    if earliest is None:
        return [f"No {whom} is on shift and free for this time that evening."]
    there = earliest + timedelta(minutes=trip.minutes)
    if there <= wanted.starts_at:
        return []
    return [f"No {whom} before {firm.calendar.clock_label(there, wanted.day)}."]


def _fleets(
    session: Session, duty: Mapping[date, Sequence[OnDuty]], *, now: datetime, instead_of: int
) -> dict[date, Fleet]:
    firm = firm_settings(session)
    travel, whole = travel_times(firm), {day: bounds(firm.calendar.day_period(day)) for day in duty}
    given_up = set(session.scalars(select(Leg.id).where(Leg.to_appointment_id == instead_of))) if instead_of else set()
    known = leg_jobs(session, {one.id for people in duty.values() for one in people}, now=now, but=given_up)
    jobs = {person: [one.job for one in theirs] for person, theirs in known.items()}
    # What was to leave long ago is late, and leaves as soon as it can.
    since, until = min(begins for begins, _ in whole.values()) - _REACH, max(ends for _, ends in whole.values())
    pending = pending_trips(session, since, until, now=now)
    waiting = [(one.start, one.end + _REACH, one) for one in pending if one.leg_id not in given_up]
    return {
        day: Fleet(
            people=people,
            jobs={one.id: _near(jobs[one.id], whole[day]) for one in people},
            waiting=[one for start, end, one in waiting if start < whole[day][1] and whole[day][0] < end],
            travel=travel,
        )
        for day, people in duty.items()
    }


def _near(jobs: Sequence[Job], evening: tuple[datetime, datetime]) -> list[Job]:
    """Those that could matter to a trip of the evening."""
    begins, ends = evening[0] - _REACH, evening[1] + 2 * _REACH
    return [job for job in jobs if job.start < ends and begins < job.end]
