"""From what happened to what each person was told: once, whoever is killed and however many tell."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import (
    accept,
    accept_leg,
    cancel,
    change,
    choose_driver,
    drop,
    lapse,
    reject,
    replace,
    search_driver,
    swap,
)
from guitara_app.availability.services import ask_time_off
from guitara_app.handover.services import write
from guitara_app.kit.database import transaction
from guitara_app.kit.events import Event, record
from guitara_app.kit.outbox import Group, live_redis, stream_of
from guitara_app.notifications.rules import RULES
from guitara_app.notifications.services import TOLD, tell
from tests.integration.notifications.conftest import Office
from tests.support.firm import EVENING, NOW


def second_desk(role: Role = Role.MANAGER, *, in_use: bool = True) -> int:
    with transaction() as session:
        person = Person(username=f"desk-{role}-{int(in_use)}", name="Bo Reyes", role=role)
        person.disabled_at = None if in_use else NOW
        session.add(person)
        session.flush()
        return person.id


def test_a_booking_past_midnight_reaches_each_therapist_in_words(office: Office) -> None:
    office.firm.book(0, 1, start=time(0, 30), driver_needed=True, off_shift_reason="Both agreed.")
    office.tell()
    for index in (0, 1):
        [(title, body)] = office.told(office.firm.therapists[index])
        assert title == "A job for you"
        assert body == "Shiatsu in Pasig, Mon night, 00:30. Answer by Mon 20:30."
    assert office.told(office.firm.operator.person_id or 0) == [], "who booked knows"
    assert office.untold() == 0


def test_a_refusal_reaches_the_whole_desk_that_is_in_use(office: Office) -> None:
    manager, gone = second_desk(), second_desk(Role.OPERATOR, in_use=False)
    visit = office.firm.book(0)
    office.tell()
    office.do(reject, office.firm.therapist(), office.seat(visit), reason="Fever.")
    office.tell()
    for desk in (office.firm.operator.person_id, manager):
        assert office.told(desk or 0) == [("Therapist 0. rejected", "Mrs D'Souza, Shiatsu in Pasig, Mon 21:00")]
    assert office.told(gone) == []
    assert len(office.told(office.firm.therapists[0])) == 1


def test_a_replacement_is_asked_and_who_is_replaced_by_a_change_is_let_go(office: Office) -> None:
    visit = office.firm.book(0)
    office.do(reject, office.firm.therapist(), office.seat(visit), reason="Fever.")
    office.do(replace, office.firm.operator, office.seat(visit), person_id=office.firm.therapists[1])
    office.tell()
    assert [title for title, _ in office.told(office.firm.therapists[1])] == ["A job for you"]
    wanted = ChangeRequest(therapist_ids=[office.firm.therapists[2]])
    office.do(change, office.firm.operator, visit, request=wanted, reason="Asked for her.")
    office.tell()
    assert office.told(office.firm.therapists[1])[-1][0] == "This job is not yours any more"
    assert office.told(office.firm.therapists[2])[-1][0] == "Changed: can you come then?"


def test_both_of_a_swap_are_asked_for_one_visit_and_let_go_from_the_other(office: Office) -> None:
    first, second = office.firm.book(0), office.firm.book(1, start=time(22, 30))
    office.tell()
    office.do(swap, office.firm.operator, office.seat(first), other_assignment_id=office.seat(second, 1), reason="Car.")
    office.tell()
    for index in (0, 1):
        titles = sorted(title for title, _ in office.told(office.firm.therapists[index])[1:])
        assert titles == ["A job for you", "This job is not yours any more"]


def test_a_moved_visit_asks_again_and_a_note_only_tells(office: Office) -> None:
    visit = office.firm.book(0)
    office.do(accept, office.firm.therapist(), office.seat(visit))
    office.tell()
    office.do(change, office.firm.operator, visit, request=ChangeRequest(notes="Gate 2."), reason="Called.")
    office.tell()
    assert office.told(office.firm.therapists[0])[-1][0] == "Your visit has changed"
    office.do(
        change,
        office.firm.operator,
        visit,
        request=ChangeRequest(start=time(0, 30), off_shift_reason="Agreed."),
        reason="Late.",
    )
    office.tell()
    title, body = office.told(office.firm.therapists[0])[-1]
    assert title == "Changed: can you come then?"
    assert body.startswith("Shiatsu in Pasig, Mon night, 00:30")


def test_the_driver_hears_of_the_trip_of_its_end_and_the_rider_of_the_driver(office: Office) -> None:
    visit = office.firm.book(0, driver_needed=True)
    office.do(accept, office.firm.therapist(), office.seat(visit))
    [leg] = office.rows("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit)
    office.do(search_driver, SYSTEM, leg.id)
    office.tell()
    [(title, body)] = office.told(office.firm.drivers[0])
    assert (title, body) == ("A trip for you", "Bring Therapist 0. to Pasig, Mon 20:25. Answer by Mon 20:10.")
    office.do(accept_leg, Actor(office.firm.drivers[0], Role.DRIVER, "Driver 0"), leg.id)
    office.tell()
    assert office.told(office.firm.therapists[0])[-1] == ("Driver 0. drives you", "To Pasig, Mon 20:25")
    office.do(choose_driver, office.firm.operator, leg.id, driver_id=office.firm.drivers[1])
    office.tell()
    assert office.told(office.firm.drivers[0])[-1][0] == "This trip is not yours any more"
    assert office.told(office.firm.drivers[1])[-1][0] == "The desk chose you for a trip"
    office.do(cancel, office.firm.operator, visit, reason="Client is ill.")
    office.tell()
    assert office.told(office.firm.drivers[1])[-1][0] == "Cancelled"
    assert office.told(office.firm.therapists[0])[-1][0] == "Cancelled"


def test_a_silent_therapist_the_next_one_and_then_the_desk(office: Office) -> None:
    office.write("UPDATE people SET disabled_at = now() WHERE id = ANY(:ids)", ids=office.firm.therapists[2:])
    visit = office.firm.book(0)
    office.tell()
    at = NOW + timedelta(minutes=31)
    office.do(lapse, office.seat(visit), now=at)
    office.tell(now=at)
    assert [title for title, _ in office.told(office.firm.therapists[0])] == [
        "A job for you",
        "You did not answer in time",
    ]
    assert [title for title, _ in office.told(office.firm.therapists[1])] == ["A job for you"]
    assert office.told(office.firm.operator.person_id or 0) == []
    later = at + timedelta(minutes=29)
    office.do(lapse, office.seat(visit, 1), now=later)
    office.tell(now=later)
    assert [title for title, _ in office.told(office.firm.operator.person_id or 0)] == ["Therapist 1. did not answer"]


def test_one_thing_that_runs_short_for_a_whole_evening_is_one_line_at_the_desk(office: Office) -> None:
    visits = [office.firm.book(0), office.firm.book(1)]
    office.tell()
    boss = second_desk()
    with transaction() as session:
        for visit, item, missing in ((visits[0], 1, 1), (visits[1], 1, 2), (visits[1], 2, 1)):
            record(
                session,
                "stock_short",
                by=SYSTEM,
                now=NOW,
                topics=["desk"],
                appointment_id=visit,
                data={"item_id": item, "item": ("Oil", "Lotion")[item - 1], "missing": missing},
            )
    office.tell()
    (oil, for_both), (lotion, _) = sorted(office.told(boss), reverse=True)
    assert (oil, lotion) == ("Oil: 3 missing", "Lotion: 1 missing")
    assert for_both.startswith("For 2 visits, the first: ")
    assert office.untold() == 0


def test_a_group_goes_on_and_hears_who_is_missing(office: Office) -> None:
    visit = office.firm.book(0, 1, driver_needed=True)
    office.do(reject, office.firm.therapist(), office.seat(visit), reason="Fever.")
    office.do(drop, office.firm.operator, office.seat(visit))
    office.tell()
    assert office.told(office.firm.therapists[1])[-1][0] == "You go without Therapist 0."


def test_time_off_and_the_note_reach_the_desk(office: Office) -> None:
    manager = second_desk()
    day = EVENING + timedelta(days=3)
    office.do(ask_time_off, office.firm.therapist(), office.firm.therapists[0], day, day, reason="Wedding.")
    office.do(write, office.firm.operator, "Keys are in the box.", based_on=0)
    office.tell()
    assert [title for title, _ in office.told(manager)] == [
        "Therapist 0. asks for time off",
        "Ana O. wrote the hand-over note",
    ]


def test_telling_twice_tells_once_and_telling_is_no_news(office: Office) -> None:
    office.firm.book(0)
    assert office.tell().stored == 1
    assert office.tell() == (0, 0, False), "not even the event that tells of the telling waits"
    [event] = office.rows("SELECT topics FROM events WHERE kind = :k", k=TOLD)
    assert event.topics == [f"inbox:{office.firm.therapists[0]}"]
    assert [entry["kind"] for _, entry in live_redis().xrange(stream_of(Group.USER))].count(TOLD) == 1


def test_history_that_is_written_afterwards_tells_nobody(office: Office) -> None:
    with transaction() as session:
        session.add(Event(kind="booked", happened_at=NOW, published_at=NOW, topics=[]))
    assert office.untold() == 0


def test_what_a_process_left_that_was_killed_before_publishing_is_told(office: Office) -> None:
    visit = office.firm.book(0)
    with transaction() as session:
        record(session, "handover_written", by=SYSTEM, now=NOW, topics=["desk"], appointment_id=visit)
        session.info.pop("recorded")
    assert office.untold() == 2
    assert office.tell().events == 2


def test_a_teller_that_dies_before_its_commit_leaves_everything_to_the_next(office: Office) -> None:
    office.firm.book(0)

    class Killed(Exception):
        pass

    def tell_and_die(session: Session) -> None:
        assert tell(session, now=NOW, limit=10).stored == 1
        raise Killed

    with pytest.raises(Killed), transaction() as session:
        tell_and_die(session)
    assert office.rows("SELECT 1 FROM notifications") == []
    assert office.tell().stored == 1


def test_many_tellers_at_once_tell_each_person_once(office: Office) -> None:
    for index, hour in ((0, 20), (1, 20), (2, 20), (3, 20)):
        office.firm.book(index, start=time(hour, 45))
    for _ in range(30):
        office.do(record_low, SYSTEM)
    started = threading.Barrier(4)

    def one(_number: int) -> int:
        started.wait(10)
        stored = 0
        while told := office.tell(limit=3):
            if not told.events:
                return stored
            stored += told.stored
        return stored

    with ThreadPoolExecutor(4) as tellers:
        assert sum(tellers.map(one, range(4))) == 34
    rows = office.rows("SELECT event_id, person_id, count(*) AS n FROM notifications GROUP BY 1, 2")
    assert len(rows) == 34
    assert {row.n for row in rows} == {1}
    assert office.untold() == 0


def test_the_second_row_of_one_event_and_person_is_refused_by_the_database(office: Office) -> None:
    office.firm.book(0)
    office.tell()
    with transaction() as session:
        session.execute(text("INSERT INTO untold_events SELECT event_id FROM notifications"))
    assert office.tell() == (1, 0, False)


def test_an_event_without_words_holds_up_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_event: object, _person: int) -> str:
        raise KeyError

    monkeypatch.setitem(RULES, "stock_low", (RULES["stock_low"][0]._replace(body=broken),))
    office.do(record_low, SYSTEM)
    office.firm.book(0)
    assert office.tell() == (2, 1, False)
    assert office.untold() == 0


def test_a_batch_asks_no_more_for_more_events(office: Office) -> None:
    from tests.integration.kit.test_query_budgets import does

    office.firm.book(0)
    few = does(lambda session: tell(session, now=NOW, limit=100))
    for index, hour in ((1, 20), (2, 20), (3, 20), (0, 22)):
        office.firm.book(index, start=time(hour, 45))
    many = does(lambda session: tell(session, now=NOW, limit=100))
    assert len(many) == len(few), "\n".join(many)


def record_low(session: Session, actor: Actor, **more: Any) -> None:
    data = {"item_id": 1, "available": 3, "minimum": 5}
    record(session, "stock_low", by=actor, topics=["desk"], data=data, **more)
