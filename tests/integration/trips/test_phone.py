"""What a therapist and a driver are offered on the phone, and who must act when they cannot."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.actions import DOINGS, Form, perform
from guitara_app.appointments.lifecycle import RULES, Action, Party
from guitara_app.appointments.queries import own_night
from guitara_app.appointments.queries.own_steps import _ASKS
from guitara_app.appointments.services import (
    accept,
    ask_pickup,
    choose_driver,
    decline_leg,
    end_session,
    panic,
    request_payment,
    search_driver,
    start_session,
    withdraw,
)
from guitara_app.appointments.views import OwnJob
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import NotAllowed, NotFound
from guitara_app.money.services import verify_payment
from guitara_app.pages.asking import asking
from tests.integration.trips.conftest import NOW, Road, manila

DOOR, PHONE = "1 Main Street", "0917 123 4567"


def jobs(person: int, now: datetime = NOW) -> list[OwnJob]:
    with reading() as session:
        night = own_night(session, person, now=now)
    return [*night["now_jobs"], *night["next_jobs"], *night["later_jobs"]]


def job(person: int, now: datetime = NOW) -> OwnJob:
    [only] = jobs(person, now)
    return only


def sent(person: int, now: datetime = NOW) -> str:
    with reading() as session:
        return json.dumps(own_night(session, person, now=now), ensure_ascii=False)


def offered(one: OwnJob) -> set[str]:
    return {one["beside"]["action"], *(act["action"] for act in one["more"])} - {""}


def seat_of(road: Road, visit: int, therapist: int = 0) -> int:
    found = "SELECT id FROM assignments WHERE appointment_id = :v AND person_id = :p ORDER BY id DESC LIMIT 1"
    return int(road.rows(found, v=visit, p=road.firm.therapists[therapist])[0].id)


def tap(road: Road, person: int, at: datetime) -> None:
    """Take whatever the phone shows as the next step."""
    step = job(person, at)["step"]
    actor = (
        road.firm.therapist(0) if person == road.firm.therapists[0] else road.driver(road.firm.drivers.index(person))
    )
    run(lambda session: perform(session, actor, step["action"], step["target_id"], Form(), now=at))


@pytest.mark.parametrize("starts", [21 * 60, 23 * 60 + 50], ids=["in the evening", "across midnight"])
def test_one_visit_from_the_offer_to_being_back(road: Road, starts: int) -> None:
    start = time(starts // 60, starts % 60)
    begun = manila(0, starts)
    visit = road.firm.book(0, start=start, driver_needed=True)
    me, seat = road.firm.therapists[0], seat_of(road, visit)

    one = job(me)
    assert (one["step"]["action"], one["beside"]["action"], one["why"]) == ("accept", "reject", "")
    tap(road, me, NOW)
    one = job(me)
    assert (one["step"]["action"], one["why"]) == ("", "Nothing to do yet: the driver is asked nearer to the time.")
    assert offered(one) == {"withdraw"}
    assert one["panic"]

    leg = int(road.rows("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit)[0].id)
    at = begun - timedelta(minutes=60)
    road.do(search_driver, SYSTEM, leg, now=at)
    driver = road.leg(leg).driver_id
    assert job(me, at)["why"] == "Waiting for a driver to answer."
    drive = job(driver, at)
    assert (drive["step"]["action"], drive["beside"]["action"]) == ("accept_leg", "decline_leg")
    assert datetime.fromisoformat(drive["due_at"]) > at
    assert DOOR not in sent(driver, at)
    assert PHONE not in sent(driver, at)

    tap(road, driver, at)
    one = job(me, at)
    assert one["why"].startswith("Waiting for the driver: Driver ")
    assert ", there about " in one["ride"]
    drive = job(driver, at)
    assert (drive["step"]["action"], offered(drive)) == ("start_journey", {"step_back"})
    assert DOOR in drive["address"]

    for told, why in (
        ("arrive", "says when you have arrived."),
        ("drop_off", "drops you off first."),
    ):
        at += timedelta(minutes=10)
        tap(road, driver, at)
        assert job(driver, at)["step"]["action"] == told
        assert job(me, at)["why"].endswith(why)
        assert job(me, at)["step"]["action"] == ""
    tap(road, driver, at)
    assert jobs(driver, at) == []
    assert DOOR not in sent(driver, at)

    assert job(me, begun)["step"]["action"] == "start_session"
    tap(road, me, begun)
    one = job(me, begun)
    assert (one["step"]["action"], offered(one)) == ("end_session", {"extend", "stop_early"})
    assert datetime.fromisoformat(one["ends_at"]) == begun + timedelta(minutes=60)
    at = begun + timedelta(minutes=60)
    tap(road, me, at)
    one = job(me, at)
    assert (one["step"]["action"], one["price"], one["phone"]) == ("request_payment", "₱500", "")
    assert DOOR in one["address"]
    tap(road, me, at)
    one = job(me, at)
    assert (one["state"], one["step"]["action"]) == ("awaiting_payment", "ask_pickup")
    assert one["why"] == "The desk verifies the payment."
    tap(road, me, at)
    one = job(me, at)
    assert (one["step"]["action"], one["why"]) == ("", "The desk verifies the payment.")
    assert one["ride"] == "The desk looks for a driver"
    # What was asked for can still be hurried, once.
    [hurry] = [act for act in one["more"] if act["action"] == "ask_pickup"]
    assert hurry["values"] == {"urgent": ["true"]}
    road.do(ask_pickup, road.firm.therapist(), seat, urgent=True, now=at)
    assert "ask_pickup" not in offered(job(me, at))

    road.do(verify_payment, road.firm.operator, visit, method="cash", amount=Decimal(500), now=at)
    assert job(me, at)["step"]["action"] == "report_materials"
    tap(road, me, at)
    one = job(me, at)
    assert (one["step"]["action"], one["why"]) == ("", "The desk looks for a driver.")
    assert DOOR not in sent(me, at)

    back = int(road.rows("SELECT id FROM legs WHERE from_appointment_id = :v", v=visit)[0].id)
    driver = road.firm.drivers[0]
    road.do(choose_driver, road.firm.operator, back, driver_id=driver, off_shift_reason="stays for it", now=at)
    assert job(driver, at)["step"]["action"] == "collect"
    assert job(me, at)["why"] == "Waiting for the driver: Driver 0. collects you."
    tap(road, driver, at)
    assert (job(driver, at)["step"]["action"], PHONE in sent(driver, at), DOOR in sent(driver, at)) == (
        "finish",
        False,
        False,
    )
    assert job(me, at)["why"] == "Driver 0. is bringing you back."
    tap(road, driver, at)
    assert jobs(driver, at) == []
    assert jobs(me, at) == []


def test_of_a_group_each_waits_for_the_others_by_name(road: Road) -> None:
    visit = road.firm.book(0, 1)
    first, second = (seat_of(road, visit, one) for one in (0, 1))
    me, other = road.firm.therapists[:2]
    road.do(accept, road.firm.therapist(0), first)
    assert job(me)["why"] == "Waiting for Therapist 1. to answer."
    assert job(other)["step"]["action"] == "accept"
    road.do(accept, road.firm.therapist(1), second)
    for one, seat in ((0, first), (1, second)):
        road.do(start_session, road.firm.therapist(one), seat, now=manila(21))
    road.do(end_session, road.firm.therapist(0), first, now=manila(22))
    mine, theirs = job(me, manila(22)), job(other, manila(22))
    assert (mine["state"], mine["why"]) == ("ended", "Waiting for Therapist 1. to end the session.")
    assert (theirs["state"], theirs["step"]["action"]) == ("in_session", "end_session")
    road.do(end_session, road.firm.therapist(1), second, now=manila(22))
    road.do(request_payment, road.firm.therapist(1), second, now=manila(22))
    assert job(me, manila(22))["why"] == "The desk verifies the payment."


def test_the_desk_decides_about_a_colleague_who_withdrew(road: Road) -> None:
    visit = road.firm.book(0, 1)
    for one in (0, 1):
        road.do(accept, road.firm.therapist(one), seat_of(road, visit, one))
    road.do(withdraw, road.firm.therapist(1), seat_of(road, visit, 1), reason="my knee")
    mine = job(road.firm.therapists[0])
    assert (mine["step"]["action"], mine["why"]) == ("", "The desk decides who goes with you.")
    assert "my knee" not in sent(road.firm.therapists[0])
    assert jobs(road.firm.therapists[1]) == []


def test_whoever_declines_is_rid_of_the_trip_and_the_next_is_asked(road: Road) -> None:
    leg = road.searched(0)
    asked = road.driver_index(leg)
    road.do(decline_leg, road.driver(asked), leg)
    assert jobs(road.firm.drivers[asked]) == []
    assert job(road.firm.drivers[1 - asked])["step"]["action"] == "accept_leg"


def test_nobody_starts_a_second_trip_before_the_first_is_over(road: Road) -> None:
    first = road.under_way(0)
    driver = road.driver_index(first)
    second = road.trip(1, start=time(23))
    road.do(choose_driver, road.firm.operator, second, driver_id=road.firm.drivers[driver])
    waiting = next(one for one in jobs(road.firm.drivers[driver]) if one["id"] == second)
    assert (waiting["step"]["action"], waiting["why"]) == ("", "End the trip you are driving first.")


def test_what_the_desk_must_release_waits_for_it(road: Road) -> None:
    leg = road.accepted(0)
    road.write("INSERT INTO settings (key, value) VALUES ('release_by_operator', 'true')")
    waiting = job(road.leg(leg).driver_id)
    assert (waiting["step"]["action"], waiting["why"]) == ("", "The desk releases this trip first.")


def test_whoever_withdrew_on_the_way_can_still_call_for_help(road: Road) -> None:
    leg = road.dropped_off(0)
    visit = road.visit(leg).id
    seat = seat_of(road, visit)
    road.do(withdraw, road.firm.therapist(), seat, reason="not safe")
    mine = job(road.firm.therapists[0])
    assert mine["panic"]
    assert DOOR not in sent(road.firm.therapists[0])
    road.do(panic, road.firm.therapist(), seat)
    assert len(road.rows("SELECT 1 FROM alarms WHERE assignment_id = :s", s=seat)) == 1


def test_dialogs_tell_nothing_of_somebody_elses_job(road: Road) -> None:
    visit = road.firm.book(0, driver_needed=True)
    seat = seat_of(road, visit)
    leg = int(road.rows("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit)[0].id)

    def ask(actor: object, name: str, target: int) -> object:
        return run(lambda session: asking(session, actor, name, target, 1, now=NOW))  # type: ignore[arg-type]

    for actor, name, target, error in (
        (road.firm.therapist(1), "reject", seat, NotFound),
        (road.firm.therapist(0), "cancel", visit, NotAllowed),
        (road.firm.therapist(0), "replace", seat, NotAllowed),
        (road.firm.therapist(0), "swap", seat, NotAllowed),
        (road.firm.therapist(0), "step_back", leg, NotAllowed),
        (road.driver(0), "decline_leg", leg, NotFound),
        (road.driver(0), "reject", seat, NotAllowed),
    ):
        with pytest.raises(error):
            ask(actor, name, target)
    own = run(lambda session: asking(session, road.firm.therapist(0), "reject", seat, 1, now=NOW))
    assert (own["title"], own["text"], own["reason_needed"]) == ("Reject", "", True)
    assert own["reasons"][0] == "I am ill"


def test_what_has_something_to_fill_in_is_asked_for() -> None:
    own = {action for action in Action if {Party.THERAPIST, Party.DRIVER} & RULES[action].by}
    filled_in = {
        action
        for action in own
        if any(isinstance(field.json_schema_extra, dict) for field in DOINGS[action].form.model_fields.values())
    }
    # A tap says all there is to say of a pick-up, and a yes to a whole series is a tap of its own.
    by_tap = {Action.ASK_PICKUP, Action.ACCEPT}
    assert filled_in - by_tap <= _ASKS | {action for action in own if RULES[action].needs_reason}
