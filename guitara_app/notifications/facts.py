"""What the rules are given of an event: who was concerned, and how things stood when it was told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from guitara_app.kit.time import Calendar

SOON = timedelta(hours=3)
"""A visit that begins within this time leaves nobody the leisure to read their notifications later."""

_A_WEEK = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Seat:
    """A therapist's place. ``goes``: the place is live; ``worked``: the session was held."""

    id: int
    person_id: int
    goes: bool
    worked: bool
    unanswered: bool
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Trip:
    """A trip and its driver, if one has it. ``runs``: somebody is asked for it, has it or drives it."""

    id: int
    driver_id: int | None
    runs: bool
    unanswered: bool
    due_at: datetime | None
    starts_at: datetime
    there: bool
    urgent: bool
    riders: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit. ``client`` is for the desk alone: what others are told stays when they have no more business there."""

    id: int
    state: str
    starts_at: datetime
    day: date
    what: str
    client: str
    town: str
    seats: tuple[Seat, ...]
    trips: tuple[Trip, ...]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with everything that decides who is told, and in which words. ``at`` is when they are told."""

    kind: str
    at: datetime
    calendar: Calendar
    data: dict[str, Any] = field(default_factory=dict)
    actor_id: int | None = None
    on_behalf_of: int | None = None
    person_id: int | None = None
    visit: Visit | None = None
    seat: Seat | None = None
    trip: Trip | None = None
    names: dict[int, str] = field(default_factory=dict)
    desk: frozenset[int] = frozenset()
    admins: frozenset[int] = frozenset()
    item: str = ""
    client: str = ""
    """Whom it is about where there is no visit yet; for the desk alone."""

    def name(self, person_id: int | None) -> str:
        """``Ana C.``"""
        return self.names.get(person_id or 0, "Somebody")

    @property
    def who(self) -> str:
        """Whom it is about."""
        return self.name(self.person_id if self.seat is None else self.seat.person_id)

    @property
    def driver(self) -> str:
        """Who drives the trip, or was to; whoever was asked next may have it by now."""
        return self.name(self.person_id if self.trip is None or self.person_id else self.trip.driver_id)

    @property
    def soon(self) -> bool:
        """The visit begins so soon that it cannot wait."""
        return self.visit is not None and self.visit.starts_at - self.at < SOON

    @property
    def asked(self) -> list[int]:
        """Who was asked for a place by it."""
        return list(self.data.get("asked", ()))

    @property
    def let_go(self) -> list[int]:
        """Whose place or trip was taken away by it."""
        return list(self.data.get("let_go", ()))

    def is_therapist(self, person_id: int) -> bool:
        """They have, or had, a place in the visit."""
        return self.visit is not None and any(seat.person_id == person_id for seat in self.visit.seats)

    def seat_of(self, person_id: int) -> Seat | None:
        """Their newest place in the visit."""
        own = [seat for seat in self.visit.seats if seat.person_id == person_id] if self.visit else []
        return own[-1] if own else None

    def when(self, at: datetime, day: date | None = None) -> str:
        """``at`` in words, as it is said in the evening it is told."""
        return evening_words(self.calendar, at, day, now=self.at)


def evening_words(calendar: Calendar, at: datetime, day: date | None = None, *, now: datetime) -> str:
    """``Fri 21:30``, ``Fri night, 00:30``; with the date when the evening is not within a week of ``now``."""
    evening = day or calendar.business_date(at)
    local = calendar.local(at)
    near = abs(evening - calendar.business_date(now)) <= _A_WEEK
    named = f"{evening:%a}" if near else f"{evening:%a} {evening.day} {evening:%b}"
    return f"{named} {local:%H:%M}" if local.date() == evening else f"{named} night, {local:%H:%M}"
