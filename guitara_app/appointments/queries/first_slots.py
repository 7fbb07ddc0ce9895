"""The first slots in which those who are to go are free, and somebody to bring them, over the next four weeks.

Everything is read once, in a few statements, and searched in memory. Whether somebody is free is asked of the same
timeline as everywhere, whether a driver is left of the same function that warns when there is none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.alternatives import look_up
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.earliest_driver import Fleet, fleets, way_there
from guitara_app.appointments.queries.fields import Standing
from guitara_app.appointments.queries.preview import services_for, wanted_by
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import needs_car, plan
from guitara_app.appointments.slots import Evenings, Opening, Search, WhoDrives, openings
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.errors import Invalid
from guitara_app.kit.time import Calendar

WEEKS = 4


class SlotQuestion(BaseModel):
    """Which slots are looked for: with the same people or anybody, from which evening on, between which clock times."""

    model_config = ConfigDict(extra="forbid")

    who: Literal["same", "any"] = "same"
    evening: date | None = None
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
) -> FoundSlots:
    """The first slots for what ``draft`` asks, its own evening and start apart.

    Args:
        session: a reading session.
        draft: the visit as it is to be; who of it must go is said by the question.
        question: what else matters.
        now: the present moment; nothing earlier is found.
        visit: the visit that is moved, whose own time does not stand in its way.
        at_most: how many.

    Raises:
        Invalid: no services are chosen, or the question cannot be; ``field`` says where.
    """
    firm = firm_settings(session)
    calendar = firm.calendar
    days = _days(question, firm, now)
    services = services_for(session, draft, visit)
    # Any time will do, only not one that has passed: what matters is the length, the pause and the place.
    planned = plan(draft, services, firm, now=now, starts_at=now)
    wanted = wanted_by(session, draft, planned)
    own = [seat.id for seat in visit.seats] if visit else []
    same = question.who == "same" and bool(draft.people)
    chosen = tuple(draft.therapist_ids) if same else ()
    others = draft.automatic if same else max(1, draft.people)
    pool = None if others else chosen
    evenings = look_up(session, wanted, pool, days[0], days[-1], now=now, but=own)
    evenings = _as_booked(evenings, draft, visit)
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
    if not draft.driver_needed:
        found, drivers, whom = openings(evenings, search), dict[int, str](), ""
    else:
        car = needs_car(draft.driver_needed, draft.car_needed, max(1, draft.people))
        duty = fleets(session, days[0], days[-1], now=now, instead_of=visit.id if visit else 0)
        found = openings(evenings, search, _driving(duty, firm, wanted, car=car, now=now))
        drivers = {one.id: f"{one.name} ({one.vehicle})" for fleet in duty.values() for one in fleet.people}
        whom = "driver with a car" if car else "driver"
    if not found:
        return FoundSlots([], _nothing(session, search, evenings, whom))
    return FoundSlots([_said(one, evenings, draft, drivers, calendar) for one in found])


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
    ahead = min(last, first + timedelta(days=7 * WEEKS - 1))
    return tuple(first + timedelta(days=number) for number in range((ahead - first).days + 1))


def _driving(
    duty: dict[date, Fleet], firm: FirmSettings, wanted: Wanted, *, car: bool, now: datetime
) -> Callable[[date], WhoDrives]:
    def of(day: date) -> WhoDrives:
        fleet = duty[day]

        def who(start: datetime) -> int:
            trip = way_there(firm, start, car=car, place=wanted.place, now=now)
            left = fleet.free_for(trip) if trip.end <= start else []
            return left[0].id if left else 0

        return who

    return of


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


def _nothing(session: Session, search: Search, evenings: Evenings, whom: str) -> str:
    """Why there may be no slot, in a sentence that says what to try."""
    gone = sorted(set(search.chosen) - set(evenings.names))
    if gone:
        names = session.execute(text("SELECT name FROM people WHERE id = ANY(:ids) ORDER BY name"), {"ids": gone})
        return f"Not on shift in these weeks: {', '.join(names.scalars())}. Ask for anybody instead."
    cannot = [evenings.names[one] for one in search.chosen if one not in evenings.giving]
    if cannot:
        return f"Does not give these services: {', '.join(cannot)}. Ask for anybody instead."
    with_driver = f" while a {whom} is left" if whom else ""
    return (
        f"No slot in these {WEEKS} weeks is free for them{with_driver}. Try other hours, anybody, or a later evening."
    )
