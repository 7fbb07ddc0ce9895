"""The first slots, against a search that walks every minute of every evening for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from guitara_app.appointments.slots import STEP, Evenings, Opening, Search, openings
from guitara_app.appointments.timeline import Job
from guitara_app.kit.time import Calendar, Period, period
from guitara_app.travel.estimate import Estimate, Place
from tests.support.minute_grid import Stay, blocked, minute

CALENDAR = Calendar(ZoneInfo("Asia/Manila"), time(6), time(13), time(1))
TRAVEL = Estimate(15, 35, CALENDAR.zone)
FIRST = date(2026, 11, 27)
DAYS = (FIRST, FIRST + timedelta(days=1))
HERE = Place(1, 1)


def at(day: date, minutes: int) -> datetime:
    """So many minutes after the evening opens."""
    return CALENDAR.at(day, time(13)) + timedelta(minutes=minutes)


@st.composite
def somebodys_jobs(draw: st.DrawFn, number: int) -> list[Job]:
    found: list[Job] = []
    for ahead, day in enumerate(DAYS):
        begin = draw(st.integers(0, 400))
        for one in range(draw(st.integers(0, 2))):
            length, pause = draw(st.integers(20, 200)), draw(st.sampled_from((0, 10)))
            place = Place(draw(st.integers(1, 4)), draw(st.integers(1, 2)))
            job = Job(number * 100 + ahead * 10 + one, at(day, begin), at(day, begin + length), pause, place, place)
            found.append(job)
            begin += length + pause + 35 + draw(st.integers(0, 90))
    return found


@st.composite
def cases(draw: st.DrawFn) -> tuple[Evenings, Search, dict[date, tuple[int, int]]]:
    people = list(range(1, draw(st.integers(1, 4)) + 1))
    shifts: dict[int, list[tuple[date, Period]]] = {person: [] for person in people}
    for person in people:
        for day in DAYS:
            if draw(st.integers(0, 4)):
                begins = draw(st.integers(0, 420))
                shifts[person].append((day, period(at(day, begins), at(day, begins + draw(st.integers(60, 780))))))
    evenings = Evenings(
        calendar=CALENDAR,
        travel=TRAVEL,
        shifts=shifts,
        jobs={person: draw(somebodys_jobs(person)) for person in people},
        giving=frozenset(person for person in people if draw(st.integers(0, 5))),
        names={person: f"Person {person}" for person in people},
    )
    begin = at(FIRST, draw(st.integers(0, 700)))
    length = timedelta(minutes=draw(st.integers(30, 120)))
    clocks = st.one_of(st.none(), st.sampled_from((time(13), time(20, 7), time(23, 45), time(0, 30))))
    search = Search(
        job=Job(0, begin, begin + length, draw(st.sampled_from((0, 15))), HERE, HERE),
        chosen=tuple(draw(st.lists(st.sampled_from(people), max_size=2, unique=True))),
        others=draw(st.integers(0, 2)),
        first=begin - timedelta(minutes=draw(st.integers(0, 900))),
        days=DAYS,
        earliest=draw(clocks),
        latest=draw(clocks),
        standing=draw(st.one_of(st.none(), st.just(at(FIRST, 15 * draw(st.integers(0, 47)))))),
        liked=frozenset(draw(st.lists(st.sampled_from(people), max_size=1))),
        at_most=draw(st.integers(1, 9)),
    )
    drives = {day: (begins := draw(st.integers(0, 600)), begins + draw(st.integers(0, 300))) for day in DAYS}
    return evenings, search, drives


def free(evenings: Evenings, search: Search, person: int, start: datetime) -> bool:
    """By the minute: on shift in every one of them, and none is another job's, nor its way's or pause's."""
    zero = CALENDAR.day_period(FIRST).lower
    assert zero
    end = start + (search.job.end - search.job.start)
    day = CALENDAR.business_date(start)
    shift = next((span for evening, span in evenings.shifts[person] if evening == day), None)
    wanted = [start + timedelta(minutes=n) for n in range(int((end - start) / timedelta(minutes=1)))]
    if person not in evenings.giving or shift is None or not all(shift.contains(one) for one in wanted):
        return False

    def stay(job: Job, starts: datetime, ends: datetime) -> Stay:
        place = (job.origin.address_id, job.origin.zone_id) if job.origin else None
        return Stay(job.id, minute(starts, zero), minute(ends, zero), job.buffer_minutes, place, place)

    mine = stay(search.job, start, end)
    return not blocked(mine, [stay(job, job.start, job.end) for job in evenings.jobs[person]])


