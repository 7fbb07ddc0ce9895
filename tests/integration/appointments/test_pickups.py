"""Asking to be collected: one trip, however often it is asked for, and together when that makes sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import ask_pickup, choose_driver, collect, end_session, got_home
from guitara_app.kit.database import transaction
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from tests.support.firm import Firm, manila
from tests.support.steps import awaiting, refused, running, seat_of, seat_row_of, take

Rows = Callable[..., list[Any]]


def backs(rows: Rows, visit: int) -> list[Any]:
    return rows(
        "SELECT l.*, (SELECT count(*) FROM leg_passengers p WHERE p.leg_id = l.id) AS riders FROM legs l"
        " WHERE from_appointment_id = :visit ORDER BY id",
        visit=visit,
    )


def test_a_trip_home_is_looked_for(firm: Firm, rows: Rows) -> None:
    visit = awaiting(firm, 0)
    take(ask_pickup, firm.therapist(), seat_of(firm, visit), now=manila(24, 30))
    [back] = backs(rows, visit)
    assert (back.state, back.urgent, back.driver_id, back.wanted_at) == ("searching", False, None, manila(24, 30))
    assert (str(back.business_date), back.riders, back.vehicle_needed) == ("2026-11-23", 1, "any")
    assert seat_row_of(firm, visit).pickup_asked_at == manila(24, 30)


def test_not_before_the_own_session_has_ended(firm: Firm) -> None:
    visit = running(firm, 0, 1)
    refused(NotPossible, ask_pickup, firm.therapist(0), seat_of(firm, visit, 0))
    refused(NotFound, ask_pickup, firm.therapist(1), seat_of(firm, visit, 0))
    take(end_session, firm.therapist(0), seat_of(firm, visit, 0), now=manila(22))
    refused(Invalid, ask_pickup, firm.operator, seat_of(firm, visit, 0), now=manila(22))
    take(ask_pickup, firm.operator, seat_of(firm, visit, 0), now=manila(22), reason="phone's dead")


def test_asking_again_makes_no_second_trip_but_may_make_it_urgent(firm: Firm, rows: Rows) -> None:
    visit = awaiting(firm, 0)
    seat = seat_of(firm, visit)
    for minute, urgent in ((5, False), (6, False), (9, True), (10, True), (11, False)):
        take(ask_pickup, firm.therapist(), seat, urgent=urgent, now=manila(22, minute))
    [back] = backs(rows, visit)
    assert (back.urgent, back.wanted_at, back.riders) == (True, manila(22, 5), 1)
    assert seat_row_of(firm, visit).pickup_urgent
    assert len(rows("SELECT 1 FROM events WHERE kind = 'pickup_asked'")) == 2


def test_what_was_asked_for_already_is_answered_and_kept_like_any_other(firm: Firm, rows: Rows) -> None:
    visit = awaiting(firm, 0)
    seat = seat_of(firm, visit)
    for key in ("first tap", "second tap"):
        take(ask_pickup, firm.therapist(), seat, now=manila(22, 5), idempotency_key=key)
    kept = rows("SELECT key, result_id FROM idempotency_keys WHERE key LIKE '% tap' ORDER BY key")
    assert [tuple(row) for row in kept] == [("first tap", seat), ("second tap", seat)]


def test_a_group_goes_home_in_one_car_while_none_has_been_found(firm: Firm, rows: Rows) -> None:
    visit = awaiting(firm, 0, 1, 2)
    take(ask_pickup, firm.therapist(0), seat_of(firm, visit, 0), now=manila(22, 5))
    take(ask_pickup, firm.therapist(1), seat_of(firm, visit, 1), urgent=True, now=manila(22, 7))
    [back] = backs(rows, visit)
    assert (back.riders, back.vehicle_needed, back.urgent) == (2, "car", True)
    with transaction() as session:
        session.execute(
            text(
                "UPDATE legs SET state = 'accepted', driver_id = :driver, planned_start = :at,"
                " occupied = tstzrange(:at, :until) WHERE id = :id"
            ),
            {"driver": firm.drivers[0], "at": manila(22, 8), "until": manila(23), "id": back.id},
        )
    take(ask_pickup, firm.therapist(2), seat_of(firm, visit, 2), now=manila(22, 10))
    assert [(one.state, one.riders) for one in backs(rows, visit)] == [("accepted", 2), ("searching", 1)]


def test_who_has_been_brought_back_asks_in_vain(firm: Firm, rows: Rows) -> None:
    visit = awaiting(firm, 0)
    take(ask_pickup, firm.therapist(), seat_of(firm, visit), now=manila(22, 5))
    with transaction() as session:
        session.execute(text("UPDATE legs SET state = 'done', finished_at = :at"), {"at": manila(23)})
    said = refused(NotPossible, ask_pickup, firm.therapist(), seat_of(firm, visit), now=manila(23, 5))
    assert "brought back" in said
    assert len(backs(rows, visit)) == 1


def driver(firm: Firm, index: int = 0) -> Actor:
    return Actor(firm.drivers[index], Role.DRIVER, f"Driver {index}")


def test_whoever_got_home_alone_need_not_be_fetched(firm: Firm, rows: Rows) -> None:
    visit = awaiting(firm, 0)
    seat = seat_of(firm, visit)
    take(ask_pickup, firm.therapist(), seat, now=manila(24, 30))
    [back] = backs(rows, visit)
    take(
        choose_driver,
        firm.operator,
        back.id,
        driver_id=firm.drivers[0],
        off_shift_reason="last one",
        now=manila(24, 35),
    )
    refused(Invalid, got_home, firm.operator, seat, now=manila(24, 40))
    refused(Invalid, got_home, firm.therapist(), seat, now=manila(24, 40), happened_at=manila(21, 30))
    take(got_home, firm.therapist(), seat, now=manila(24, 40))
    [back] = backs(rows, visit)
    assert (back.state, back.occupied.isempty) == ("cancelled", True)
    assert seat_row_of(firm, visit).home_at == manila(24, 40)
    [told] = rows("SELECT topics FROM events WHERE kind = 'got_home'")
    assert f"person:{firm.drivers[0]}" in told.topics
    assert "at home" in refused(NotPossible, ask_pickup, firm.therapist(), seat, now=manila(24, 41))
    assert "at home" in refused(NotPossible, got_home, firm.operator, seat, now=manila(24, 41), reason="called")


def test_the_others_are_still_fetched(firm: Firm, rows: Rows) -> None:
    visit = awaiting(firm, 0, 1)
    for one in (0, 1):
        take(ask_pickup, firm.therapist(one), seat_of(firm, visit, one), now=manila(22, 5))
    take(got_home, firm.operator, seat_of(firm, visit, 0), now=manila(22, 10), reason="Her brother's car")
    [back] = backs(rows, visit)
    assert (back.state, back.riders, back.vehicle_needed) == ("searching", 1, "any")
    take(choose_driver, firm.operator, back.id, driver_id=firm.drivers[0], now=manila(22, 12))
    take(collect, driver(firm), back.id, now=manila(22, 20))
    said = refused(NotPossible, got_home, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22, 30))
    assert "End that trip" in said


def test_nobody_is_at_home_while_at_work(firm: Firm) -> None:
    visit = running(firm, 0)
    refused(NotPossible, got_home, firm.therapist(), seat_of(firm, visit), now=manila(21, 30))
    refused(NotFound, got_home, firm.therapist(1), seat_of(firm, visit), now=manila(21, 30))
    take(end_session, firm.therapist(), seat_of(firm, visit), now=manila(22))
    take(got_home, firm.therapist(), seat_of(firm, visit), now=manila(22, 40))
