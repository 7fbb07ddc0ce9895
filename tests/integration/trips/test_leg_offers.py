"""Looking for a driver: who is asked, what an answer does, the desk's own choice, and stepping back."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.queries import detail
from guitara_app.appointments.queries.drivers import takeable_trips
from guitara_app.appointments.services import (
    accept_leg,
    cancel,
    choose_driver,
    decline_leg,
    hand_out,
    lapse_leg_offer,
    offer_leg,
    search_again,
    search_driver,
    start_journey,
    step_back,
)
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, NotPossible
from tests.integration.trips.conftest import Road
from tests.support.firm import NOW, manila


def lapse(road: Road, leg: int, now: Any) -> None:
    run(lambda session: lapse_leg_offer(session, leg, now=now))


def handed_out(road: Road, leg: int, now: Any = NOW) -> bool:
    return run(lambda session: hand_out(session, leg, now=now))


def test_the_best_driver_is_asked_and_their_time_is_taken(road: Road) -> None:
    leg = road.searched(0)
    row = road.leg(leg)
    assert (row.state, row.driver_id, row.search_number) == ("offered", road.firm.drivers[0], 1)
    assert (row.planned_start, row.taken_from, row.taken_until) == (manila(20, 25), manila(20, 25), manila(21))
    [offer] = road.rows("SELECT answer, offered_at, due_at FROM leg_offers")
    assert (offer.answer, offer.offered_at, offer.due_at) == ("open", NOW, NOW + timedelta(minutes=10))
    assert road.kinds(leg) == ["driver_searched", "driver_asked"]
    assert road.visit(leg).state == "therapist_confirmed"


def test_a_late_search_counts_from_now(road: Road) -> None:
    leg = road.trip(0)
    road.do(search_driver, SYSTEM, leg, now=manila(20, 40))
    assert road.leg(leg).taken_from == manila(20, 40)


def test_a_yes_confirms_the_visit_and_is_given_once(road: Road) -> None:
    leg = road.searched(0)
    road.refused(NotFound, accept_leg, road.driver(1), leg)
    road.refused(NotAllowed, accept_leg, road.firm.therapist(), leg)
    for _ in range(2):
        road.do(accept_leg, road.driver(0), leg, idempotency_key="tap")
    assert (road.leg(leg).state, road.visit(leg).state) == ("accepted", "driver_confirmed")
    assert road.offers(leg) == [(0, "accepted")]
    assert road.kinds(leg).count("driver_accepted") == 1
    road.refused(NotPossible, accept_leg, road.driver(0), leg)


def test_the_desk_answers_for_a_driver_only_with_a_reason(road: Road) -> None:
    leg = road.searched(0)
    assert "Say why" in road.refused(Invalid, decline_leg, road.firm.operator, leg).sentence
    road.do(decline_leg, road.firm.operator, leg, reason="his phone is dead, says O'Neil")
    with reading() as session:
        shown = detail(session, road.visit(leg).id, now=NOW)
    assert shown is not None
    told = next(entry for entry in shown["history"] if entry["what"].startswith("Driver declined"))
    assert (told["who"], told["reason"]) == ("Ana O'Hara for Driver 0", "his phone is dead, says O'Neil")


def test_a_no_asks_the_next_and_when_all_have_been_asked_the_trip_waits(road: Road) -> None:
    leg = road.searched(0)
    road.do(decline_leg, road.driver(0), leg, reason="engine light")
    assert road.offers(leg) == [(0, "declined"), (1, "open")]
    assert road.leg(leg).driver_id == road.firm.drivers[1]
    road.do(decline_leg, road.driver(1), leg)
    row = road.leg(leg)
    assert (row.state, row.driver_id, row.occupied) == ("searching", None, None)
    assert not handed_out(road, leg)
    assert road.offers(leg) == [(0, "declined"), (1, "declined")]
    # Both are free for anything else.
    assert road.leg(road.searched(1)).state == "offered"


def test_no_answer_in_time_asks_the_next(road: Road) -> None:
    leg = road.searched(0)
    lapse(road, leg, NOW + timedelta(minutes=9))
    assert road.offers(leg) == [(0, "open")]
    for _ in range(2):
        lapse(road, leg, NOW + timedelta(minutes=10))
    assert road.offers(leg) == [(0, "lapsed"), (1, "open")]
    road.do(accept_leg, road.driver(1), leg, now=NOW + timedelta(minutes=12))
    lapse(road, leg, NOW + timedelta(minutes=30))
    assert road.leg(leg).state == "accepted"


def test_whoever_is_asked_days_ahead_has_until_the_search_would_have_begun(road: Road) -> None:
    leg = road.trip(0, start=time(23))
    road.do(search_driver, road.firm.operator, leg)
    assert road.rows("SELECT due_at FROM leg_offers")[0].due_at == manila(21, 30)


def test_with_nobody_free_it_waits_and_goes_to_the_one_who_becomes_free(road: Road) -> None:
    road.sick(1)
    first, second = road.under_way(0, at=manila(20, 25)), road.trip(1)
    road.do(search_driver, SYSTEM, second, now=manila(20, 26))
    assert road.offers(second) == []
    assert not handed_out(road, second, manila(20, 26))
    assert "trip" in road.refused(NotPossible, offer_leg, SYSTEM, first).sentence
    road.do(step_back, road.driver(0), first, now=manila(20, 30), reason="flat tyre")
    assert handed_out(road, second, manila(20, 30))
    assert not handed_out(road, second, manila(20, 30))
    assert road.offers(second) == [(0, "open")]


def test_only_the_system_hands_out(road: Road) -> None:
    leg = road.trip(0)
    road.refused(NotAllowed, offer_leg, road.firm.operator, leg)
    road.refused(NotAllowed, search_driver, road.driver(0), leg)
    for number in (0, -1, 2**63, 999_999):
        road.refused(NotFound, search_driver, road.firm.operator, number)


def test_the_desk_chooses_and_nobody_needs_to_answer(road: Road) -> None:
    leg = road.searched(0)
    road.do(choose_driver, road.firm.operator, leg, driver_id=road.firm.drivers[1])
    row = road.leg(leg)
    assert (row.state, row.driver_id, row.accepted_at) == ("accepted", road.firm.drivers[1], NOW)
    assert road.offers(leg) == [(0, "withdrawn")]
    assert road.visit(leg).state == "driver_confirmed"
    # An accepted driver is replaced the same way, and is free at once.
    road.do(choose_driver, road.firm.operator, leg, driver_id=road.firm.drivers[0])
    assert road.leg(leg).driver_id == road.firm.drivers[0]
    other = road.searched(1)
    assert road.driver_index(other) == 1
    assert (
        "already"
        in road.refused(Invalid, choose_driver, road.firm.operator, leg, driver_id=road.firm.drivers[0]).sentence
    )


def test_a_choice_that_is_taken_is_refused_with_the_trip_in_the_way(road: Road) -> None:
    first, second = road.accepted(0), road.trip(1)
    error = road.refused(Conflict, choose_driver, road.firm.operator, second, driver_id=road.firm.drivers[0])
    assert isinstance(error, Conflict)
    assert [overlap.appointment_id for overlap in error.overlaps] == [road.visit(first).id]
    assert "Mrs D'Souza" in error.sentence
    assert error.field == "driver_id"
    assert road.leg(second).state == "planned"


def test_a_choice_must_fit(road: Road) -> None:
    road.motorcycle(1)
    group = road.trip(0, 1)
    for driver in (road.firm.drivers[1], road.firm.therapists[0], 0, 2**40):
        error = road.refused(Invalid, choose_driver, road.firm.operator, group, driver_id=driver)
        assert error.field == "driver_id"
    road.sick(0)
    chosen = {"driver_id": road.firm.drivers[0]}
    assert road.refused(Invalid, choose_driver, road.firm.operator, group, **chosen).field == "off_shift_reason"
    road.do(choose_driver, road.firm.operator, group, off_shift_reason="came in for us", **chosen)
    assert (road.leg(group).state, road.leg(group).reason) == ("accepted", "came in for us")
    road.refused(NotAllowed, choose_driver, road.driver(0), group, **chosen)


def test_stepping_back_needs_a_reason_and_asks_somebody_else(road: Road) -> None:
    leg = road.accepted(0)
    assert road.refused(Invalid, step_back, road.driver(0), leg).field == "reason"
    road.do(step_back, road.driver(0), leg, reason="not well")
    row = road.leg(leg)
    assert (row.state, row.driver_id, row.urgent, row.search_number) == ("offered", road.firm.drivers[1], False, 2)
    assert road.visit(leg).state == "therapist_confirmed"
    # Who stepped back is not asked in this search.
    road.do(decline_leg, road.driver(1), leg)
    assert road.leg(leg).state == "searching"
    assert road.kinds(leg)[-2:] == ["driver_asked", "driver_declined"]


def test_a_breakdown_under_way_is_urgent_and_another_car_takes_over(road: Road) -> None:
    leg = road.under_way(0, 1, at=manila(20, 25))
    road.do(step_back, road.driver(0), leg, now=manila(20, 40), reason="clutch")
    row = road.leg(leg)
    assert (row.state, row.urgent, row.departed_at, row.taken_from) == ("offered", True, None, manila(20, 40))
    assert road.progress(leg) == ["in_transit", "in_transit"]
    assert road.visit(leg).state == "in_transit"
    road.do(accept_leg, road.driver(1), leg, now=manila(20, 41))
    road.do(start_journey, road.driver(1), leg, now=manila(20, 50))
    assert road.leg(leg).departed_at == manila(20, 50)
    assert road.progress(leg) == ["in_transit", "in_transit"]
    [seat, _] = road.rows("SELECT departed_at FROM assignments")
    assert seat.departed_at == manila(20, 25)


def test_when_everybody_declined_the_desk_may_ask_once_more(road: Road) -> None:
    leg = road.searched(0)
    road.refused(NotPossible, search_again, road.firm.operator, leg)
    for index in (0, 1):
        road.do(decline_leg, road.driver(index), leg)
    assert (road.leg(leg).state, handed_out(road, leg)) == ("searching", False)
    road.refused(NotAllowed, search_again, road.driver(0), leg)
    road.refused(NotAllowed, search_again, SYSTEM, leg)
    road.do(search_again, road.firm.operator, leg, idempotency_key="tap")
    road.do(search_again, road.firm.operator, leg, idempotency_key="tap")
    assert (road.leg(leg).state, road.leg(leg).search_number) == ("offered", 2)
    assert road.offers(leg) == [(0, "declined"), (1, "declined"), (0, "open")]
    assert road.kinds(leg)[-2:] == ["driver_searched_again", "driver_asked"]


def test_with_nobody_free_a_new_search_waits_for_whoever_is_next(road: Road) -> None:
    leg = road.searched(0)
    for index in (0, 1):
        road.do(decline_leg, road.driver(index), leg)
    road.sick(0, 1)
    road.do(search_again, road.firm.operator, leg)
    assert (road.leg(leg).state, road.leg(leg).search_number) == ("searching", 2)


@pytest.mark.parametrize("urgent_first", [True, False])
def test_urgent_trips_go_first_then_the_oldest(road: Road, urgent_first: bool) -> None:
    older, newer = road.trip(0), road.trip(1, start=time(21, 30))
    road.write("UPDATE legs SET state = 'searching'")
    road.write("UPDATE legs SET urgent = :u WHERE id = :l", u=urgent_first, l=newer)
    expected = [newer, older] if urgent_first else [older, newer]
    assert run(lambda session: takeable_trips(session, now=NOW)) == expected


def test_a_trip_that_another_holds_is_left_to_them(road: Road) -> None:
    held, free = road.trip(0), road.trip(1, start=time(21, 30))
    road.write("UPDATE legs SET state = 'searching'")
    with transaction() as session:
        session.execute(text("SELECT 1 FROM legs WHERE id = :l FOR UPDATE"), {"l": held})
        assert run(lambda other: takeable_trips(other, now=NOW)) == [free]
    assert run(lambda session: takeable_trips(session, now=NOW)) == [held, free]


def test_stock_and_money_have_nothing_to_do_with_trips(road: Road) -> None:
    counted = "SELECT (SELECT count(*) FROM stock_movements) AS moved, (SELECT count(*) FROM payments) AS paid"
    before = road.rows(counted)
    leg = road.under_way(0, at=manila(20, 25))
    road.do(step_back, road.driver(0), leg, now=manila(20, 40), reason="clutch")
    assert road.rows(counted) == before
    assert road.visit(leg).price == 500


def test_a_cancelled_visit_is_driven_by_nobody(road: Road) -> None:
    leg = road.searched(0)
    road.do(cancel, road.firm.operator, road.visit(leg).id, reason="client called")
    assert road.offers(leg) == [(0, "withdrawn")]
    road.refused(NotPossible, accept_leg, road.driver(0), leg)
    road.refused(NotPossible, choose_driver, road.firm.operator, leg, driver_id=road.firm.drivers[1])
    assert road.driver_index(road.searched(1)) == 0
