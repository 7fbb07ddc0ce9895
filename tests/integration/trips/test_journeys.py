"""Driving there and back: what each tap moves, and that what really happened is never refused because of the plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest

from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.actions import DOINGS
from guitara_app.appointments.queries import detail
from guitara_app.appointments.services import (
    accept_leg,
    arrive,
    cancel,
    choose_driver,
    collect,
    drop_off,
    finish,
    release_leg,
    search_driver,
    start_journey,
    step_back,
    withdraw,
)
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible
from tests.integration.trips.conftest import Road
from tests.support.firm import NOW, manila

Service = Callable[..., Any]


def way_back(road: Road, *therapists: int, start: time = time(21)) -> int:
    """The trip home of therapists who were dropped off and then not needed."""
    there = road.dropped_off(*therapists, start=start)
    visit = road.visit(there).id
    road.do(cancel, road.firm.operator, visit, reason="client is ill")
    return int(road.rows("SELECT id FROM legs WHERE from_appointment_id = :v", v=visit)[0].id)


def test_a_group_in_one_car_moves_together(road: Road) -> None:
    leg = road.accepted(0, 1, 2)
    for step, progress in ((start_journey, "in_transit"), (arrive, "arrived"), (drop_off, "dropped_off")):
        road.do(step, road.driver(0), leg)
        assert road.progress(leg) == [progress] * 3
        assert road.visit(leg).state == progress
    assert road.kinds(leg)[-3:] == ["journey_started", "arrived", "dropped_off"]


def test_the_steps_come_in_order_and_once(road: Road) -> None:
    leg = road.accepted(0)
    driver = road.driver(0)
    for step in (arrive, drop_off):
        assert "not the next one" in road.refused(NotPossible, step, driver, leg).sentence
    for _ in range(2):
        road.do(start_journey, driver, leg, idempotency_key="tap")
    road.refused(NotPossible, start_journey, driver, leg)
    road.refused(NotPossible, drop_off, driver, leg)
    road.do(arrive, driver, leg)
    road.refused(NotPossible, arrive, driver, leg)
    road.do(drop_off, driver, leg)
    for step in (start_journey, arrive, drop_off, step_back):
        road.refused(NotPossible, step, driver, leg, reason="again")


@pytest.mark.parametrize("step", [start_journey, arrive, drop_off, collect, finish])
def test_nobody_drives_for_a_colleague(road: Road, step: Service) -> None:
    leg = road.accepted(0)
    road.refused(NotFound, step, road.driver(1), leg)
    road.refused(NotAllowed, step, road.firm.therapist(), leg)
    road.refused(NotAllowed, step, SYSTEM, leg)


def test_the_desk_drives_for_a_driver_with_a_reason_that_is_kept(road: Road) -> None:
    leg = road.accepted(0)
    assert road.refused(Invalid, start_journey, road.firm.operator, leg).field == "reason"
    road.do(start_journey, road.firm.operator, leg, reason="his phone's dead")
    [event] = road.rows(
        "SELECT e.actor_id, e.on_behalf_of_id, d.reason FROM events e JOIN event_details d ON d.event_id = e.id"
        " WHERE e.kind = 'journey_started'"
    )
    assert tuple(event) == (road.firm.operator.person_id, road.firm.drivers[0], "his phone's dead")


def test_an_early_start_widens_what_is_taken_and_dropping_off_gives_the_rest_back(road: Road) -> None:
    leg = road.under_way(0, at=manila(20, 5))
    assert (road.leg(leg).taken_from, road.leg(leg).taken_until) == (manila(20, 5), manila(21))
    assert road.leg(leg).planned_start == manila(20, 25)
    road.do(arrive, road.driver(0), leg, now=manila(20, 30))
    road.do(drop_off, road.driver(0), leg, now=manila(20, 33))
    row = road.leg(leg)
    assert (row.state, row.finished_at, row.taken_until) == ("done", manila(20, 33), manila(20, 33))
    assert row.driver_id == road.firm.drivers[0]
    following = road.trip(1, start=time(21, 10))
    road.do(choose_driver, road.firm.operator, following, driver_id=road.firm.drivers[0], now=manila(20, 34))


def test_a_late_start_is_never_refused_and_meets_the_next_trip_in_a_clash(road: Road) -> None:
    leg, following = road.accepted(0), road.trip(1, start=time(21, 50))
    road.do(choose_driver, road.firm.operator, following, driver_id=road.firm.drivers[0])
    road.do(start_journey, road.driver(0), leg, now=manila(20, 50))
    assert (road.leg(leg).taken_until, road.leg(following).taken_from) == (manila(21, 15), manila(21, 15))
    [clash] = road.rows("SELECT leg_id, next_leg_id, minutes FROM clashes WHERE settled_at IS NULL")
    assert tuple(clash) == (leg, following, 10)
    for step in (arrive, drop_off):
        road.do(step, road.driver(0), leg, now=manila(21, 5))
    assert road.rows("SELECT 1 FROM clashes WHERE settled_at IS NULL") == []


def test_what_is_told_later_keeps_when_it_was(road: Road) -> None:
    leg = road.accepted(0)
    later = manila(21, 30)
    road.do(start_journey, road.driver(0), leg, now=later, happened_at=manila(20, 20))
    early = road.refused(Invalid, arrive, road.driver(0), leg, now=later, happened_at=manila(20, 10))
    assert (early.field, "20:20" in early.sentence) == ("happened_at", True)
    road.do(arrive, road.driver(0), leg, now=later, happened_at=manila(20, 50))
    road.do(drop_off, road.driver(0), leg, now=later, happened_at=manila(20, 52))
    [seat] = road.rows("SELECT departed_at, arrived_at, dropped_off_at, planned_start FROM assignments")
    assert tuple(seat) == (manila(20, 20), manila(20, 50), manila(20, 52), manila(21))
    assert road.leg(leg).finished_at == manila(20, 52)
    [event] = road.rows("SELECT happened_at FROM events WHERE kind = 'dropped_off'")
    assert event.happened_at == manila(20, 52)


def test_past_midnight(road: Road) -> None:
    leg = road.accepted(0, start=time(0, 30), minutes=30)
    for step, at in ((start_journey, manila(23, 58)), (arrive, manila(24, 25)), (drop_off, manila(24, 30))):
        road.do(step, road.driver(0), leg, now=at)
    row = road.leg(leg)
    assert (row.state, row.finished_at, str(row.business_date)) == ("done", manila(24, 30), "2026-11-23")


def test_who_has_not_answered_stays_behind_and_gets_a_trip_of_their_own(road: Road) -> None:
    visit = road.firm.book(0, 1, driver_needed=True)
    leg = road.rows("SELECT id FROM legs")[0].id
    road.do(choose_driver, road.firm.operator, leg, driver_id=road.firm.drivers[0])
    assert "offered" in road.refused(NotPossible, start_journey, road.driver(0), leg).sentence
    road.write(
        "UPDATE assignments SET answer = 'accepted' WHERE appointment_id = :v AND person_id = :p",
        v=visit,
        p=road.firm.therapists[0],
    )
    road.do(start_journey, road.driver(0), leg)
    assert road.progress(leg) == ["in_transit"]
    [other] = road.rows("SELECT id, state FROM legs WHERE id <> :l", l=leg)
    assert other.state == "planned"
    assert road.progress(other.id) == ["waiting"]


def test_one_driver_drives_one_trip_at_a_time(road: Road) -> None:
    road.under_way(0)
    second = road.trip(1, start=time(22))
    road.do(choose_driver, road.firm.operator, second, driver_id=road.firm.drivers[0])
    assert "Mrs D'Souza" in road.refused(NotPossible, start_journey, road.driver(0), second).sentence


def offered(road: Road, leg: int) -> list[str]:
    """What the visit's page offers to do about its trips."""
    with reading() as session:
        shown = detail(session, road.visit(leg).id, now=NOW)
    assert shown is not None
    return [one["action"] for trip in shown["legs"] for one in trip["possible"]]


