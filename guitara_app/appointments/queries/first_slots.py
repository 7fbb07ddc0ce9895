"""The first slots in which those who are to go are free, and somebody to bring them, over the next four weeks.

Everything is read once, in a few statements, and searched in memory. Whether somebody is free is asked of the same
timeline as everywhere, whether a driver is left of the same function that warns when there is none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.alternatives import look_up
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.drivers import Trip
from guitara_app.appointments.queries.earliest_driver import Fleet, fleets, way_there
from guitara_app.appointments.queries.fields import Standing
from guitara_app.appointments.queries.preview import services_for, wanted_by
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import needs_car, plan
from guitara_app.appointments.slots import Drivers, Evenings, Opening, Search, openings
from guitara_app.appointments.timeline import Job
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.errors import Invalid
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

WEEKS = 4
_AT_ONCE = (3, 6, 12)
"""Evenings are looked at in parts: up to so many from the first, each time a few more, then the rest."""


class SlotQuestion(BaseModel):
    """Which slots are looked for: with the same people or anybody, between which clock times, in which evenings.

    From ``evening`` to ``last`` (None: four weeks), without ``not_evenings``.
    """

    model_config = ConfigDict(extra="forbid")

    who: Literal["same", "any"] = "same"
    evening: date | None = None
    last: date | None = None
    not_evenings: tuple[date, ...] = ()
    earliest: time | None = None
    latest: time | None = None


class FirstSlot(NamedTuple):
    """A slot in words and in fields.

    ``starts`` are the quarter hours in a row at which it can start, ``driver`` who is free to drive to the first, if
    one is needed, ``new`` those who are not on the visit now.
    """

    evening: date
    starts: tuple[datetime, ...]
    label: str
    until: str
    people: tuple[int, ...]
    names: tuple[str, ...]
    new: tuple[str, ...]
    driver: str


class FoundSlots(NamedTuple):
    """The slots in order; when there are none, ``nothing`` says what stands in the way."""

    slots: list[FirstSlot]
    nothing: str = ""


def first_slots(
    session: Session,
    draft: BookingRequest,
    question: SlotQuestion,
    *,
    now: datetime,
    visit: Standing | None = None,
    at_most: int = 8,
    held: Mapping[int, Sequence[Job]] | None = None,
) -> FoundSlots:
    """The first slots for what ``draft`` asks, its own evening and start apart.

    Args:
        session: a reading session.
        draft: the visit as it is to be; who of it must go is said by the question.
        question: what else matters.
        now: the present moment; nothing earlier is found.
        visit: the visit that is moved, whose own time does not stand in its way.
        at_most: how many.
        held: jobs of people that are promised and not booked; they are in the way too.

    Raises:
        Invalid: no services are chosen, or the question cannot be; ``field`` says where.
    """
    firm = firm_settings(session)
    calendar = firm.calendar
    days = _days(question, firm, now)
    services = services_for(session, draft, visit)
    # Any time will do, only not one that has passed: what matters is the length, the pause and the place.
    if not days:
        return FoundSlots([], "These evenings are over.")
    planned = plan(draft, services, firm, now=now, starts_at=now)
    wanted = wanted_by(session, draft, planned)
    same = question.who == "same" and bool(draft.people)
    chosen = tuple(draft.therapist_ids) if same else ()
    others = draft.automatic if same else max(1, draft.people)
    search = Search(
        job=wanted.job,
        chosen=chosen,
        others=others,
        first=now,
        days=days,
        earliest=question.earliest,
        latest=question.latest,
        standing=visit.starts_at if visit else None,
        liked=_liked(session, draft),
        at_most=at_most,
    )
    found: list[FirstSlot] = []
    seen = _Seen()
    # The first few evenings are mostly enough, and of a large firm four weeks are thousands of rows.
    for begin, end in pairwise((0, *(many for many in _AT_ONCE if many < len(days)), len(days))):
        part = dataclasses.replace(search, days=days[begin:end], at_most=at_most - len(found))
        evenings = _holding(_evenings(session, wanted, draft, visit, part, now=now), held or {})
        seen.add(evenings)
        duty = _duty(session, draft, part, visit, now=now)
        driving = _driving(duty, firm, wanted, car=_needs_car(draft), now=now) if duty else None
        drivers = {one.id: f"{one.name} ({one.vehicle})" for fleet in duty.values() for one in fleet.people}
        found += [_said(one, evenings, draft, drivers, calendar) for one in openings(evenings, part, driving)]
        if len(found) >= at_most:
            break
    return FoundSlots(found, "" if found else _nothing(session, search, seen, draft))


def _evenings(
    session: Session, wanted: Wanted, draft: BookingRequest, visit: Standing | None, part: Search, *, now: datetime
) -> Evenings:
    own = [seat.id for seat in visit.seats] if visit else []
    people = None if part.others else part.chosen
    return _as_booked(look_up(session, wanted, people, part.days[0], part.days[-1], now=now, but=own), draft, visit)


def _duty(
    session: Session, draft: BookingRequest, part: Search, visit: Standing | None, *, now: datetime
) -> dict[date, Fleet]:
    if not draft.driver_needed:
        return {}
    return fleets(session, part.days[0], part.days[-1], now=now, instead_of=visit.id if visit else 0)


def _needs_car(draft: BookingRequest) -> bool:
    return needs_car(draft.driver_needed, draft.car_needed, max(1, draft.people))


class _Seen:
    """Who was on shift at all, and who gives what is wanted."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.giving: set[int] = set()

    def add(self, evenings: Evenings) -> None:
        self.names |= evenings.names
        self.giving |= evenings.giving


