"""A manager forces a state: everything that it means happens, and what must never be still never is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import cancel, force
from guitara_app.appointments.words import ENDINGS, AppointmentState
from guitara_app.cli.audits import run_audits
from guitara_app.kit.database import reading, transaction
from guitara_app.kit.errors import Conflict, Invalid, NotAllowed, NotPossible
from guitara_app.money.services import verify_payment
from tests.support.firm import Firm, manila
from tests.support.steps import agreed, awaiting, refused, row, running, seat_row_of, take, visit_of

S = AppointmentState
Rows = Callable[..., list[Any]]
LATER = manila(24, 30)


@pytest.fixture
def manager(firm: Firm) -> Actor:
    with transaction() as session:
        person = Person(username="mona", name="Mona D'Cruz", role=Role.MANAGER)
        session.add(person)
        session.flush()
    return Actor(person.id, Role.MANAGER, person.name)


def push(manager: Actor, visit: int, to: AppointmentState, reason: str = "nobody's phone works", **more: Any) -> None:
    take(force, manager, visit, to_state=to, reason=reason, **({"now": manila(21)} | more))
    assert visit_of(visit).state == to
    sound()


def sound() -> None:
    with reading() as session:
        assert [found for found in run_audits(session) if found.audit != "events told"] == []


def driven(firm: Firm, state: str) -> int:
    """Two who said yes, and a driver who was asked or has the trip."""
    visit = agreed(firm, 0, 1, driver_needed=True)
    with transaction() as session:
        session.execute(
            text(
                "UPDATE legs SET state = :state, driver_id = :driver, planned_start = :at,"
                " occupied = tstzrange(:at, :until) WHERE to_appointment_id = :visit"
            ),
            {"state": state, "driver": firm.drivers[0], "at": manila(20), "until": manila(21), "visit": visit},
        )
        if state == "offered":
            session.execute(
                text(
                    "INSERT INTO leg_offers (leg_id, driver_id, search_number, answer, offered_at, due_at)"
                    " SELECT id, driver_id, 1, 'open', :at, :at FROM legs WHERE to_appointment_id = :visit"
                ),
                {"at": manila(20), "visit": visit},
            )
        else:
            session.execute(text("UPDATE appointments SET state = 'driver_confirmed' WHERE id = :id"), {"id": visit})
    return visit


def test_only_a_manager_and_only_with_a_reason(firm: Firm, manager: Actor) -> None:
    visit = firm.book(0)
    for actor in (firm.operator, firm.therapist(0)):
        refused(NotAllowed, force, actor, visit, to_state=S.CANCELLED, reason="x")
    refused(Invalid, force, manager, visit, to_state=S.CANCELLED, reason=" ")
    refused(NotPossible, force, manager, visit, to_state=S.PENDING, reason="x")
    for state in (S.DRIVER_CONFIRMED, S.IN_TRANSIT, S.ARRIVED, S.DROPPED_OFF):
        refused(NotPossible, force, manager, visit, to_state=state, reason="x")


def test_forwards_through_the_evening(firm: Firm, manager: Actor, rows: Rows) -> None:
    visit = firm.book(0, 1)
    push(manager, visit, S.THERAPIST_CONFIRMED)
    push(manager, visit, S.IN_SESSION)
    assert [seat.progress for seat in rows("SELECT progress FROM assignments")] == ["in_session", "in_session"]
    push(manager, visit, S.AWAITING_PAYMENT, now=manila(22))
    assert {(seat.answer, seat.session_ended_at) for seat in rows("SELECT * FROM assignments")} == {
        ("released", manila(22))
    }
    said = refused(NotPossible, force, manager, visit, to_state=S.PAID, reason="x", now=manila(22, 5))
    assert "never recorded by force" in said
    assert visit_of(visit).state == "awaiting_payment"
    take(verify_payment, firm.operator, visit, method="cash", amount=Decimal(1000), now=manila(22, 6))
    push(manager, visit, S.COMPLETED, now=LATER)
    assert visit_of(visit).closed_at == LATER
    reasons = {one.reason for one in rows("SELECT reason FROM event_details WHERE reason <> ''")}
    assert "nobody's phone works" in reasons


@pytest.mark.parametrize("state", [S.IN_TRANSIT, S.ARRIVED, S.DROPPED_OFF, S.IN_SESSION, S.AWAITING_PAYMENT])
def test_driven_there(firm: Firm, manager: Actor, rows: Rows, state: AppointmentState) -> None:
    visit = driven(firm, "accepted")
    push(manager, visit, state)
    [leg] = rows("SELECT state, finished_at FROM legs WHERE to_appointment_id = :id", id=visit)
    assert leg.state == ("under_way" if state in (S.IN_TRANSIT, S.ARRIVED) else "done")


def test_an_open_question_to_a_driver_is_answered_and_without_one_there_is_no_driver(
    firm: Firm, manager: Actor, rows: Rows
) -> None:
    push(manager, driven(firm, "offered"), S.DRIVER_CONFIRMED)
    assert [offer.answer for offer in rows("SELECT answer FROM leg_offers")] == ["accepted"]
    visit = agreed(firm, 2, driver_needed=True)
    said = refused(NotPossible, force, manager, visit, to_state=S.DRIVER_CONFIRMED, reason="x")
    assert "Choose one" in said


@pytest.mark.parametrize("ending", sorted(ENDINGS))
@pytest.mark.parametrize("state", [S.PENDING, S.DROPPED_OFF, S.IN_SESSION, S.AWAITING_PAYMENT])
def test_to_an_ending_from_anywhere(
    firm: Firm, manager: Actor, rows: Rows, state: AppointmentState, ending: AppointmentState
) -> None:
    visit = firm.book(0, 1, driver_needed=True) if state is S.PENDING else driven(firm, "accepted")
    if state is not S.PENDING:
        push(manager, visit, state)
    push(manager, visit, ending, now=manila(21, 30))
    assert not rows("SELECT 1 FROM assignments WHERE answer IN ('offered', 'accepted')")
    open_ways = "SELECT 1 FROM legs WHERE to_appointment_id = :id AND state NOT IN ('done', 'cancelled')"
    assert not rows(open_ways, id=visit)
    assert firm.book(0, 1, start=time(22), driver_needed=False)


def test_back_from_an_ending_it_is_booked_again_and_checked_again(firm: Firm, manager: Actor) -> None:
    visit = firm.book(0)
    take(cancel, firm.operator, visit, reason="called off")
    push(manager, visit, S.THERAPIST_CONFIRMED, now=manila(20, 30))
    take(cancel, firm.operator, visit, reason="called off", now=manila(20, 31))
    firm.book(0)
    refused(Conflict, force, manager, visit, to_state=S.IN_SESSION, reason="x", now=manila(20, 35))
    assert visit_of(visit).state == "cancelled"


def test_back_from_a_session_that_was_tapped_by_mistake(firm: Firm, manager: Actor) -> None:
    visit = running(firm, 0, 1)
    push(manager, visit, S.THERAPIST_CONFIRMED, now=manila(21, 2))
    assert seat_row_of(firm, visit).session_started_at is None
    push(manager, visit, S.IN_SESSION, now=manila(21, 5))
    assert seat_row_of(firm, visit).session_started_at == manila(21, 5)


def test_time_that_was_free_since_is_claimed_anew_or_named(firm: Firm, manager: Actor) -> None:
    visit = awaiting(firm, 0)
    push(manager, visit, S.THERAPIST_CONFIRMED, now=manila(22, 5))
    assert seat_row_of(firm, visit).answer == "accepted"
    push(manager, visit, S.AWAITING_PAYMENT, now=manila(22, 6))
    other = firm.book(0, start=time(22, 30), now=manila(22, 7))
    with transaction() as session:
        session.execute(
            text("UPDATE appointments SET starts_at = starts_at + interval '90 min', ends_at = ends_at"
                 " + interval '90 min' WHERE id = :id"), {"id": visit},
        )  # fmt: skip
    said = refused(Conflict, force, manager, visit, to_state=S.THERAPIST_CONFIRMED, reason="x", now=manila(22, 8))
    assert f"#{other}" in said
    assert visit_of(visit).state == "awaiting_payment"


def test_a_bill_is_taken_back_and_a_payment_is_not(firm: Firm, manager: Actor) -> None:
    visit = awaiting(firm, 0)
    push(manager, visit, S.IN_SESSION, now=manila(22, 3))
    push(manager, visit, S.AWAITING_PAYMENT, now=manila(22, 4))
    take(verify_payment, firm.operator, visit, method="card", amount=Decimal(500), now=manila(22, 5))
    push(manager, visit, S.COMPLETED, now=manila(22, 6))
    push(manager, visit, S.PAID, now=manila(22, 7))
    assert visit_of(visit).closed_at is None
    said = refused(NotPossible, force, manager, visit, to_state=S.AWAITING_PAYMENT, reason="x", now=manila(22, 8))
    assert "Correct the payment" in said
    push(manager, visit, S.COMPLETED, now=manila(22, 9))


def test_nobody_is_forced_into_two_sessions_or_two_cars(firm: Firm, manager: Actor) -> None:
    running(firm, 0)
    second = agreed(firm, 0, start=time(23))
    assert "still in session" in refused(NotPossible, force, manager, second, to_state=S.IN_SESSION, reason="x")
    one = agreed(firm, 1, driver_needed=True)
    other = agreed(firm, 2, driver_needed=True)
    with transaction() as session:
        for visit, hour in ((one, 20), (other, 22)):
            session.execute(
                text(
                    "UPDATE legs SET state = 'accepted', driver_id = :driver, planned_start = :at,"
                    " occupied = tstzrange(:at, :until) WHERE to_appointment_id = :visit"
                ),
                {"driver": firm.drivers[0], "at": manila(hour), "until": manila(hour + 1), "visit": visit},
            )
        session.execute(
            text("UPDATE appointments SET state = 'driver_confirmed' WHERE id = ANY(:ids)"), {"ids": [one, other]}
        )
    push(manager, one, S.IN_TRANSIT, now=manila(20, 10))
    said = refused(NotPossible, force, manager, other, to_state=S.IN_TRANSIT, reason="x", now=manila(20, 20))
    assert "under way" in said


def test_the_same_request_forces_once(firm: Firm, manager: Actor) -> None:
    visit = firm.book(0)
    for _ in range(2):
        take(force, manager, visit, to_state=S.THERAPIST_CONFIRMED, reason="phone", idempotency_key="one")
    assert row("SELECT count(*) AS many FROM events WHERE kind = 'state_forced'").many == 1