def test_the_page_offers_what_can_be_done_with_the_trip(road: Road) -> None:
    leg = road.trip(0)
    assert offered(road, leg) == ["search_driver", "choose_driver"]
    for service, expected in (
        (search_driver, ["accept_leg", "decline_leg", "choose_driver"]),
        (accept_leg, ["choose_driver", "step_back", "start_journey"]),
        (start_journey, ["step_back", "arrive"]),
        (arrive, ["step_back", "drop_off"]),
        (drop_off, []),
    ):
        road.do(service, road.firm.operator, leg, reason="told me on the phone")
        assert offered(road, leg) == expected
    assert set(offered(road, road.trip(1))) <= DOINGS.keys()


def test_the_desk_releases_first_where_the_firm_wants_it_so(road: Road) -> None:
    road.write("INSERT INTO settings (key, value) VALUES ('release_by_operator', 'true')")
    leg = road.accepted(0)
    assert "release_leg" in offered(road, leg)
    assert "desk" in road.refused(NotPossible, start_journey, road.driver(0), leg).sentence
    road.refused(NotAllowed, release_leg, road.driver(0), leg)
    road.do(release_leg, road.firm.operator, leg)
    assert "release_leg" not in offered(road, leg)
    assert "already" in road.refused(NotPossible, release_leg, road.firm.operator, leg).sentence
    road.do(start_journey, road.driver(0), leg)
    assert road.leg(leg).state == "under_way"
    # On behalf, the desk's own tap says as much.
    other = road.accepted(1, start=time(21, 30))
    road.do(start_journey, road.firm.operator, other, reason="his phone is dead")


def test_a_way_back_is_collected_and_finished(road: Road) -> None:
    leg = way_back(road, 0)
    road.do(choose_driver, road.firm.operator, leg, driver_id=road.firm.drivers[1])
    assert (road.leg(leg).taken_from, road.leg(leg).taken_until) == (NOW, NOW + timedelta(minutes=35))
    driver = road.driver(1)
    for step in (start_journey, arrive, drop_off):
        assert "way back" in road.refused(NotPossible, step, driver, leg).sentence
    road.refused(NotPossible, finish, driver, leg)
    road.do(collect, driver, leg, now=manila(20, 20))
    assert road.leg(leg).taken_until == manila(20, 55)
    road.do(finish, driver, leg, now=manila(20, 40))
    assert (road.leg(leg).state, road.leg(leg).finished_at) == ("done", manila(20, 40))
    assert road.visit(leg).state == "cancelled"
    assert road.kinds(leg)[-2:] == ["collected", "brought_back"]


