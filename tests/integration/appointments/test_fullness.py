"""How full the evenings are: what the booking form would find, for many times at once."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from guitara_app.appointments.queries.drivers import Trip, driver_candidates
from guitara_app.appointments.queries.fullness import Level, Slot, level_of, slots, words_of
from guitara_app.appointments.queries.preview import preview
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import book
from guitara_app.kit.database import engine, reading, run
from guitara_app.travel.estimate import SOMEWHERE
from tests.support.firm import EVENING, NOW, Firm, manila


def of_evening(day: date = EVENING, days: int = 1) -> list[Slot]:
    with reading() as session:
        return slots(session, day, days, now=NOW)


def at(found: list[Slot], wall: str) -> Slot:
    return next(slot for slot in found if slot["starts"] <= wall < slot["ends"])


def test_it_finds_whom_the_booking_form_finds(firm: Firm) -> None:
    firm.book(0, start=time(21))
    firm.book(1, 2, start=time(22, 30), driver_needed=True)
    found = of_evening()
    for hour, minute in ((20, 0), (20, 30), (21, 30), (22, 0), (22, 30), (23, 30), (24, 0), (24, 30)):
        start = manila(hour, minute)
        draft = BookingRequest(service_ids=[firm.service], evening=EVENING, start=time(hour % 24, minute))
        with reading() as session:
            free = sum(one.free for one in preview(session, draft, now=NOW).candidates)
            trip = Trip(0, start - timedelta(minutes=35), 35, needs_car=False, destination=SOMEWHERE)
            drivers = sum(one.free for one in driver_candidates(session, trip, now=NOW))
        slot = at(found, f"{EVENING + timedelta(days=hour // 24)}T{hour % 24:02}:{minute:02}")
        assert slot["therapists"] == free, (hour, minute)
        # The trip to the group is nobody's yet, and somebody will have to drive it.
        waiting = 1 if free and manila(21, 30) < start < manila(23, 5) else 0
        assert slot["drivers"] == (max(0, drivers - waiting) if free else 0), (hour, minute)


def test_full_few_and_nobody_are_said_in_words(firm: Firm) -> None:
    for person in range(4):
        firm.book(person, start=time(21))
    found = of_evening()
    assert at(found, "2026-11-23T21:00")["words"] == "full"
    assert at(found, "2026-11-23T23:30")["words"] == "free: 4 therapists, 2 drivers"
    # Whoever must be home by one cannot begin at half past midnight.
    assert at(found, "2026-11-24T00:30")["words"] == "nobody on shift"
    assert found[0]["starts"] == "2026-11-23T20:00"
    assert found[-1]["ends"] == "2026-11-24T06:00"
    assert [one["starts"] for one in found[1:]] == [one["ends"] for one in found[:-1]]


@pytest.mark.parametrize(
    ("therapists", "on_shift", "drivers", "level"),
    [
        (0, 0, 0, Level.NOBODY),
        (0, 1, 2, Level.FULL),
        (1, 1, 1, Level.FREE),
        (1, 28, 7, Level.LIMITED),
        (5, 28, 0, Level.LIMITED),
        (3, 28, 1, Level.FREE),
    ],
)
def test_what_so_many_free_ones_mean(therapists: int, on_shift: int, drivers: int, level: Level) -> None:
    assert level_of(therapists, on_shift, drivers) is level
    assert str(level) in words_of(level, therapists, drivers)


def test_a_week_takes_no_more_statements_than_its_evenings_have_drivers(firm: Firm) -> None:
    def statements() -> int:
        said: list[str] = []

        def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            said.append(statement)

        event.listen(engine(), "before_cursor_execute", hear)
        try:
            of_evening(days=7)
        finally:
            event.remove(engine(), "before_cursor_execute", hear)
        return len(said)

    before = statements()
    for person in range(4):
        for hour in (20, 22):
            request = firm.request(person, start=time(hour, 30), driver_needed=True)
            run(lambda session, request=request: book(session, firm.operator, request, now=NOW))
    assert statements() == before
