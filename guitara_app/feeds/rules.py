"""What a calendar is told: which entries, under which number of their change, and the text of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vDuration, vText

CANCELLED_FOR = timedelta(days=14)
"""How long a job that is gone is told as cancelled; whoever has not asked by then keeps it in their calendar."""
PAST_FOR = timedelta(days=30)
"""How long jobs that are over are told of."""

_ASK_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class FeedJob:
    """A job as it is: ``key`` is such as ``place-12``; ``where`` is empty or as much of a place as its holder needs."""

    key: str
    title: str
    where: str
    about: str
    starts_at: datetime
    ends_at: datetime
    sure: bool

    @property
    def mark(self) -> str:
        """Another one when anything that is told has changed."""
        said = (self.title, self.where, self.about, self.starts_at.timestamp(), self.ends_at.timestamp(), self.sure)
        return hashlib.sha256(repr(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Told:
    """A job as calendars were last told of it."""

    key: str
    uid: str
    sequence: int
    mark: str
    title: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    cancelled_at: datetime | None = None


def reconcile(
    known: Mapping[str, Told], jobs: Iterable[FeedJob], *, now: datetime, new_uid: Callable[[], str]
) -> dict[str, Told]:
    """What calendars are to be told now, by job; what is not in it may be forgotten.

    A job keeps its uid for ever. Its sequence grows by one with each change that can be seen, with being cancelled and
    with coming back, and with nothing else.
    """
    told: dict[str, Told] = {}
    for job in jobs:
        before = known.get(job.key)
        if before is None:
            told[job.key] = Told(job.key, new_uid(), 0, job.mark, job.title, job.starts_at, job.ends_at, changed_at=now)
        elif before.mark == job.mark and before.cancelled_at is None:
            told[job.key] = before
        else:
            told[job.key] = replace(
                before,
                sequence=before.sequence + 1,
                mark=job.mark,
                title=job.title,
                starts_at=job.starts_at,
                ends_at=job.ends_at,
                changed_at=now,
                cancelled_at=None,
            )
    for key, before in known.items():
        if key in told:
            continue
        if before.cancelled_at is None and before.ends_at > now - PAST_FOR:
            told[key] = replace(before, sequence=before.sequence + 1, changed_at=now, cancelled_at=now)
        elif before.cancelled_at is not None and before.cancelled_at > now - CANCELLED_FOR:
            told[key] = before
    return told


def calendar_text(name: str, told: Iterable[Told], jobs: Mapping[str, FeedJob]) -> bytes:
    """The calendar as RFC 5545, in UTC: the same bytes as long as nothing is told anew."""
    calendar = Calendar()
    calendar.add("prodid", "-//Guitara//Own jobs//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", vDuration(_ASK_EVERY), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(_ASK_EVERY))
    for entry in sorted(told, key=lambda one: (one.starts_at, one.uid)):
        calendar.add_component(_event(entry, None if entry.cancelled_at else jobs[entry.key]))
    return bytes(calendar.to_ical())


def _event(entry: Told, job: FeedJob | None) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("last-modified", entry.changed_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("class", "PRIVATE")
    if job is None:
        event.add("summary", f"Cancelled: {entry.title}")
        event.add("status", "CANCELLED")
        event.add("transp", "TRANSPARENT")
        return event
    event.add("summary", job.title)
    if job.where:
        event.add("location", vText(job.where))
    if job.about:
        event.add("description", vText(job.about))
    event.add("status", "CONFIRMED" if job.sure else "TENTATIVE")
    return event