def by_the_minute(evenings: Evenings, search: Search, drives: dict[date, tuple[int, int]]) -> list[Opening]:
    """Every minute of each evening in turn; of them the quarter hours that fit."""
    found: list[Opening] = []
    for day in DAYS:
        for start in (at(day, number) for number in range(12 * 60)):
            if start.minute % 15 or start < search.first or start == search.standing:
                continue
            clock = [start >= CALENDAR.at(day, search.earliest)] if search.earliest else []
            clock += [start <= CALENDAR.at(day, search.latest)] if search.latest else []
            begins, ends = drives[day]
            if not all(clock) or not at(day, begins) <= start <= at(day, ends):
                continue
            now_free = [person for person in evenings.names if free(evenings, search, person, start)]
            last = found[-1] if found else None
            if last and start - last.starts[-1] == STEP and set(last.people) <= set(now_free):
                found[-1] = last._replace(starts=(*last.starts, start))
                continue
            spare = [one for one in now_free if one not in search.chosen]
            spare.sort(key=lambda one: (one not in search.liked, jobs_of_evening(evenings.jobs[one], day), one))
            if set(search.chosen) <= set(now_free) and len(spare) >= search.others:
                found.append(Opening(day, (start,), (*search.chosen, *spare[: search.others]), 7))
    return found[: search.at_most]


def jobs_of_evening(jobs: Sequence[Job], day: date) -> int:
    return sum(CALENDAR.business_date(job.start) == day for job in jobs)


@settings(deadline=None, max_examples=150)
@given(cases())
def test_the_first_slots_are_those_a_walk_by_the_minute_finds(
    case: tuple[Evenings, Search, dict[date, tuple[int, int]]],
) -> None:
    evenings, search, drives = case

    assert openings(evenings, search, lambda day: OneDriver(day, *drives[day])) == by_the_minute(
        evenings, search, drives
    )


class OneDriver:
    """Somebody who can be there from one minute to another."""

    def __init__(self, day: date, begins: int, ends: int) -> None:
        self._hours = (at(day, begins), at(day, ends))

    def is_left(self, start: datetime) -> bool:
        return self._hours[0] <= start <= self._hours[1]

    def best(self, start: datetime) -> int:
        assert self.is_left(start)
        return 7


def test_half_past_midnight_belongs_to_the_evening_before_and_is_found() -> None:
    late = period(CALENDAR.at(FIRST, time(22)), CALENDAR.at(FIRST, time(2)))
    busy = Job(1, CALENDAR.at(FIRST, time(22)), CALENDAR.at(FIRST, time(0, 10)), 0, Place(2, 1), Place(2, 1))
    evenings = Evenings(CALENDAR, TRAVEL, {1: [(FIRST, late)]}, {1: [busy]}, frozenset({1}), {1: "Ana O'Hara"})
    job = Job(0, CALENDAR.at(FIRST, time(23)), CALENDAR.at(FIRST, time(0)), 0, HERE, HERE)
    search = Search(job, (1,), 0, CALENDAR.at(FIRST, time(13)), DAYS)
    [found] = openings(evenings, search)
    # The firm closes at 01:00: a visit may end after it, it does not begin then.
    assert [CALENDAR.night_label(start, found.evening) for start in found.starts] == [
        "Fri 27 Nov, night \u2192 Sat 00:30",
        "Fri 27 Nov, night \u2192 Sat 00:45",
    ]
    assert (found.evening, found.people, found.driver) == (FIRST, (1,), 0)
