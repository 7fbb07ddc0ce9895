"""When the first driver could be there: said before a client is promised a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from sqlmodel import select

from guitara_app.appointments.models import Leg
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.drivers import OnDuty, Trip, on_duty, pending_trips
from guitara_app.appointments.queries.jobs import leg_jobs, travel_times
from guitara_app.appointments.timeline import Job, in_the_way, turnaround
from guitara_app.firm.queries import firm_settings
from guitara_app.travel.estimate import LONGEST_MINUTES, TravelTimes


def earliest_driver(session: Session, trip: Trip, *, now: datetime, instead_of: int = 0) -> datetime | None:
    """When ``trip`` could leave at the earliest, from its own start on; None when not in that evening any more.

    Trips that are planned or looked for still need a driver too: they are given out here, in thought, in the order and
    to the drivers that they would really go to, before what is left is looked at. Those to the visit ``instead_of``
    give way to this one.
    """
    travel = travel_times(firm_settings(session))
    given_up = set(session.scalars(select(Leg.id).where(Leg.to_appointment_id == instead_of))) if instead_of else set()
    people = [one for one in on_duty(session, trip.start) if one.shifts and not one.has_gone]
    fitting = [one for one in people if one.fits(trip)]
    jobs = {
        person: [known.job for known in known_jobs]
        for person, known_jobs in leg_jobs(session, [one.id for one in people], now=now, but=given_up).items()
    }
    free_then = [one for one in fitting if _is_free(one, trip, jobs[one.id], travel)]
    reach = timedelta(minutes=LONGEST_MINUTES)
    closes = max((ends for one in people for _, ends in one.shifts), default=trip.end)
    waiting = [one for one in pending_trips(session, trip.start - reach, closes, now=now) if one.leg_id not in given_up]
    in_the_same_time = [one for one in waiting if in_the_way(trip.job, [one.job], travel)]
    if len(free_then) > len(in_the_same_time):
        # However those are given out, somebody is left.
        return trip.start
    _give_out(waiting, people, jobs, travel)
    found = [start for one in fitting if (start := _first_start(one, trip, jobs[one.id], travel)) is not None]
    return min(found, default=None)


def no_driver_warning(session: Session, wanted: Wanted, *, car: bool, now: datetime, instead_of: int = 0) -> list[str]:
    """What the desk must know before it promises a visit: nothing, or when a driver could be there at the earliest.

    With ``instead_of`` it is a change of that visit, whose own trip does not stand in its way.
    """
    firm = firm_settings(session)
    minutes = firm.other_zone_minutes
    start = max(now, wanted.starts_at - timedelta(minutes=minutes))
    trip = Trip(0, start, minutes, needs_car=car, destination=wanted.place)
    whom = "driver with a car" if car else "driver"
    earliest = earliest_driver(session, trip, now=now, instead_of=instead_of)
    if earliest is None:
        return [f"No {whom} is on shift and free for this time that evening."]
    there = earliest + timedelta(minutes=minutes)
    if there <= wanted.starts_at:
        return []
    return [f"No {whom} before {firm.calendar.clock_label(there, wanted.day)}."]


def _give_out(
    waiting: Sequence[Trip], people: Sequence[OnDuty], jobs: dict[int, list[Job]], travel: TravelTimes
) -> None:
    for trip in waiting:
        free = [one for one in people if one.fits(trip) and _is_free(one, trip, jobs[one.id], travel)]
        if free:
            best = min(free, key=lambda one: (one.idle_since(jobs[one.id], trip.start), one.name, one.id))
            jobs[best.id].append(trip.job)


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
