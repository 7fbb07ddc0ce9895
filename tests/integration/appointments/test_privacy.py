"""What a therapist's or driver's phone receives never holds a client they have no business with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.appointments.queries import own_night
from guitara_app.appointments.services import accept, cancel, reject, report_materials
from guitara_app.clients.rules import NewClient
from guitara_app.kit.database import reading, run, transaction
from guitara_app.money.services import verify_payment
from tests.support.firm import NOW, Firm, manila
from tests.support.steps import awaiting, seat_of, take

Rows = Callable[..., list[Any]]
MINE = ("D'Souza", "0917 123 4567", "9171234567", "1 Main Street", "1%20Main")
THEIRS = ("Reyes", "0918 765 4321", "9187654321", "77 Hidden Lane", "77%20Hidden", "brown dog", "wants quiet")


def other_client(firm: Firm) -> dict[str, Any]:
    return {
        "client_id": None,
        "new_client": NewClient(name="Mrs Reyes", phone="0918 765 4321"),
        "address_id": None,
        "address_line": "77 Hidden Lane",
        "address_notes": "brown dog",
        "locality_id": firm.locality,
        "notes": "wants quiet",
    }


def payload(person: int) -> str:
    with reading() as session:
        return json.dumps(own_night(session, person, now=NOW), ensure_ascii=False)


def found(words: tuple[str, ...], person: int) -> list[str]:
    sent = payload(person)
    return [word for word in words if word in sent]


def place(rows: Rows, firm: Firm, visit: int, therapist: int) -> int:
    [row] = rows(
        "SELECT id FROM assignments WHERE appointment_id = :visit AND person_id = :person",
        visit=visit,
        person=firm.therapists[therapist],
    )
    return int(row.id)


def test_a_therapist_is_sent_the_own_client_and_no_other(firm: Firm) -> None:
    firm.book(0)
    firm.book(1, **other_client(firm))
    assert "0917 123 4567" in payload(firm.therapists[0])
    assert found(THEIRS, firm.therapists[0]) == []
    assert found(MINE, firm.therapists[1]) == []
    assert found(MINE + THEIRS, firm.therapists[2]) == []
    assert found(MINE + THEIRS, firm.drivers[0]) == []


def test_whoever_rejected_has_no_more_business_with_the_client(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, 1)
    run(lambda session: reject(session, firm.therapist(0), place(rows, firm, visit, 0), reason="sick", now=NOW))
    assert found(MINE, firm.therapists[0]) == []
    assert "0917 123 4567" in payload(firm.therapists[1])


def test_nor_has_whose_visit_was_cancelled(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    run(lambda session: accept(session, firm.therapist(), place(rows, firm, visit, 0), now=NOW))
    run(lambda session: cancel(session, firm.operator, visit, reason="client called", now=NOW))
    assert found(MINE, firm.therapists[0]) == []
    assert "cancelled" in payload(firm.therapists[0])


def test_the_phone_is_not_needed_when_the_session_has_ended_and_nothing_once_it_is_paid_for(firm: Firm) -> None:
    visit = awaiting(firm, 0)
    assert found(("0917 123 4567", "9171234567"), firm.therapists[0]) == []
    assert "1 Main Street" in payload(firm.therapists[0])
    seat = seat_of(firm, visit)
    take(verify_payment, firm.operator, visit, method="cash", amount=Decimal(500), now=manila(22, 2))
    take(report_materials, firm.therapist(), seat, now=manila(22, 3))
    assert found(MINE, firm.therapists[0]) == []
    assert "completed" in payload(firm.therapists[0])


def test_a_reason_given_by_one_of_a_group_is_not_sent_to_the_others(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, 1)
    run(lambda session: reject(session, firm.therapist(0), place(rows, firm, visit, 0), reason="my knee", now=NOW))
    assert "my knee" not in payload(firm.therapists[1])


@pytest.mark.parametrize(
    ("state", "sees"), [("offered", False), ("accepted", True), ("under_way", True), ("done", False)]
)
def test_a_driver_knows_the_door_only_while_driving_there(firm: Firm, state: str, sees: bool) -> None:
    visit = firm.book(0, driver_needed=True)
    firm.book(1, start=time(23), **other_client(firm))
    with transaction() as session:
        session.execute(
            text(
                "UPDATE legs SET state = :state, driver_id = :driver, occupied = tstzrange(:now, :until),"
                " departed_at = :now, finished_at = :now WHERE to_appointment_id = :visit"
            ),
            {
                "state": state,
                "driver": firm.drivers[0],
                "now": NOW,
                "until": NOW + timedelta(hours=1),
                "visit": visit,
            },
        )
    assert bool(found(MINE, firm.drivers[0])) is sees
    assert found(THEIRS, firm.drivers[0]) == []
    assert found(MINE + THEIRS, firm.drivers[1]) == []
