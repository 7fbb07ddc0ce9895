"""The layout of somebody's jobs against a clock that is walked minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from guitara_app.appointments.timeline import Job, Slot, fits_in, in_the_way, lay_out, turnaround
from guitara_app.travel.estimate import Place
from tests.support.minute_grid import Stay, minute, walked

# 23:00 in Manila: most of what is drawn lies around midnight.
ZERO = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
PLACES = [None, *(Place(number, zone) for number, zone in enumerate((1, 1, 2, 2), start=1))]


class Table:
    """Minutes between two places, as somebody looked them up."""

    def minutes(self, origin: Place | None, destination: Place | None, _at: datetime) -> int:
        if origin is None or destination is None:
            return 35
        if origin.address_id == destination.address_id:
            return 0
        return 15 if origin.zone_id == destination.zone_id else 35


TRAVEL = Table()


def stay(job: Job) -> Stay:
    """The job as the walk along the clock knows it."""
    where = (None if place is None else (place.address_id, place.zone_id) for place in (job.origin, job.destination))
    return Stay(job.id, minute(job.start, ZERO), minute(job.end, ZERO), job.buffer_minutes, *where, job.begun)


@st.composite
def jobs(draw: st.DrawFn, most: int = 7) -> list[Job]:
    many = draw(st.integers(0, most))
    made = []
    for number in range(1, many + 1):
        start = draw(st.integers(0, 600))
        place, other = draw(st.sampled_from(PLACES)), draw(st.sampled_from(PLACES))
        made.append(
            Job(
                id=number,
                start=ZERO + timedelta(minutes=start),
                end=ZERO + timedelta(minutes=start + draw(st.integers(1, 180))),
                buffer_minutes=draw(st.sampled_from((0, 0, 10, 45))),
                origin=place,
                destination=draw(st.sampled_from((place, other))),
                begun=draw(st.booleans()),
            )
        )
    return made


def minutes_of(slots: list[Slot]) -> dict[int, int]:
    owner: dict[int, int] = {}
    for slot in slots:
        assert slot.occupied.lower is not None and slot.occupied.upper is not None
        assert slot.occupied.lower < slot.occupied.upper
        for now in range(minute(slot.occupied.lower, ZERO), minute(slot.occupied.upper, ZERO)):
            assert now not in owner, "two jobs at once"
            owner[now] = slot.job.id
    return owner


@given(jobs())
@example([Job(1, ZERO, ZERO + timedelta(minutes=60)), Job(2, ZERO, ZERO + timedelta(minutes=60), begun=True)])
def test_every_minute_belongs_to_whom_the_clock_says(made: list[Job]) -> None:
    assert minutes_of(lay_out(made, TRAVEL)) == walked([stay(job) for job in made])


@given(jobs())
def test_a_clash_says_how_far_a_job_runs_into_the_next(made: list[Job]) -> None:
    slots = lay_out(made, TRAVEL)
    for slot, following in pairwise(slots):
        reaches = minute(slot.job.end, ZERO) + turnaround(slot.job, following.job, TRAVEL)
        assert slot.next_job is following.job
        assert slot.short_minutes >= max(0, reaches - minute(following.job.start, ZERO))
        # Only where it had to give way to one due in the same minute is it more.
        assert slot.short_minutes <= max(0, reaches - minute(following.job.start, ZERO), len(made))
    assert all(slot.short_minutes == 0 for slot in slots[-1:])


@given(jobs(), jobs(most=1).filter(bool))
def test_somebody_is_free_when_nothing_has_to_give_way(made: list[Job], drawn: list[Job]) -> None:
    new = Job(99, drawn[0].start, drawn[0].end, drawn[0].buffer_minutes, drawn[0].origin, drawn[0].destination)
    kept: list[Job] = []
    for job in sorted(made, key=lambda one: one.id):
        # A plan that was booked like this: nobody was ever in the way of anybody.
        if not in_the_way(job, kept, TRAVEL):
            kept.append(job)
    assert all(slot.short_minutes == 0 for slot in lay_out(kept, TRAVEL))
    blocked = in_the_way(new, kept, TRAVEL)
    assert fits_in(new, kept, TRAVEL) == (not blocked)
    together = lay_out([*kept, new], TRAVEL)
    clashes = [slot for slot in together if slot.short_minutes]
    assert bool(blocked) == bool(clashes)
    if clashes:
        around = {id_ for slot in clashes if slot.next_job for id_ in (slot.job.id, slot.next_job.id)}
        assert 99 in around
        assert {job.id for job, _ in blocked} >= around - {99}
    assert all(missing > 0 for _, missing in blocked)


@given(jobs(), st.data())
def test_taking_a_job_away_is_always_possible(made: list[Job], data: st.DataObject) -> None:
    if not made:
        return
    gone = data.draw(st.sampled_from(made))
    left = [job for job in made if job is not gone]
    assert minutes_of(lay_out(left, TRAVEL)) == walked([stay(job) for job in left])


def test_touching_jobs_at_one_address_leave_no_gap_and_need_none() -> None:
    home = PLACES[1]
    first = Job(1, ZERO, ZERO + timedelta(hours=1), 0, home, home)
    second = Job(2, ZERO + timedelta(hours=1), ZERO + timedelta(hours=2), 0, home, home)
    assert in_the_way(second, [first], TRAVEL) == []
    assert in_the_way(first, [second], TRAVEL) == []


def test_only_one_side_is_widened() -> None:
    near, far = PLACES[1], PLACES[3]
    first = Job(1, ZERO, ZERO + timedelta(hours=1), 10, near, near)
    for gap, free in ((44, False), (45, True)):
        start = ZERO + timedelta(minutes=60 + gap)
        second = Job(2, start, start + timedelta(hours=1), 0, far, far)
        assert (in_the_way(second, [first], TRAVEL) == []) is free
