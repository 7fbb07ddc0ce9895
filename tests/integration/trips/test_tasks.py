"""What beat starts every few seconds: drivers are found and asked on by themselves; twice does nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import pytest

from guitara_app.appointments.services import accept, arrive, cancel, decline_leg, drop_off
from guitara_app.kit.database import hold_alone, run, transaction
from tests.integration.trips.conftest import Road
from tests.support.firm import manila
from workers import dispatching
from workers.app import app
from workers.schedule import SCHEDULE

At = Callable[[datetime], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Let every task look, twice, at this moment."""

    def look(moment: datetime) -> None:
        monkeypatch.setattr(dispatching, "now", lambda: moment)
        for _ in range(2):
            dispatching.expire_unanswered()
            dispatching.lapse_offers()
            dispatching.search_drivers()
            dispatching.lapse_leg_offers()
            dispatching.hand_out_waiting()

    return look


def test_a_driver_is_looked_for_ninety_minutes_before(road: Road, at: At) -> None:
    leg = road.trip(0, start=time(22))
    at(manila(20, 29))
    assert road.leg(leg).state == "planned"
    at(manila(20, 30))
    assert (road.leg(leg).state, road.leg(leg).search_number) == ("offered", 1)
    at(manila(20, 40))
    assert road.offers(leg) == [(0, "lapsed"), (1, "open")]
    at(manila(20, 50))
    assert (road.leg(leg).state, road.offers(leg)) == ("searching", [(0, "lapsed"), (1, "lapsed")])
    assert road.kinds(leg).count("driver_searched") == 1


def test_a_way_back_waits_until_a_driver_is_free_and_goes_out_by_itself(road: Road, at: At) -> None:
    road.sick(1)
    there = road.dropped_off(0)
    busy = road.under_way(1, at=manila(20, 25))
    visit = road.visit(there).id
    road.do(cancel, road.firm.operator, visit, reason="client is ill", now=manila(20, 30))
    [back] = road.rows("SELECT id FROM legs WHERE from_appointment_id = :v", v=visit)
    at(manila(20, 31))
    assert road.leg(back.id).state == "searching"
    for step in (arrive, drop_off):
        road.do(step, road.driver(0), busy, now=manila(20, 50))
    at(manila(20, 50))
    assert (road.leg(back.id).state, road.offers(back.id)) == ("offered", [(0, "open")])
    assert road.leg(back.id).taken_from == manila(20, 50)
    road.do(decline_leg, road.driver(0), back.id, now=manila(20, 51))
    at(manila(20, 52))
    assert road.offers(back.id) == [(0, "declined")]


def test_urgent_goes_before_older_and_nobody_is_asked_for_two(road: Road, at: At) -> None:
    older, urgent = road.trip(0, start=time(21)), road.trip(1, start=time(21, 10))
    road.sick(1)
    road.write("UPDATE legs SET state = 'searching', urgent = id = :l", l=urgent)
    at(manila(20, 20))
    assert (road.leg(urgent).state, road.leg(older).state) == ("offered", "searching")


def test_therapists_who_do_not_answer_are_followed_by_the_next(road: Road, at: At) -> None:
    visit = road.firm.book(0, start=time(22))
    at(manila(20, 29))
    assert len(road.rows("SELECT 1 FROM assignments")) == 1
    at(manila(20, 30))
    answers = road.rows("SELECT answer FROM assignments WHERE appointment_id = :v ORDER BY id", v=visit)
    assert [row.answer for row in answers] == ["lapsed", "offered"]


def test_a_visit_that_nobody_answered_expires_at_its_start_and_one_that_somebody_did_does_not(
    road: Road, at: At
) -> None:
    silent, half = road.firm.book(0, start=time(21)), road.firm.book(1, 2, start=time(21))
    [seat] = road.rows(
        "SELECT id FROM assignments WHERE appointment_id = :v AND person_id = :p", v=half, p=road.firm.therapists[1]
    )
    road.do(accept, road.firm.therapist(1), seat.id)
    road.write("UPDATE assignments SET due_at = :at", at=manila(23))
    at(manila(20, 59))
    assert {row.state for row in road.rows("SELECT state FROM appointments")} == {"pending"}
    at(manila(21))
    states = {row.id: row.state for row in road.rows("SELECT id, state FROM appointments")}
    assert states == {silent: "expired", half: "pending"}


def test_one_that_cannot_be_done_holds_up_no_other(road: Road, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = road.trip(0), road.trip(1, start=time(21, 45))
    search = dispatching.appointments.search_driver

    def search_all_but_first(session: Any, actor: Any, leg: int, **more: Any) -> None:
        if leg == first:
            raise RuntimeError("broken row")
        search(session, actor, leg, **more)

    monkeypatch.setattr(dispatching.appointments, "search_driver", search_all_but_first)
    at(manila(20, 20))
    assert (road.leg(first).state, road.leg(second).state) == ("planned", "offered")


def test_a_look_ends_only_when_nothing_is_due_any_more(road: Road, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatching, "_BATCH", 2)
    for number in range(4):
        road.firm.book(number, start=time(22))
        road.firm.book(number, start=time(23, 30))
    monkeypatch.setattr(dispatching, "now", lambda: manila(20, 40))
    dispatching.lapse_offers()
    assert {row.answer for row in road.rows("SELECT answer FROM assignments WHERE id <= 8")} == {"lapsed"}


def test_what_one_worker_has_in_hand_another_passes_over(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        road.firm.book(number, start=time(22))
    monkeypatch.setattr(dispatching, "now", lambda: manila(20, 40))
    with transaction() as other:
        assert hold_alone(other, "due_answers:1")
        assert run(lambda session: hold_alone(session, "due_answers:1")) is False
        dispatching.lapse_offers()
        answers = road.rows("SELECT answer FROM assignments WHERE id <= 2 ORDER BY id")
        assert [row.answer for row in answers] == ["offered", "lapsed"]
    dispatching.lapse_offers()
    assert road.rows("SELECT answer FROM assignments WHERE id = 1")[0].answer == "lapsed"


def test_every_task_of_the_schedule_is_known_and_has_a_queue() -> None:
    app.loader.import_default_modules()
    queues = {queue.name for queue in app.conf.task_queues}
    for entry in SCHEDULE.values():
        assert entry["task"] in app.tasks
        assert entry["options"]["queue"] in queues
