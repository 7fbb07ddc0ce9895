"""What the desk reads of the road: the queue, who drives, what waits, and who is still out."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from guitara_app.appointments.queries.road import road as on_the_road
from guitara_app.appointments.queries.still_out import out_after_closing
from guitara_app.appointments.road_views import OutRow
from guitara_app.appointments.road_views import Road as Shown
from guitara_app.appointments.services import (
    accept,
    arrive,
    ask_pickup,
    cancel,
    choose_driver,
    collect,
    decline_leg,
    drop_off,
    end_session,
    finish,
    got_home,
    search_again,
    start_journey,
    start_session,
)
from guitara_app.availability.services import check_in, check_out
from guitara_app.kit.database import reading, run
from tests.integration.trips.conftest import Road
from tests.support.firm import NOW, manila


def shown(now: datetime = NOW) -> Shown:
    with reading() as session:
        return on_the_road(session, now=now)


def names(lines: list[Any]) -> list[str]:
    return [line["name"] for line in lines]


def out(now: datetime) -> dict[str, OutRow]:
    return {row["name"]: row for row in shown(now)["out"]}


def seat(road: Road, leg: int) -> int:
    found = road.rows("SELECT assignment_id AS id FROM leg_passengers WHERE leg_id = :l", l=leg)
    return int(found[0].id)


def worked(road: Road, *, at: datetime) -> int:
    """A driven visit whose session ended; the number of its only place."""
    place = seat(road, road.dropped_off(0, at=manila(20, 30)))
    road.do(start_session, road.firm.therapist(), place, now=manila(21))
    road.do(end_session, road.firm.therapist(), place, now=at)
    return place


def test_a_calm_evening(road: Road) -> None:
    run(lambda session: check_in(session, road.driver(1), road.firm.drivers[1], now=manila(12, 50)))
    found = shown()
    assert names(found["queue"]) == ["Driver 1", "Driver 0"]
    assert [line["place"] for line in found["queue"]] == [1, 2]
    assert [line["why"] for line in found["queue"]] == [
        "no trip yet tonight, came 12:50",
        "no trip yet tonight, shift began 13:00",
    ]
    assert (found["busy"], found["offers"], found["off"], found["trips"], found["out"]) == ([], [], [], [], [])


def test_who_is_asked_who_drives_and_what_comes_next(road: Road) -> None:
    first = road.under_way(0, start=time(20, 40))
    road.accepted(1, start=time(23))
    road.searched(2, start=time(21, 30))
    found = shown()
    assert names(found["busy"]) == [f"Driver {road.driver_index(first)}"]
    [busy] = found["busy"]
    assert (busy["what"], busy["status"]) == ("Therapist 0 to Pasig for 20:40", "driving")
    [asked] = found["offers"]
    assert (asked["what"], asked["due_at"]) == (
        "Therapist 2 to Pasig for 21:30",
        (NOW + timedelta(minutes=10)).isoformat(),
    )
    then = [line["then"] for line in (*found["busy"], *found["offers"], *found["queue"]) if line["then"]]
    assert then == ["then at 22:25: Therapist 1 to Pasig for 23:00"]


def test_off_shift_says_who_comes_and_who_has_gone(road: Road) -> None:
    for service in (check_in, check_out):
        run(lambda session, do=service: do(session, road.driver(0), road.firm.drivers[0], now=NOW))
    road.write(
        "UPDATE shifts SET period = tstzrange(:a, :b) WHERE person_id = :d",
        a=manila(22),
        b=manila(25),
        d=road.firm.drivers[1],
    )
    found = shown()
    assert [(line["name"], line["why"]) for line in found["off"]] == [
        ("Driver 1", "comes at 22:00"),
        ("Driver 0", "has gone home"),
    ]
    assert found["queue"] == []
    road.sick(1)
    assert [line["why"] for line in shown()["off"]] == ["has gone home", "not tonight"]


def test_trips_wait_urgent_first_and_say_who_was_asked(road: Road) -> None:
    there = road.searched(1)
    for index in (0, 1):
        road.do(decline_leg, road.driver(index), there)
    [trip] = shown()["trips"]
    assert (trip["leg_id"], trip["search"], trip["outbound"]) == (there, "search_again", True)
    assert trip["asked"] == "Asked so far: Driver 0 (declined), Driver 1 (declined)"
    road.do(search_again, road.firm.operator, there)
    assert shown()["trips"] == []


def test_a_planned_trip_waits_from_when_it_is_searched(road: Road) -> None:
    leg = road.trip(0, start=time(22))
    assert shown(manila(20, 29))["trips"] == []
    [trip] = shown(manila(20, 31))["trips"]
    assert (trip["leg_id"], trip["search"], trip["late"]) == (leg, "search_driver", False)


def test_whoever_left_is_out_until_they_are_back(road: Road) -> None:
    leg = road.accepted(0)
    assert out(NOW) == {}
    place, driver = seat(road, leg), road.driver(road.driver_index(leg))
    for step in (start_journey, arrive, drop_off):
        road.do(step, driver, leg, now=manila(20, 30))
    row = out(manila(20, 31))["Therapist 0"]
    assert (row["state"], row["trip"], row["can_ask"], row["can_home"]) == ("dropped off", "", False, False)
    road.do(start_session, road.firm.therapist(), place, now=manila(21))
    road.do(end_session, road.firm.therapist(), place, now=manila(24, 20))
    row = out(manila(24, 40))["Therapist 0"]
    assert (row["state"], row["trip"], row["can_ask"], row["can_home"]) == ("done", "no car asked for", True, True)
    assert row["where"] == "Mrs D'Souza, 1 Main Street, Pasig"
    assert row["since"] == manila(24, 20).isoformat()
    road.do(ask_pickup, road.firm.therapist(), place, now=manila(24, 40))
    row = out(manila(24, 41))["Therapist 0"]
    assert (row["trip"], row["can_ask"]) == ("a car is looked for since Tue 00:40", False)
    road.do(
        choose_driver,
        road.firm.operator,
        row["leg_id"],
        driver_id=road.firm.drivers[1],
        off_shift_reason="last one",
        now=manila(24, 42),
    )
    assert out(manila(24, 43))["Therapist 0"]["trip"] == "Driver 1 comes from Tue 00:42"
    road.do(collect, road.driver(1), row["leg_id"], now=manila(24, 50))
    row_riding = out(manila(24, 51))["Therapist 0"]
    assert (row_riding["state"], row_riding["leg_id"], row_riding["can_home"]) == ("on the way back", 0, False)
    road.do(finish, road.driver(1), row["leg_id"], now=manila(25, 10))
    assert out(manila(25, 11)) == {}


def test_past_six_the_evening_before_is_not_forgotten(road: Road) -> None:
    place = worked(road, at=manila(24, 20))
    for at, after_closing in ((manila(24, 40), False), (manila(25, 30), True), (manila(31), True), (manila(38), False)):
        assert list(out(at)) == ["Therapist 0"], at
        with reading() as session:
            assert bool(out_after_closing(session, now=at)) is after_closing
    road.do(got_home, road.firm.therapist(), place, now=manila(31))
    assert out(manila(31)) == {}


def test_whoever_came_alone_is_out_while_at_work(road: Road) -> None:
    visit = road.firm.book(0, driver_needed=False)
    [place] = road.rows("SELECT id FROM assignments WHERE appointment_id = :v", v=visit)
    road.do(accept, road.firm.therapist(), place.id)
    road.do(start_session, road.firm.therapist(), place.id, now=manila(21))
    assert list(out(manila(21, 1))) == ["Therapist 0"]
    road.do(end_session, road.firm.therapist(), place.id, now=manila(22))
    assert out(manila(22, 1)) == {}
    road.do(ask_pickup, road.firm.therapist(), place.id, now=manila(22, 5))
    assert list(out(manila(22, 6))) == ["Therapist 0"]


def test_a_visit_that_ended_on_the_road_leaves_them_out(road: Road) -> None:
    leg = road.under_way(0, at=manila(20, 25))
    road.do(cancel, road.firm.operator, road.visit(leg).id, reason="client's ill", now=manila(20, 35))
    row = out(manila(20, 36))["Therapist 0"]
    assert (row["state"], row["trip"]) == ("on the way back", "Driver 0 is bringing them back")
