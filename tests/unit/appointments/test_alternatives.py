"""The nearest things to offer instead, against a search that looks at every minute of everybody's evening."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from guitara_app.appointments.queries.alternatives import Evenings, instead, steps_around, together
from guitara_app.appointments.timeline import Job
from guitara_app.kit.time import Calendar, Period, period
from guitara_app.travel.estimate import Estimate, Place

CALENDAR = Calendar(ZoneInfo("Asia/Manila"), time(6), time(13), time(1))
TRAVEL = Estimate(15, 35, CALENDAR.zone)
DAY = date(2026, 11, 23)
EVENING = CALENDAR.day_period(DAY)
OPENS = CALENDAR.at(DAY, time(13))
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def at(minutes: int) -> datetime:
    """So many minutes after the evening opens."""
    return OPENS + timedelta(minutes=minutes)


@st.composite
def jobs_of_somebody(draw: st.DrawFn) -> list[Job]:
    """Jobs one after the other, each with its way there."""
    found: list[Job] = []
    minute = draw(st.integers(0, 180))
    for number in range(draw(st.integers(0, 4))):
        length, pause = draw(st.integers(15, 150)), draw(st.sampled_from((0, 0, 10)))
        place = Place(draw(st.integers(2, 5)), draw(st.integers(1, 2)))
        found.append(Job(number + 1, at(minute), at(minute + length), pause, place, place))
        minute += length + pause + 35 + draw(st.integers(0, 120))
    return found


@st.composite
def firms(draw: st.DrawFn) -> tuple[Evenings, Job, list[int]]:
    people = range(1, draw(st.integers(1, 5)) + 1)
    shifts: dict[int, list[tuple[date, Period]]] = {}
    for person in people:
        begins = draw(st.integers(0, 300))
        shifts[person] = [(DAY, period(at(begins), at(begins + draw(st.integers(60, 780)))))]
    evenings = Evenings(
        calendar=CALENDAR,
        travel=TRAVEL,
        shifts=shifts,
        jobs={person: draw(jobs_of_somebody()) for person in people},
        giving=frozenset(draw(st.sets(st.sampled_from(list(people))))),
        names={person: f"Person {person}" for person in people},
    )
    start = at(draw(st.integers(0, 780)))
    here = Place(1, 1)
    job = Job(
        0, start, start + timedelta(minutes=draw(st.integers(30, 120))), draw(st.sampled_from((0, 15))), here, here
    )
    chosen = draw(st.lists(st.sampled_from(list(people)), max_size=3, unique=True))
    return evenings, job, chosen


def free_by_the_minute(evenings: Evenings, person: int, job: Job) -> bool:
    """Every minute of the job is on shift, and no minute of it, nor of any way or pause around it, is another's."""
    wanted = {job.start + MINUTE * n for n in range(int((job.end - job.start) / MINUTE))}
    [(_, shift)] = evenings.shifts[person]
    if person not in evenings.giving or not all(shift.lower <= minute < shift.upper for minute in wanted):
        return False
    for other in evenings.jobs[person]:
        first, second = (job, other) if job.start < other.start else (other, job)
        assert first.destination
        assert second.origin
        gap = first.buffer_minutes + TRAVEL.minutes(first.destination, second.origin, first.end)
        taken = {first.start + MINUTE * n for n in range(int((first.end - first.start) / MINUTE) + gap)}
        if second.start in taken or second.start == first.start:
            return False
    return True


def moved(job: Job, start: datetime) -> Job:
    return Job(job.id, start, start + (job.end - job.start), job.buffer_minutes, job.origin, job.destination)


@settings(deadline=None)
@given(firms(), st.integers(0, 780))
def test_the_times_offered_are_the_nearest_at_which_everybody_chosen_is_free(
    firm: tuple[Evenings, Job, list[int]], past: int
) -> None:
    evenings, job, chosen = firm
    starts = list(steps_around(job.start, EVENING, at(past)))
    grid = [job.start + 15 * MINUTE * n for n in range(-96, 97) if n]
    grid = [start for start in grid if EVENING.lower <= start < EVENING.upper and start >= at(past)]
    assert sorted(starts) == grid
    assert starts == sorted(starts, key=lambda start: (abs(start - job.start), start < job.start))

    free = [s for s in grid if all(free_by_the_minute(evenings, person, moved(job, s)) for person in chosen)]
    earlier, later = [s for s in free if s < job.start], [s for s in free if s > job.start]
    assert together(evenings, job, chosen, starts) == [*earlier[-2:], *later[:2]]


@settings(deadline=None)
@given(firms())
def test_a_group_offered_instead_is_complete_and_free_and_none_is_nearer(firm: tuple[Evenings, Job, list[int]]) -> None:
    evenings, job, chosen = firm
    starts = list(steps_around(job.start, EVENING, OPENS))
    free = [person for person in evenings.names if free_by_the_minute(evenings, person, job)]
    found = instead(evenings, job, chosen, free, starts)
    size = max(1, len(chosen))

    def at_hand(start: datetime) -> set[int]:
        return {person for person in evenings.names if free_by_the_minute(evenings, person, moved(job, start))}

    for people, start in found:
        assert len(set(people)) == len(people) == size
        assert set(people) <= at_hand(start)
        # Whoever was chosen and can go still goes.
        assert set(chosen) & at_hand(start) <= set(people)
        assert not set(people) <= set(chosen)
    groups = [frozenset(people) for people, _ in found]
    assert len(set(groups)) == len(groups)
    nearest = next((start for start in (job.start, *starts) if len(at_hand(start)) >= size), None)
    if found:
        assert {start for _, start in found} == {nearest}
    elif nearest is not None:
        assert set(chosen) <= at_hand(next(s for s in (job.start, *starts) if len(at_hand(s)) >= size))


def test_half_past_midnight_is_offered_to_whoever_asks_for_the_evening_before() -> None:
    late = period(CALENDAR.at(DAY, time(22)), CALENDAR.at(DAY, time(2)))
    busy = Job(1, CALENDAR.at(DAY, time(22)), CALENDAR.at(DAY, time(0, 15)))
    evenings = Evenings(CALENDAR, TRAVEL, {1: [(DAY, late)]}, {1: [busy]}, frozenset({1}), {1: "Ana O'Hara"})
    asked = Job(0, CALENDAR.at(DAY, time(23)), CALENDAR.at(DAY, time(23)) + HOUR)
    found = together(evenings, asked, [1], list(steps_around(asked.start, EVENING, OPENS)))
    assert [CALENDAR.clock_label(start, DAY) for start in found] == ["Tue 00:15", "Tue 00:30"]
