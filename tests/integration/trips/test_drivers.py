"""Which driver is free for a trip, who is best, and why: one answer for everybody who asks."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from guitara_app.appointments.models import Leg
from guitara_app.appointments.queries.candidates import Candidate
from guitara_app.appointments.queries.drivers import driver_candidates, takeable_trips, trip_of
from guitara_app.appointments.queries.queue import drivers_at_present, queue_places
from guitara_app.appointments.services import accept_leg, arrive, drop_off, hand_out, start_journey
from guitara_app.appointments.services.asking import free_to_ask
from guitara_app.kit.database import reading, run
from tests.integration.trips.conftest import Road
from tests.support.firm import EVENING, NOW, manila


def found(road: Road, leg: int, now: Any = NOW) -> list[Candidate]:
    with reading() as session:
        return driver_candidates(session, trip_of(session, leg, now=now), now=now)


def names(candidates: list[Candidate]) -> list[str]:
    return [candidate.name for candidate in candidates if candidate.free]


def test_the_longest_free_is_best_and_the_reason_says_so(road: Road) -> None:
    first = road.dropped_off(0, start=time(20, 35))
    assert road.driver_index(first) == 0
    [best, second] = found(road, road.trip(1, start=time(22)))
    assert (best.name, best.reason) == ("Driver 1", "car, no trip yet tonight, free 8 h 25 before")
    assert (second.name, second.reason) == ("Driver 0", "car, 1 trip tonight, free 1 h 25 before")


def test_whoever_has_not_driven_counts_from_their_check_in(road: Road) -> None:
    road.write(
        "INSERT INTO check_ins (person_id, business_date, in_at) VALUES (:id, :day, :at)",
        id=road.firm.drivers[0],
        day=EVENING,
        at=manila(15),
    )
    leg = road.trip(0)
    assert names(found(road, leg)) == ["Driver 1", "Driver 0"]
    road.write("UPDATE check_ins SET out_at = :at", at=manila(19))
    gone = found(road, leg)[-1]
    assert (gone.free, gone.reason) == (False, "has checked out")


def test_a_group_needs_a_car_and_one_alone_does_not(road: Road) -> None:
    road.motorcycle(0)
    assert names(found(road, road.trip(0))) == ["Driver 0", "Driver 1"]
    group = found(road, road.trip(1, 2, start=time(23)))
    assert names(group) == ["Driver 1"]
    assert group[-1].reason == "drives a motorcycle, this trip needs a car"


@pytest.mark.parametrize(("start", "free"), [(time(0, 30), True), (time(1), True), (time(1, 5), False)])
def test_the_whole_trip_lies_inside_the_shift_past_midnight_too(road: Road, start: time, free: bool) -> None:
    candidates = found(road, road.trip(0, start=start, off_shift_reason="regular client"))
    assert {candidate.free for candidate in candidates} == {free}
    if not free:
        assert candidates[0].reason == "on shift 13:00 to 01:00 only"


def test_hours_that_touch_are_one_shift(road: Road) -> None:
    road.write("UPDATE shifts SET period = tstzrange(lower(period), :at, '[)')", at=manila(20, 40))
    for person in road.firm.drivers:
        road.write(
            "INSERT INTO shifts (person_id, business_date, period, source, version)"
            " VALUES (:id, :day, tstzrange(:a, :b, '[)'), 'by_hand', 1)",
            id=person,
            day=EVENING,
            a=manila(20, 40),
            b=manila(23),
        )
    assert names(found(road, road.trip(0, off_shift_reason="as agreed"))) == ["Driver 0", "Driver 1"]


def test_a_trip_in_the_way_is_named(road: Road) -> None:
    road.accepted(0)
    taken = found(road, road.trip(1))[-1]
    assert not taken.free
    assert "Mrs D'Souza" in taken.reason
    assert taken.conflicts[0].starts_at == manila(20, 25)


def test_a_way_back_counts_from_now_and_is_not_given_to_who_has_a_trip_inside_it(road: Road) -> None:
    road.accepted(0, start=time(20, 50))
    home = road.trip(1, start=time(23))
    road.write(
        "UPDATE legs SET from_appointment_id = to_appointment_id, to_appointment_id = NULL WHERE id = :l", l=home
    )
    with reading() as session:
        trip = trip_of(session, home, now=NOW)
    assert (trip.start, trip.end) == (NOW, NOW + timedelta(minutes=35))
    assert names(found(road, home)) == ["Driver 1"]


def test_the_queue_has_the_longest_free_first_and_nobody_off_shift(road: Road) -> None:
    leg = road.searched(0, start=time(20, 35))

    def present(now: Any = NOW) -> list[tuple[str, str]]:
        with reading() as session:
            return [(one.on.name, one.status) for one in drivers_at_present(session, now=now) if one.here]

    assert present() == [("Driver 1", "free"), ("Driver 0", "offered")]
    with reading() as session:
        asked = drivers_at_present(session, now=NOW)[1].asked
    assert asked is not None
    assert asked.due_at == NOW + timedelta(minutes=10)
    road.write("UPDATE legs SET state = 'done', finished_at = :now WHERE id = :l", l=leg, now=NOW)
    assert present() == [("Driver 1", "free"), ("Driver 0", "free")]
    assert present(manila(25, 30)) == []


def places(road: Road, now: Any = NOW) -> list[str]:
    """What each driver reads of their place."""
    with reading() as session:
        found = queue_places(session, now=now)
    return [found[str(one)]["words"] if str(one) in found else "" for one in road.firm.drivers]


def test_whoever_is_free_knows_their_place(road: Road) -> None:
    assert places(road) == ["1st in the queue", "2nd in the queue"]
    leg = road.searched(0, start=time(20, 35))
    assert places(road) == ["", "1st in the queue"]
    road.do(accept_leg, road.driver(0), leg)
    road.do(start_journey, road.driver(0), leg)
    assert places(road) == ["", "1st in the queue"]
    for step in (arrive, drop_off):
        road.do(step, road.driver(0), leg, now=manila(20, 30))
    assert places(road, manila(20, 31)) == ["2nd in the queue", "1st in the queue"]
    assert places(road, manila(25, 30)) == ["", ""]


def test_a_trip_for_later_leaves_the_place_until_it_begins(road: Road) -> None:
    road.accepted(0, start=time(23))
    assert places(road) == ["1st in the queue", "2nd in the queue"]
    assert places(road, manila(22, 30)) == ["", "1st in the queue"]


def test_at_twenty_to_one_it_is_still_the_evening_before_that_counts(road: Road) -> None:
    """Who drove at 23:30 comes after who never drove tonight; what they did the evening before counts for nobody."""
    late = manila(24, 40)
    for person in road.firm.drivers:
        road.write(
            "UPDATE shifts SET period = tstzrange(lower(period), :until, '[)') WHERE person_id = :p",
            until=manila(27),
            p=person,
        )
    road.write(
        "INSERT INTO check_ins (person_id, business_date, in_at) VALUES (:id, :day, :at)",
        id=road.firm.drivers[1],
        day=EVENING,
        at=manila(18),
    )
    before = road.dropped_off(0, start=time(20, 35))
    driven = road.driver_index(before)
    assert driven == 0, "on shift since 13:00, so the longest free"
    road.write("UPDATE legs SET finished_at = :at WHERE id = :l", at=manila(23, 30), l=before)
    leg = road.trip(1, start=time(1, 30), now=late, off_shift_reason="regular client")
    [best, second] = found(road, leg, now=late)
    assert (best.name, best.reason) == ("Driver 1", "car, no trip yet tonight, free 6 h 55 before")
    assert (second.name, second.reason) == ("Driver 0", "car, 1 trip tonight, free 1 h 25 before")
    with reading() as session:
        queue = drivers_at_present(session, now=late)
    assert [(one.on.name, one.free_since) for one in queue] == [("Driver 1", manila(18)), ("Driver 0", manila(23, 30))]
    # The same trip, finished in the evening before, leaves its driver with their shift's start alone.
    yesterday = "UPDATE legs SET business_date = business_date - 1, finished_at = finished_at - interval '1 day'"
    road.write(f"{yesterday} WHERE id = :l", l=before)
    assert names(found(road, leg, now=late)) == ["Driver 0", "Driver 1"]
    assert found(road, leg, now=late)[0].reason == "car, no trip yet tonight, free 11 h 55 before"


def test_of_all_that_wait_those_can_be_taken_for_which_a_driver_would_be_found(road: Road) -> None:
    """Looked at together or one by one, it is the same answer, whatever stands in a driver's way."""
    road.motorcycle(0)
    legs = [road.trip(0), road.trip(1, 2, start=time(21)), road.trip(3, start=time(0, 30), off_shift_reason="regular")]
    road.write("UPDATE legs SET state = 'searching', search_number = 1")

    def taken(now: Any = NOW) -> list[int]:
        with reading() as session:
            one_by_one = [leg for leg in legs if free_to_ask(session, session.get_one(Leg, leg), now=now)]
        found = run(lambda session: takeable_trips(session, now=now))
        assert sorted(found) == sorted(one_by_one)
        return found

    assert taken() == legs
    assert run(lambda session: hand_out(session, legs[1], now=NOW))
    assert taken() == [legs[0], legs[2]]
    asked = {"leg": legs[0], "driver": road.firm.drivers[0]}
    road.write(
        "INSERT INTO leg_offers (leg_id, driver_id, search_number, answer, offered_at, due_at)"
        " VALUES (:leg, :driver, 1, 'declined', :at, :at)",
        **asked,
        at=NOW,
    )
    road.sick(1)
    assert taken() == [legs[2]]
    road.write("UPDATE legs SET search_number = 2 WHERE id = :leg", leg=legs[0])
    assert taken() == [legs[0], legs[2]]
    road.sick(0)
    assert taken() == []
