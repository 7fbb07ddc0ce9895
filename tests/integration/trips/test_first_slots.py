"""The first slots of four weeks: what they say, what booking and the warning say of each, and moving there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.appointments.queries.candidates import Wanted, candidates
from guitara_app.appointments.queries.earliest_driver import no_driver_warning
from guitara_app.appointments.queries.fields import fields_of, standing
from guitara_app.appointments.queries.first_slots import FoundSlots, SlotQuestion, first_slots
from guitara_app.appointments.requests import BookingRequest, ChangeRequest
from guitara_app.appointments.services import move
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Conflict, Invalid, NotPossible
from tests.integration.trips.conftest import Road
from tests.support.firm import EVENING, NOW, manila

TOMORROW = EVENING + timedelta(days=1)
QUARTER = timedelta(minutes=15)


def work_too(road: Road, day: date, *people: int, hours: tuple[int, int] = (13, 25)) -> None:
    """Give them a shift on another evening."""
    for person in people:
        road.write(
            "INSERT INTO shifts (person_id, business_date, period, source, version)"
            " VALUES (:who, :day, tstzrange(:a, :b), 'by_hand', 1)",
            who=person,
            day=day,
            a=manila(hours[0], day=day),
            b=manila(hours[1], day=day),
        )


def look(draft: BookingRequest, visit: int = 0, now: datetime = NOW, **question: Any) -> FoundSlots:
    with reading() as session:
        known = standing(session, visit) if visit else None
        return first_slots(session, draft, SlotQuestion(**question), now=now, visit=known)


def fields(visit: int) -> BookingRequest:
    with reading() as session:
        kept = fields_of(session, visit).model_dump()
    return BookingRequest(**(kept | {"minutes": None, "price": None}))


def wanted_at(road: Road, start: datetime) -> Wanted:
    from guitara_app.appointments.queries.jobs import place_of

    with reading() as session:
        place = place_of(session, road.firm.address)
        return Wanted(
            firm_settings(session).calendar.business_date(start),
            start,
            start + timedelta(hours=1),
            place=place,
            client_id=road.firm.client,
            service_ids=(road.firm.service,),
        )


def test_each_slot_is_what_booking_and_the_warning_call_free_and_none_is_left_out(road: Road) -> None:
    firm = road.firm
    road.motorcycle(0)
    work_too(road, TOMORROW, *firm.therapists[:2], firm.drivers[0], hours=(13, 26))
    work_too(road, TOMORROW, firm.drivers[1], hours=(20, 26))
    firm.book(0, start=time(21), client_id=firm.client)
    road.trip(2, 3, start=time(22, 30))
    road.accepted(1, start=time(0, 30), off_shift_reason="regular")
    draft = firm.request(0, 1, driver_needed=True, car_needed=True)
    found = look(draft, now=NOW)
    starts = [start for one in found.slots for start in one.starts]
    assert found.slots
    assert len(found.slots) < 8
    expected = []
    for day in (EVENING, TOMORROW):
        for number in range(48):
            start = manila(13, day=day) + number * QUARTER
            wanted = wanted_at(road, start)
            with reading() as session:
                free = {one.person_id for one in candidates(session, wanted, now=NOW) if one.free}
                everybody = start >= NOW and free.issuperset(draft.therapist_ids)
                if everybody and not no_driver_warning(session, wanted, car=True, now=NOW):
                    expected.append(start)
    assert starts == expected
    assert all(one.driver == "Driver 1 (car)" for one in found.slots)


def test_words_past_midnight_and_who_is_new(road: Road) -> None:
    firm = road.firm
    visit = firm.book(0, start=time(21))
    firm.book(1, start=time(22, 30), client_id=firm.client)
    found = look(fields(visit), visit, who="any", earliest=time(0), latest=time(0, 30))
    [slot] = found.slots
    assert (slot.label, slot.until) == ("Mon 23 Nov, night \u2192 Tue 00:00", "")
    # Who is on the visit goes first.
    assert (slot.names, slot.new, slot.driver) == (("Therapist 0",), (), "")


def test_the_same_people_of_a_visit_are_not_in_their_own_way(road: Road) -> None:
    visit = road.firm.book(0, 1, start=time(21), minutes=120)
    [slot, after] = look(fields(visit), visit).slots
    assert [slot.label, after.label] == ["Mon 23 Nov 20:00", "Mon 23 Nov 21:15"]
    assert slot.starts[-1] == manila(20, 45)
    with reading() as session:
        current = standing(session, visit).starts_at
    assert current not in (*slot.starts, *after.starts)


def test_why_there_is_none_is_said(road: Road) -> None:
    firm = road.firm
    road.write("DELETE FROM shifts WHERE person_id = :who", who=firm.therapists[1])
    assert look(firm.request(0, 1)).nothing.startswith("Not on shift in these weeks: Therapist 1.")
    road.write("UPDATE people SET vehicle = 'motorcycle' WHERE role = 'driver'")
    said = look(firm.request(0, driver_needed=True, car_needed=True))
    assert (said.slots, "while a driver with a car is left" in said.nothing) == ([], True)
    with pytest.raises(Invalid) as refused:
        look(firm.request(0), earliest=time(0, 30), latest=time(23))
    assert refused.value.field == "latest"
    # Half past midnight is later than eleven at night.
    assert look(firm.request(0), earliest=time(23), latest=time(0)).slots[0].until == "Tue 00:00"


def test_it_takes_few_statements_however_many_there_are(road: Road, statements: list[str]) -> None:
    for ahead in range(1, 28):
        work_too(road, EVENING + timedelta(days=ahead), *road.firm.therapists, *road.firm.drivers)
    road.trip(0)
    statements.clear()
    look(road.firm.request(0, 1, driver_needed=True, car_needed=True))
    # Three parts of the four weeks, each read once.
    assert len(statements) <= 30


@pytest.fixture
def statements(road: Road) -> Any:
    from sqlalchemy import event

    from guitara_app.kit.database import engine

    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    event.listen(engine(), "before_cursor_execute", hear)
    yield said
    event.remove(engine(), "before_cursor_execute", hear)


def moved(road: Road, visit: int, start: time, **more: Any) -> list[str]:
    with reading() as session:
        seen = fields_of(session, visit)
    request = ChangeRequest(start=start, seen=seen, **more)
    return run(
        lambda session: move(session, road.firm.operator, visit, request=request, reason="client asked", now=NOW)
    )


def test_moving_is_a_change_with_a_reason(road: Road) -> None:
    visit = road.firm.book(0, start=time(21), driver_needed=True)
    assert moved(road, visit, time(22)) == ["start"]
    with reading() as session:
        event = session.execute(
            text(
                "SELECT kind, reason FROM events JOIN event_details ON event_id = id WHERE appointment_id = :id"
                " ORDER BY id DESC LIMIT 1"
            ),
            {"id": visit},
        ).one()
    assert event == ("appointment_changed", "client asked")


def test_a_slot_that_was_taken_meanwhile_is_refused_by_name(road: Road) -> None:
    visit = road.firm.book(0, start=time(21))
    slot = look(fields(visit), visit, earliest=time(22)).slots[0]
    assert slot.starts[0] == manila(22)
    other = road.firm.book(0, start=time(22, 30))
    with pytest.raises(Conflict, match=rf"Therapist 0 .*#{other}"):
        moved(road, visit, time(22))


def test_a_driver_who_was_taken_meanwhile_is_missed(road: Road) -> None:
    visit = road.trip(0, start=time(21))
    number = road.rows("SELECT to_appointment_id AS id FROM legs WHERE id = :leg", leg=visit)[0].id
    road.sick(1)
    road.trip(1, start=time(22))
    with pytest.raises(NotPossible, match="taken meanwhile: No driver before 22:35"):
        moved(road, number, time(22))
    assert fields(number).start == time(21)
