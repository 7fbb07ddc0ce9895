"""When the first driver could be there: said before a client is promised a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session
from sqlmodel import select

from guitara_app.appointments.models import Leg
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.drivers import OnDuty, Trip, on_duty, on_duty_ahead, pending_trips
from guitara_app.appointments.queries.jobs import leg_jobs, travel_times
from guitara_app.appointments.timeline import Job, in_the_way, turnaround
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.time import bounds
from guitara_app.travel.estimate import LONGEST_MINUTES, Place, TravelTimes

_REACH = timedelta(minutes=LONGEST_MINUTES)


@dataclass(frozen=True, slots=True)
class Fleet:
    """The drivers of an evening with the trips they have, and the trips that nobody has yet. Pure.

    Trips that are planned or looked for still need a driver too: they are given out here, in thought, in the order and
    to the drivers that they would really go to, before what is left is looked at.
    """

    people: Sequence[OnDuty]
    jobs: Mapping[int, Sequence[Job]]
    waiting: Sequence[Trip]
    travel: TravelTimes

    def free_for(self, trip: Trip) -> list[OnDuty]:
        """Who is left for the trip as it is, the longest free first."""
        fitting = [one for one in self.people if one.fits(trip)]
        left = [one for one in fitting if _is_free(one, trip, self.jobs[one.id], self.travel)]
        in_the_same_time = [one for one in self._waiting(trip) if in_the_way(trip.job, [one.job], self.travel)]
        jobs = self.jobs
        if left and len(left) <= len(in_the_same_time):
            # Otherwise somebody is left however those are given out.
            jobs = self._given_out(trip)
            left = [one for one in left if _is_free(one, trip, jobs[one.id], self.travel)]
        return sorted(left, key=lambda one: (one.idle_since(jobs[one.id], trip.start), one.name, one.id))

    def earliest(self, trip: Trip) -> datetime | None:
        """When the trip could leave at the earliest, from its own start on; None when not in that evening any more."""
        if self.free_for(trip):
            return trip.start
        jobs, fitting = self._given_out(trip), [one for one in self.people if one.fits(trip)]
        found = [start for one in fitting if (start := _first_start(one, trip, jobs[one.id], self.travel)) is not None]
        return min(found, default=None)

    def _waiting(self, trip: Trip) -> list[Trip]:
        closes = max((ends for one in self.people for _, ends in one.shifts), default=trip.end)
        return [one for one in self.waiting if trip.start - _REACH <= (one.wanted_at or one.start) < closes]

    def _given_out(self, trip: Trip) -> dict[int, list[Job]]:
        jobs = {person: list(theirs) for person, theirs in self.jobs.items()}
        for other in self._waiting(trip):
            free = [one for one in self.people if one.fits(other) and _is_free(one, other, jobs[one.id], self.travel)]
            if free:
                best = min(free, key=lambda one: (one.idle_since(jobs[one.id], other.start), one.name, one.id))
                jobs[best.id].append(other.job)
        return jobs


def earliest_driver(session: Session, trip: Trip, *, now: datetime, instead_of: int = 0) -> datetime | None:
    """When ``trip`` could leave at the earliest, from its own start on; None when not in that evening any more.

    Trips to the visit ``instead_of`` give way to this one.
    """
    people = [one for one in on_duty(session, trip.start) if one.shifts and not one.has_gone]
    closes = max((ends for one in people for _, ends in one.shifts), default=trip.end)
    return _fleet(session, people, trip.start - _REACH, closes, now=now, instead_of=instead_of).earliest(trip)


def fleets(session: Session, first: date, last: date, *, now: datetime, instead_of: int = 0) -> dict[date, Fleet]:
    """The drivers of each evening from ``first`` to ``last``; a few statements, however many evenings."""
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    duty = on_duty_ahead(session, max(first, tonight + timedelta(days=1)), last)
    if first <= tonight:
        duty[tonight] = [one for one in on_duty(session, now) if one.shifts and not one.has_gone]
    everybody = list({one.id: one for people in duty.values() for one in people}.values())
    begins, ends = bounds(calendar.day_period(first))[0], bounds(calendar.day_period(last))[1]
    whole = _fleet(session, everybody, begins - _REACH, ends + _REACH, now=now, instead_of=instead_of)
    found: dict[date, Fleet] = {}
    for day, people in duty.items():
        begins, ends = bounds(calendar.day_period(day))
        near, far = begins - 2 * _REACH, ends + 2 * _REACH
        found[day] = Fleet(
            people=people,
            jobs={one.id: [job for job in whole.jobs[one.id] if job.start < far and near < job.end] for one in people},
            waiting=[one for one in whole.waiting if near <= (one.wanted_at or one.start) < far],
            travel=whole.travel,
        )
    return found


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


def _fleet(
    session: Session, people: Sequence[OnDuty], since: datetime, until: datetime, *, now: datetime, instead_of: int
) -> Fleet:
    given_up = set(session.scalars(select(Leg.id).where(Leg.to_appointment_id == instead_of))) if instead_of else set()
    known = leg_jobs(session, [one.id for one in people], now=now, but=given_up)
    waiting = pending_trips(session, since, until, now=now)
    return Fleet(
        people=people,
        jobs={person: [one.job for one in jobs] for person, jobs in known.items()},
        waiting=[one for one in waiting if one.leg_id not in given_up],
        travel=travel_times(firm_settings(session)),
    )


def _is_free(driver: OnDuty, trip: Trip, jobs: Sequence[Job], travel: TravelTimes) -> bool:
    return driver.covers(trip.start, trip.end) and not in_the_way(trip.job, jobs, travel)


def _first_start(driver: OnDuty, trip: Trip, jobs: Sequence[Job], travel: TravelTimes) -> datetime | None:
    """The driver can start at once, when a shift begins, or when one of their jobs is over: nothing else matters."""
    starts = {trip.start, *(begins for begins, _ in driver.shifts)}
    starts |= {job.end + timedelta(minutes=turnaround(job, trip.job, travel)) for job in jobs}
    for start in sorted(start for start in starts if start >= trip.start):
        if _is_free(driver, replace(trip, start=start), jobs, travel):
            return start
    return None
