"""How full the evenings are: who of the therapists and drivers is free at each half hour, from one reading for all.

Whether somebody is free is asked of the same timeline that the booking form asks, for a visit of the usual length to a
place that nobody has told yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypedDict

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.alternatives import look_up
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.drivers import OnDuty, Trip, on_duty, pending_trips
from guitara_app.appointments.queries.jobs import around, leg_jobs, travel_times
from guitara_app.appointments.slots import Evenings
from guitara_app.appointments.timeline import Job, fits_in
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.time import Calendar
from guitara_app.travel.estimate import SOMEWHERE, TravelTimes

STEP = timedelta(minutes=30)
USUAL_MINUTES = 60
# Fewer free therapists than this is little to choose from, unless there are never more.
_FEW = 3


class Level(StrEnum):
    """How much room there is at one time."""

    FREE = "free"
    LIMITED = "limited"
    FULL = "full"
    NOBODY = "nobody"


class Slot(TypedDict):
    """A stretch of one evening in which equally many are free, by the firm's wall clock."""

    starts: str
    ends: str
    level: str
    therapists: int
    drivers: int
    words: str


class _Free(NamedTuple):
    level: Level
    therapists: int
    drivers: int


def slots(session: Session, first: date, days: int, *, now: datetime) -> list[Slot]:
    """How full ``days`` evenings from ``first`` on are, by the clock; what has passed is left out."""
    calendar = firm_settings(session).calendar
    last = first + timedelta(days=days - 1)
    start = calendar.day_period(first).lower
    if start is None:
        raise ValueError("an evening has a beginning")
    wanted = Wanted(day=first, starts_at=start, ends_at=start + timedelta(minutes=USUAL_MINUTES))
    evenings = look_up(session, wanted, None, first, last, now=now, but=())
    roads = _Roads(session, first, last, now=now)
    found: list[Slot] = []
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        found += _of_evening(calendar, evenings, roads, day, now)
    return found


def level_of(therapists: int, on_shift: int, drivers: int) -> Level:
    """What so many free ones mean, of so many therapists on shift."""
    if not on_shift:
        return Level.NOBODY
    if not therapists:
        return Level.FULL
    return Level.LIMITED if therapists < min(_FEW, on_shift) or not drivers else Level.FREE


def words_of(level: Level, therapists: int, drivers: int) -> str:
    """It in words."""
    if level in (Level.NOBODY, Level.FULL):
        return "nobody on shift" if level is Level.NOBODY else "full"
    said = f"{therapists} therapist{'' if therapists == 1 else 's'}"
    driven = f"{drivers or 'no'} driver{'' if drivers == 1 or not drivers else 's'}"
    return f"{level}: {said}, {driven}"


def _of_evening(calendar: Calendar, evenings: Evenings, roads: _Roads, day: date, now: datetime) -> Iterator[Slot]:
    here = evenings.of(day, timedelta(minutes=USUAL_MINUTES))
    run: tuple[datetime, datetime, _Free] | None = None
    for start in _starts(calendar, day, now):
        free = _free(here, roads, day, start)
        if run is not None and run[2] == free:
            run = (run[0], start + STEP, free)
            continue
        if run is not None:
            yield _slot(calendar, *run)
        run = (start, start + STEP, free)
    if run is not None:
        yield _slot(calendar, *run)


def _starts(calendar: Calendar, day: date, now: datetime) -> Iterator[datetime]:
    whole = calendar.day_period(day)
    if whole.lower is None or whole.upper is None:
        return
    start = whole.lower
    while start < whole.upper:
        if start + STEP > now:
            yield start
        start += STEP


def _free(evenings: Evenings, roads: _Roads, day: date, start: datetime) -> _Free:
    job = Job(0, start, start + timedelta(minutes=USUAL_MINUTES), 0, SOMEWHERE, SOMEWHERE)
    on_shift = sum(
        any(shift.lower <= start and job.end <= shift.upper for _, shift in theirs)  # type: ignore[operator]  # bounded
        for theirs in evenings.shifts.values()
    )
    therapists = sum(evenings.is_free(person, job) for person in evenings.shifts) if on_shift else 0
    drivers = roads.free(day, start) if therapists else 0
    return _Free(level_of(therapists, on_shift, drivers), therapists, drivers)


class _Roads:
    """The drivers of some evenings with their trips, and the trips that nobody drives yet."""

    def __init__(self, session: Session, first: date, last: date, *, now: datetime) -> None:
        firm = firm_settings(session)
        self._travel: TravelTimes = travel_times(firm)
        self._minutes = firm.other_zone_minutes
        calendar = firm.calendar
        days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
        self._duty: Mapping[date, list[OnDuty]] = {
            day: [one for one in on_duty(session, calendar.at(day, calendar.opens)) if one.shifts and not one.has_gone]
            for day in days
        }
        everybody = {one.id for duty in self._duty.values() for one in duty}
        begins, ends = calendar.day_period(first).lower, calendar.day_period(last).upper
        if begins is None or ends is None:
            raise ValueError("an evening has a beginning and an end")
        known = leg_jobs(session, everybody, now=now, within=around(begins, ends))
        self._jobs = {person: [one.job for one in theirs] for person, theirs in known.items()}
        self._waiting: Collection[Trip] = pending_trips(session, begins, ends, now=now)

    def free(self, day: date, start: datetime) -> int:
        """How many could bring somebody to a visit that starts then, after those who are needed for other trips."""
        trip = Trip(0, start - timedelta(minutes=self._minutes), self._minutes, needs_car=False, destination=SOMEWHERE)
        at_hand = sum(one.is_free(trip.job, self._jobs.get(one.id, ()), self._travel) for one in self._duty[day])
        needed = sum(not fits_in(trip.job, [one.job], self._travel) for one in self._waiting)
        return max(0, at_hand - needed)


def _slot(calendar: Calendar, starts: datetime, ends: datetime, free: _Free) -> Slot:
    return Slot(
        starts=f"{calendar.local(starts):%Y-%m-%dT%H:%M}",
        ends=f"{calendar.local(ends):%Y-%m-%dT%H:%M}",
        level=free.level.value,
        therapists=free.therapists,
        drivers=free.drivers,
        words=words_of(free.level, free.therapists, free.drivers),
    )