def test_a_way_there_is_not_collected(road: Road) -> None:
    leg = road.accepted(0)
    for step in (collect, finish):
        assert "leads to a client" in road.refused(NotPossible, step, road.driver(0), leg).sentence


def test_whoever_turned_round_on_the_way_is_brought_back_by_the_same_driver(road: Road) -> None:
    leg = road.under_way(0)
    road.do(cancel, road.firm.operator, road.visit(leg).id, reason="client called")
    road.do(finish, road.driver(0), leg, now=NOW + timedelta(minutes=20))
    assert road.leg(leg).state == "done"


def test_a_driver_steps_back_from_a_way_back_and_the_next_one_is_asked(road: Road) -> None:
    leg = way_back(road, 0)
    road.do(choose_driver, road.firm.operator, leg, driver_id=road.firm.drivers[1])
    road.do(collect, road.driver(1), leg, now=manila(20, 20))
    road.do(step_back, road.driver(1), leg, now=manila(20, 30), reason="radiator")
    assert road.offers(leg)[-1] == (0, "open")
    assert road.leg(leg).taken_from == manila(20, 30)
    road.do(accept_leg, road.driver(0), leg, now=manila(20, 31))
    for step in (collect, finish):
        road.do(step, road.driver(0), leg, now=manila(20, 40))
    assert road.leg(leg).finished_at == manila(20, 40)


def straight_on(road: Road) -> tuple[int, int, int]:
    """The accepted trip of one therapist from a visit to the next; and the two visits."""
    first, leg = road.dropped_off(0, start=time(20, 10)), road.accepted(0, start=time(22))
    here, there = road.visit(first).id, road.visit(leg).id
    road.write("UPDATE legs SET from_appointment_id = :v WHERE id = :l", v=here, l=leg)
    road.write(
        "INSERT INTO leg_passengers (leg_id, assignment_id) SELECT :l, id FROM assignments WHERE appointment_id = :v",
        l=leg,
        v=here,
    )
    return leg, here, there


def work_over(road: Road, visit: int) -> None:
    road.write(
        "UPDATE assignments SET answer = 'released', progress = 'ended', released_at = :at, session_started_at = :at,"
        " session_ended_at = :at WHERE appointment_id = :v",
        v=visit,
        at=manila(20, 10),
    )


def test_straight_to_the_next_client(road: Road) -> None:
    leg, here, _ = straight_on(road)
    driver = road.driver(road.driver_index(leg))
    assert "still at work" in road.refused(NotPossible, start_journey, driver, leg, now=manila(20, 30)).sentence
    work_over(road, here)
    for step in (start_journey, arrive, drop_off):
        road.do(step, driver, leg, now=manila(21, 30))
    riders = "SELECT progress FROM assignments g JOIN leg_passengers p ON p.assignment_id = g.id WHERE p.leg_id = :l"
    assert sorted(row.progress for row in road.rows(riders, l=leg)) == ["dropped_off", "ended"]
    assert road.visit(leg).state == "dropped_off"


@pytest.mark.parametrize("at_work", [True, False])
@pytest.mark.parametrize("has_driver", [True, False])
def test_when_the_next_job_falls_away_it_is_a_plain_way_back(road: Road, has_driver: bool, at_work: bool) -> None:
    leg, here, there = straight_on(road)
    if not at_work:
        work_over(road, here)
    if not has_driver:
        road.write("UPDATE legs SET state = 'planned', driver_id = NULL, occupied = NULL WHERE id = :l", l=leg)
    road.do(cancel, road.firm.operator, there, reason="client called", now=manila(20, 20))
    row = road.leg(leg)
    assert (row.from_appointment_id, row.to_appointment_id) == (here, None)
    # Without a driver yet, somebody still at work asks when they are done.
    assert row.state == ("accepted" if has_driver else "cancelled" if at_work else "searching")
    if has_driver and not at_work:
        driver = Actor(row.driver_id, Role.DRIVER, "Driver")
        for step in (collect, finish):
            road.do(step, driver, leg, now=manila(20, 40))
        assert road.progress(leg) == ["ended"]


def test_who_withdraws_on_the_way_gets_a_trip_home_while_the_others_go_on(road: Road) -> None:
    leg = road.under_way(0, 1)
    seat = road.rows("SELECT id FROM assignments WHERE person_id = :p", p=road.firm.therapists[0])[0].id
    road.do(withdraw, road.firm.therapist(0), seat, reason="feels ill")
    for step in (arrive, drop_off):
        road.do(step, road.driver(0), leg)
    assert road.visit(leg).state == "dropped_off"
    [back] = road.rows("SELECT state FROM legs WHERE from_appointment_id IS NOT NULL")
    assert back.state == "searching"
