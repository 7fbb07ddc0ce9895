"""Which slot goes to whom on the waiting list: the longest waiting first, and nobody's time is promised twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from guitara_app.appointments.slots import Evenings, Opening, Search, openings
from guitara_app.appointments.timeline import Job
from guitara_app.appointments.wishing import Held, Waiting, best, hand_out
from guitara_app.kit.time import Calendar, period
from guitara_app.travel.estimate import Estimate, Place

CALENDAR = Calendar(ZoneInfo("Asia/Manila"), time(6), time(13), time(1))
DAY = date(2026, 11, 27)
OPENS = CALENDAR.at(DAY, time(13))
HOUR = timedelta(hours=1)
HERE = Place(1, 1)


def firm(people: int, hours: int) -> Evenings:
    """So many therapists on shift for so many hours, with nothing to do."""
    shift = period(OPENS, OPENS + hours * HOUR)
    everybody = range(1, people + 1)
    return Evenings(
        CALENDAR,
        Estimate(15, 35, CALENDAR.zone),
        {one: [(DAY, shift)] for one in everybody},
        {one: [] for one in everybody},
        frozenset(everybody),
        {one: f"Person {one}" for one in everybody},
    )


@st.composite
def lists(draw: st.DrawFn) -> tuple[Evenings, dict[int, Search], list[Waiting]]:
    evenings = firm(draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    searches: dict[int, Search] = {}
    waits: list[Waiting] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        length = timedelta(minutes=draw(st.sampled_from((30, 60, 90))))
        searches[number] = Search(
            job=Job(0, OPENS, OPENS + length, 0, HERE, HERE),
            chosen=(),
            others=draw(st.integers(1, 2)),
            first=OPENS + timedelta(minutes=draw(st.integers(0, 120))),
            days=(DAY,),
            latest=draw(st.sampled_from((None, time(14, 30)))),
            at_most=20,
        )
        since = OPENS - timedelta(minutes=draw(st.integers(0, 3)))
        waits.append(Waiting(number, since, draw(st.sampled_from((0, 1, 2)))))
    return evenings, searches, waits


def looking(evenings: Evenings, search: Search, held: Held) -> list[Opening]:
    jobs = {person: [*theirs, *held.get(person, ())] for person, theirs in evenings.jobs.items()}
    return openings(replace(evenings, jobs=jobs), search)


@settings(deadline=None, max_examples=100)
@given(lists())
def test_nobody_is_promised_twice_and_whoever_waits_longest_gets_what_they_would_alone(
    case: tuple[Evenings, dict[int, Search], list[Waiting]],
) -> None:
    evenings, searches, waits = case

    def job_at(number: int, start: datetime) -> Job:
        return searches[number].at(start)

    found = hand_out(waits, lambda number, held: looking(evenings, searches[number], held), job_at, {})
    assert len({one.wish_id for one in found}) == len(found)
    taken: dict[int, list[Job]] = {}
    for one in found:
        job = job_at(one.wish_id, one.starts_at)
        assert one.starts_at >= searches[one.wish_id].first
        for person in one.people:
            assert all(job.end <= other.start or other.end <= job.start for other in taken.setdefault(person, []))
            taken[person].append(job)
    first = min(waits, key=lambda one: (one.since, one.id))
    alone = best(looking(evenings, searches[first.id], {}), first.prefers)
    assert [one for one in found if one.wish_id == first.id] == (
        [] if alone is None else [(first.id, alone.starts[0], alone.people)]
    )
    # Whoever got nothing could not have had anything beside what the others hold.
    for one in waits:
        if one.id not in {match.wish_id for match in found}:
            assert looking(evenings, searches[one.id], taken) == []


def slot(minutes: int, *people: int) -> Opening:
    return Opening(DAY, (OPENS + timedelta(minutes=minutes),), people, 0)


def test_a_later_slot_with_the_one_they_like_is_better_than_an_earlier_without() -> None:
    slots: Sequence[Opening] = [slot(0, 1), slot(60, 2, 3), slot(90, 2)]
    assert best(slots, 2) == slots[1]
    assert best(slots, 9) == slots[0]
    assert best(slots, 0) == slots[0]
    assert best([], 1) is None