def _days(question: SlotQuestion, firm: FirmSettings, now: datetime) -> tuple[date, ...]:
    calendar = firm.calendar
    tonight = calendar.business_date(now)
    first = max(tonight, question.evening or tonight)
    last = tonight + timedelta(days=firm.book_ahead_days)
    if first > last:
        raise Invalid(f"Bookings are taken {firm.book_ahead_days} days ahead at most.", field="evening")
    if question.earliest is not None and question.latest is not None:
        begin, end = calendar.at(first, question.earliest), calendar.at(first, question.latest)
        if end < begin:
            raise Invalid("The latest start must be after the earliest.", field="latest")
    ahead = min(last, first + timedelta(days=7 * WEEKS - 1), question.last or last)
    days = (first + timedelta(days=number) for number in range((ahead - first).days + 1))
    return tuple(day for day in days if day not in question.not_evenings)


def _holding(evenings: Evenings, held: Mapping[int, Sequence[Job]]) -> Evenings:
    if not held:
        return evenings
    jobs = {person: [*theirs, *held.get(person, ())] for person, theirs in evenings.jobs.items()}
    return dataclasses.replace(evenings, jobs=jobs)


@dataclasses.dataclass(frozen=True, slots=True)
class _Driving:
    """The drivers of an evening, asked for the way to the visit."""

    fleet: Fleet
    trip: Callable[[datetime], Trip]

    def is_left(self, start: datetime) -> bool:
        trip = self.trip(start)
        return trip.end <= start and self.fleet.is_left_for(trip)

    def best(self, start: datetime) -> int:
        found = self.fleet.best_for(self.trip(start))
        return found.id if found else 0


def _driving(
    duty: dict[date, Fleet], firm: FirmSettings, wanted: Wanted, *, car: bool, now: datetime
) -> Callable[[date], Drivers]:
    def trip(start: datetime) -> Trip:
        return way_there(firm, start, car=car, place=wanted.place, now=now)

    return lambda day: _Driving(duty[day], trip)


def _as_booked(evenings: Evenings, draft: BookingRequest, visit: Standing | None) -> Evenings:
    """Whoever was booked for services they do not give, with a reason, may go on giving them."""
    if visit is None or set(draft.service_ids) - set(visit.fields.service_ids):
        return evenings
    excused = {seat.person_id for seat in visit.seats if seat.override_reason} & set(evenings.names)
    return dataclasses.replace(evenings, giving=evenings.giving | excused)


def _liked(session: Session, draft: BookingRequest) -> frozenset[int]:
    """Who comes first of those who could go: who is to go already, and the client's favourite."""
    favourite = session.execute(
        text("SELECT preferred_therapist_id FROM clients WHERE id = :id"), {"id": draft.client_id}
    ).scalar()
    return frozenset((*draft.therapist_ids, *([favourite] if favourite else ())))


def _said(
    one: Opening, evenings: Evenings, draft: BookingRequest, drivers: dict[int, str], calendar: Calendar
) -> FirstSlot:
    return FirstSlot(
        evening=one.evening,
        starts=one.starts,
        label=calendar.night_label(one.starts[0], one.evening),
        until=calendar.clock_label(one.starts[-1], one.evening) if len(one.starts) > 1 else "",
        people=one.people,
        names=tuple(evenings.names[person] for person in one.people),
        new=tuple(evenings.names[person] for person in one.people if person not in draft.therapist_ids),
        driver=drivers.get(one.driver, ""),
    )


def _nothing(session: Session, search: Search, seen: _Seen, draft: BookingRequest) -> str:
    """Why there may be no slot, in a sentence that says what to try."""
    gone = sorted(set(search.chosen) - set(seen.names))
    if gone:
        names = session.execute(text("SELECT name FROM people WHERE id = ANY(:ids) ORDER BY name"), {"ids": gone})
        return f"Not on shift in these weeks: {', '.join(names.scalars())}. Ask for anybody instead."
    cannot = [seen.names[one] for one in search.chosen if one not in seen.giving]
    if cannot:
        return f"Does not give these services: {', '.join(cannot)}. Ask for anybody instead."
    whom = "a driver with a car" if _needs_car(draft) else "a driver"
    with_driver = f" while {whom} is left" if draft.driver_needed else ""
    return (
        f"No slot in these {WEEKS} weeks is free for them{with_driver}. Try other hours, anybody, or a later evening."
    )
