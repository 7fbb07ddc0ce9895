"""When those who are wanted are free: the quarter hours of evenings, asked of the same timeline as the booking.

Pure. Everything is looked up before; here it is only searched.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple, Protocol

from guitara_app.appointments.timeline import Job, fits_in
from guitara_app.kit.time import Calendar, Period, bounds
from guitara_app.travel.estimate import LONGEST_MINUTES, TravelTimes

STEP = timedelta(minutes=15)
_MINUTE = timedelta(minutes=1)
_REACH = timedelta(minutes=LONGEST_MINUTES)


@dataclass(frozen=True, slots=True)
class Evenings:
    """Who is on shift and has which jobs, as far as it was looked up; ``giving`` gives what is wanted."""

    calendar: Calendar
    travel: TravelTimes
    shifts: Mapping[int, Sequence[tuple[date, Period]]]
    jobs: Mapping[int, Sequence[Job]]
    giving: frozenset[int]
    names: Mapping[int, str]

    def is_free(self, person: int, job: Job) -> bool:
        """Gives the services, is on shift for the whole of it that evening, and nothing is in the way."""
        return (
            person in self.giving
            and self._is_on_shift(person, job)
            and fits_in(job, self.jobs.get(person, ()), self.travel)
        )

    def _is_on_shift(self, person: int, job: Job) -> bool:
        # Asked for everybody and every quarter hour: which evening it is only matters where the hours fit.
        return any(
            shift.lower <= job.start and job.end <= shift.upper and evening == self.calendar.business_date(job.start)
            for evening, shift in self.shifts.get(person, ())
            if shift.lower is not None and shift.upper is not None
        )

    def of(self, day: date, length: timedelta) -> Evenings:
        """The same for one evening alone: the shifts of it, and the jobs near enough to matter to one of ``length``."""
        begins, ends = bounds(self.calendar.day_period(day))
        first, last = begins - _REACH, ends + length + _REACH
        return dataclasses.replace(
            self,
            shifts={
                person: [one for one in theirs if one[0] == day]
                for person, theirs in self.shifts.items()
                if any(one[0] == day for one in theirs)
            },
            # A pause after the end is no longer than the way to another place may be.
            jobs={
                person: [job for job in theirs if job.start < last and first < job.until]
                for person, theirs in self.jobs.items()
            },
        )


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: a job like ``job`` for all of ``chosen`` and ``others`` more, whoever they are.

    It starts at ``first`` or later, in one of the evenings ``days``, by the clock not before ``earliest`` and not after
    ``latest`` (None: any), and not at ``standing``, where it is already. Of others those in ``liked`` come first.
    """

    job: Job
    chosen: tuple[int, ...]
    others: int
    first: datetime
    days: tuple[date, ...]
    earliest: time | None = None
    latest: time | None = None
    standing: datetime | None = None
    liked: frozenset[int] = frozenset()
    at_most: int = 8

    def at(self, start: datetime) -> Job:
        """The job, moved."""
        return dataclasses.replace(self.job, start=start, end=start + (self.job.end - self.job.start))


class Opening(NamedTuple):
    """Quarter hours in a row, at each of which the same people can start; ``driver`` could drive to the first.

    ``driver`` is 0 when none is asked for.
    """

    evening: date
    starts: tuple[datetime, ...]
    people: tuple[int, ...]
    driver: int


class Drivers(Protocol):
    """Those of one evening who could bring them to a visit that starts then."""

    def is_left(self, start: datetime) -> bool:
        """Whether there is one."""
        ...

    def best(self, start: datetime) -> int:
        """Who it would be."""
        ...


class _NobodyDrives:
    def is_left(self, _start: datetime) -> bool:
        return True

    def best(self, _start: datetime) -> int:
        return 0


def openings(evenings: Evenings, search: Search, drivers: Callable[[date], Drivers] | None = None) -> list[Opening]:
    """The first of them, by the clock.

    ``drivers`` tells of an evening who could drive; None when the visit needs nobody to.
    """
    found: list[Opening] = []
    length = search.job.end - search.job.start
    for day in search.days:
        tonight = evenings.of(day, length)
        who = drivers(day) if drivers else _NobodyDrives()
        order = _order(tonight, search)
        for start in quarters(evenings.calendar, search, day):
            last = found[-1] if found else None
            if last is not None and _goes_on(last, tonight, search, start, who):
                found[-1] = last._replace(starts=(*last.starts, start))
                continue
            if len(found) == search.at_most:
                return found
            opening = _opening(tonight, search, day, start, who, order)
            if opening is not None:
                found.append(opening)
    return found


def quarters(calendar: Calendar, search: Search, day: date) -> Iterator[datetime]:
    """The quarter hours at which the visit may start that evening: while the firm is open, in order."""
    opens, closes = bounds(calendar.open_period(day))
    begin = opens if search.earliest is None else max(opens, calendar.at(day, search.earliest))
    end = closes if search.latest is None else min(closes, calendar.at(day, search.latest) + _MINUTE)
    start = opens + timedelta(minutes=-calendar.local(opens).minute % 15)
    while start < end:
        if start >= max(begin, search.first) and start != search.standing:
            yield start
        start += STEP


def _goes_on(last: Opening, tonight: Evenings, search: Search, start: datetime, who: Drivers) -> bool:
    if start - last.starts[-1] != STEP:
        return False
    job = search.at(start)
    return all(tonight.is_free(person, job) for person in last.people) and who.is_left(start)


def _opening(
    tonight: Evenings, search: Search, day: date, start: datetime, who: Drivers, order: Sequence[int]
) -> Opening | None:
    job = search.at(start)
    if not all(tonight.is_free(person, job) for person in search.chosen):
        return None
    # Of drivers there are few, of those who could come as others many: who is scarce is asked first.
    if not who.is_left(start):
        return None
    others = list(islice((one for one in order if tonight.is_free(one, job)), search.others))
    if len(others) < search.others:
        return None
    return Opening(day, (start,), (*search.chosen, *others), who.best(start))


def _order(tonight: Evenings, search: Search) -> list[int]:
    """Those who could come as others: who is liked, then who has fewest jobs that evening, then by name."""
    if not search.others:
        return []
    giving = tonight.giving - set(search.chosen)
    could = [one for one in tonight.names if one in tonight.shifts and one in giving]
    return sorted(could, key=lambda one: (one not in search.liked, len(tonight.jobs.get(one, ()))))
