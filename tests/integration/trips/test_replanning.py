"""When a visit changes, so does the trip to it: who had it is asked anew when they still can, else somebody else is."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import accept_leg, change, choose_driver
from tests.integration.trips.conftest import Road
from tests.support.firm import NOW, manila


def changed(road: Road, leg: int, **fields: Any) -> None:
    request = ChangeRequest(**fields)
    road.do(change, road.firm.operator, road.visit(leg).id, request=request, reason="client asked")


@pytest.mark.parametrize("answered", [True, False])
def test_a_driver_who_is_still_free_is_asked_anew(road: Road, answered: bool) -> None:
    leg = road.accepted(0) if answered else road.searched(0)
    changed(road, leg, start=time(21, 30))
    row = road.leg(leg)
    assert (row.state, row.driver_id, row.accepted_at) == ("offered", road.firm.drivers[0], None)
    assert (row.wanted_at, row.taken_from) == (manila(20, 55), manila(20, 55))
    assert road.offers(leg) == [(0, "accepted" if answered else "withdrawn"), (0, "open")]
    assert road.rows("SELECT due_at FROM leg_offers ORDER BY id DESC")[0].due_at == NOW + timedelta(minutes=10)
    topics = road.rows("SELECT topics FROM events WHERE kind = 'appointment_changed'")[0].topics
    assert f"person:{road.firm.drivers[0]}" in topics
    road.do(accept_leg, road.driver(0), leg)


def test_a_driver_who_is_taken_then_is_free_and_the_trip_is_planned_again(road: Road) -> None:
    leg, other = road.accepted(0), road.trip(1, start=time(22))
    road.do(choose_driver, road.firm.operator, other, driver_id=road.firm.drivers[0])
    changed(road, leg, start=time(22))
    row = road.leg(leg)
    assert (row.state, row.driver_id, row.occupied, row.wanted_at) == ("planned", None, None, manila(21, 25))
    assert road.leg(other).state == "accepted"
    # Their old time is free.
    third = road.trip(2, start=time(21))
    road.do(choose_driver, road.firm.operator, third, driver_id=road.firm.drivers[0])


def test_a_motorcycle_does_not_take_a_visit_that_needs_a_car_now(road: Road) -> None:
    road.motorcycle(0)
    leg = road.accepted(0)
    changed(road, leg, car_needed=True)
    assert (road.leg(leg).state, road.leg(leg).vehicle_needed) == ("planned", "car")


def test_another_place_at_the_same_time_is_another_trip(road: Road) -> None:
    leg = road.accepted(0)
    changed(road, leg, address_line="9 O'Brien Street", locality_id=road.firm.locality)
    assert road.leg(leg).state == "offered"
    assert road.leg(leg).search_number == 2


def test_what_does_not_concern_the_driver_asks_nobody(road: Road) -> None:
    leg = road.accepted(0)
    changed(road, leg, notes="gate code 12", price=450)
    assert (road.leg(leg).state, road.offers(leg)) == ("accepted", [(0, "accepted")])


def test_a_car_under_way_stays_under_way(road: Road) -> None:
    leg = road.under_way(0)
    changed(road, leg, start=time(21, 15))
    assert road.leg(leg).state == "under_way"


def test_without_a_driver_the_trip_is_called_off(road: Road) -> None:
    leg = road.accepted(0)
    changed(road, leg, driver_needed=False)
    assert road.leg(leg).state == "cancelled"
    assert road.driver_index(road.searched(1)) == 0
