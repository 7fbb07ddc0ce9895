"""One person's jobs along the clock: what each takes of their time, and where one runs into the next.

Pure. ``occupied`` is ``[start, end + turnaround)``; the turnaround is the pause after the job and the way to the
person's next known job. Only one side is widened, so nothing counts twice. What is laid out is never refused: where a
job would reach into the next it stops there, and says by how many minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guitara_app.kit.time import Period, minutes_between, period
from guitara_app.travel.estimate import Place, TravelTimes

# However late or early things are, a live job takes up some time: the constraint compares only what is there.
_LEAST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Job:
    """One live job: when it is expected now, and where it begins and ends (None when that is not known)."""

    id: int
    start: datetime
    end: datetime
    buffer_minutes: int = 0
    origin: Place | None = None
    destination: Place | None = None
    begun: bool = False

    @property
    def until(self) -> datetime:
        """When the pause after it is over."""
        return self.end + timedelta(minutes=self.buffer_minutes) if self.buffer_minutes else self.end


@dataclass(frozen=True, slots=True)
class Slot:
    """What a job takes: its range, the minutes after its end, and by how many minutes it runs into the next job."""

    job: Job
    occupied: Period
    turnaround_minutes: int
    next_job: Job | None
    short_minutes: int


def lay_out(jobs: Iterable[Job], travel: TravelTimes) -> list[Slot]:
    """Every job of one person with its time, earliest first. The ranges never overlap and are never empty."""
    ordered = sorted(jobs, key=lambda job: (job.start, not job.begun, job.id))
    starts: list[datetime] = []
    for job in ordered:
        starts.append(max(job.start, starts[-1] + _LEAST) if starts else job.start)
    return [_slot(ordered, starts, index, travel) for index in range(len(ordered))]


def in_the_way(new: Job, jobs: Sequence[Job], travel: TravelTimes) -> list[tuple[Job, int]]:
    """The jobs for which ``new`` cannot be added: those it overlaps, and those too near to get there or away in time.

    With each the minutes that are missing; empty when the person is free.
    """
    return sorted(_obstacles(new, jobs, travel), key=lambda pair: (pair[0].start, pair[0].id))


def fits_in(new: Job, jobs: Sequence[Job], travel: TravelTimes) -> bool:
    """Whether nothing is in its way, looked at no further than to the first that is.

    This is asked for everybody and every quarter hour when a slot is looked for.
    """
    return next(_obstacles(new, jobs, travel), None) is None


def _obstacles(new: Job, jobs: Sequence[Job], travel: TravelTimes) -> Iterator[tuple[Job, int]]:
    begins, until = new.start, new.until
    before: Job | None = None
    after: Job | None = None
    overlapped: set[int] = set()
    for job in jobs:
        start, end = job.start, job.until
        if start < until and begins < end:
            overlapped.add(job.id)
            yield job, minutes_between(max(start, begins), min(end, until))
        if start <= begins:
            if before is None or (start, job.id) > (before.start, before.id):
                before = job
        elif after is None or (start, job.id) < (after.start, after.id):
            after = job
    if before is not None and before.id not in overlapped:
        ready = before.end + timedelta(minutes=turnaround(before, new, travel))
        if begins < ready:
            yield before, minutes_between(begins, ready)
    if after is not None and after.id not in overlapped:
        ready = new.end + timedelta(minutes=turnaround(new, after, travel))
        if after.start < ready:
            yield after, minutes_between(after.start, ready)


def turnaround(job: Job, following: Job | None, travel: TravelTimes) -> int:
    """The minutes after ``job`` before the person can begin ``following``: its pause and the way there.

    A trip whose beginning is not known counts the way to it in its own estimate, so it adds nothing here.
    """
    if following is None or job.destination is None or following.origin is None:
        return job.buffer_minutes
    return job.buffer_minutes + travel.minutes(job.destination, following.origin, job.end)


def _slot(ordered: list[Job], starts: list[datetime], index: int, travel: TravelTimes) -> Slot:
    job, start = ordered[index], starts[index]
    following = ordered[index + 1] if index + 1 < len(ordered) else None
    minutes = turnaround(job, following, travel)
    wanted = max(job.end + timedelta(minutes=minutes), start + _LEAST)
    end = wanted if following is None else min(wanted, starts[index + 1])
    # Measured to when the next is due, not to where it had to give way.
    short = 0 if following is None else minutes_between(following.start, wanted)
    return Slot(job, period(start, end), minutes, following, short)
