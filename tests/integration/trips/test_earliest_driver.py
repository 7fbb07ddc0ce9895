"""What the desk is told before it promises a client a time that no driver can keep."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from guitara_app.appointments.queries import preview
from guitara_app.appointments.queries.candidates import Wanted
from guitara_app.appointments.queries.earliest_driver import no_driver_warning
from guitara_app.kit.database import reading
from tests.integration.trips.conftest import Road
from tests.support.firm import EVENING, NOW, manila


def warned(road: Road, *therapists: int, now: datetime = NOW, **more: Any) -> list[str]:
    request = road.firm.request(*therapists, **({"driver_needed": True, "client_id": None} | more))
    with reading() as session:
        return preview(session, request, now=now).warnings


def test_nothing_is_said_while_somebody_is_left(road: Road) -> None:
    road.trip(0)
    assert warned(road, 1) == []


def test_trips_that_still_need_a_driver_count(road: Road) -> None:
    road.trip(0)
    road.trip(1)
    assert warned(road, 2) == ["No driver before 21:35."]
    assert warned(road, 2, start=time(21, 35)) == []
    assert warned(road, 2, driver_needed=False) == []


def test_and_so_do_those_that_have_one(road: Road) -> None:
    road.accepted(0)
    road.trip(1)
    assert warned(road, 2, start=time(20, 45)) == ["No driver before 21:35."]


def test_past_midnight_the_day_is_named(road: Road) -> None:
    road.sick(1)
    road.trip(0, start=time(0, 5), off_shift_reason="regular")
    assert warned(road, 1, start=time(0)) == ["No driver before Tue 00:40."]
    # The next one would end after the only shift.
    road.trip(2, start=time(0, 45), off_shift_reason="regular")
    assert warned(road, 1, start=time(0)) == ["No driver is on shift and free for this time that evening."]


def test_a_car_is_asked_for_where_one_is_needed(road: Road) -> None:
    road.motorcycle(0)
    road.trip(0, 1)
    assert warned(road, 2) == []
    assert warned(road, 2, 3) == ["No driver with a car before 21:35."]


def test_a_visit_that_starts_sooner_than_anybody_can_be_there(road: Road) -> None:
    start = (NOW + timedelta(hours=8, minutes=10)).time()
    assert warned(road, 0, start=start) == ["No driver before 20:35."]


@pytest.mark.parametrize("hour", [13, 14])
def test_before_the_first_shift(road: Road, hour: int) -> None:
    said = warned(road, 0, start=time(hour), now=manila(9), off_shift_reason="early bird")
    assert said == (["No driver before 13:35."] if hour == 13 else [])


def test_a_visit_that_is_changed_does_not_stand_in_its_own_way(road: Road) -> None:
    road.sick(1)
    leg = road.accepted(0)
    visit = road.visit(leg).id
    wanted = Wanted(EVENING, manila(21, 10), manila(22, 10))
    with reading() as session:
        assert no_driver_warning(session, wanted, car=False, now=NOW, instead_of=visit) == []
        assert no_driver_warning(session, wanted, car=False, now=NOW) == ["No driver before 21:35."]
