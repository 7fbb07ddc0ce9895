"""Sessions as they really go: early, late, over time, longer, shorter, broken off; the plan never refuses them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import (
    accept,
    change,
    end_session,
    extend,
    grow_overdue,
    no_show,
    reopen,
    request_payment,
    start_session,
    stop_early,
    withdraw,
)
from guitara_app.cli.audits import run_audits
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible
from tests.support.firm import Firm, manila
from tests.support.steps import agreed, awaiting, refused, running, seat_of, seat_row_of, take, visit_of

Rows = Callable[..., list[Any]]


def on_site(firm: Firm, visit: int, *therapists: int) -> None:
    """They were driven there and dropped off at 20:55."""
    with transaction() as session:
        session.execute(
            text(
                "UPDATE assignments SET progress = 'dropped_off', departed_at = :at, arrived_at = :at,"
                " dropped_off_at = :at WHERE appointment_id = :visit AND person_id = ANY(:people)"
            ),
            {"at": manila(20, 55), "visit": visit, "people": [firm.therapists[one] for one in therapists]},
        )
        session.execute(
            text(
                "UPDATE legs SET state = 'done', driver_id = :driver, departed_at = :at, finished_at = :at,"
                " planned_start = :at, occupied = tstzrange(:at, :at) WHERE to_appointment_id = :visit"
            ),
            {"at": manila(20, 55), "visit": visit, "driver": firm.drivers[0]},
        )
        session.execute(text("UPDATE appointments SET state = 'dropped_off' WHERE id = :id"), {"id": visit})


def clashes(rows: Rows) -> list[tuple[int, int, int]]:
    """Open ones: from which visit, into which, by how many minutes."""
    return [
        (found.this, found.next, found.minutes)
        for found in rows(
            "SELECT a.appointment_id AS this, b.appointment_id AS next, k.minutes FROM clashes k"
            " JOIN assignments a ON a.id = k.assignment_id JOIN assignments b ON b.id = k.next_assignment_id"
            " WHERE k.settled_at IS NULL ORDER BY k.id"
        )
    ]


def sound() -> None:
    """Nothing that must hold is broken."""
    with reading() as session:
        assert [found for found in run_audits(session) if found.audit != "events told"] == []


def occupied(firm: Firm, visit: int, therapist: int = 0) -> tuple[datetime, datetime]:
    taken = seat_row_of(firm, visit, therapist).occupied
    return taken.lower, taken.upper


@pytest.mark.parametrize("minutes", [-35, 0, 48])
def test_a_session_starts_whenever_it_starts(firm: Firm, minutes: int) -> None:
    visit, at = agreed(firm, 0), manila(21, minutes)
    take(start_session, firm.therapist(), seat_of(firm, visit), now=at)
    seat = seat_row_of(firm, visit)
    assert (seat.progress, seat.session_started_at, visit_of(visit).state) == ("in_session", at, "in_session")
    assert occupied(firm, visit) == (min(at, manila(21)), max(at + timedelta(hours=1), manila(22)))
    sound()


def test_a_session_past_midnight(firm: Firm) -> None:
    visit = agreed(firm, 0, start=time(0, 0))
    take(start_session, firm.therapist(), seat_of(firm, visit), now=manila(24, 30))
    take(end_session, firm.therapist(), seat_of(firm, visit), now=manila(25, 30))
    assert seat_row_of(firm, visit).session_ended_at == manila(25, 30)
    assert str(visit_of(visit).business_date) == "2026-11-23"
    sound()


def test_before_everybody_accepted_none_starts_who_travels_alone(firm: Firm) -> None:
    visit = firm.book(0, 1)
    take(accept, firm.therapist(0), seat_of(firm, visit, 0))
    refused(NotPossible, start_session, firm.therapist(0), seat_of(firm, visit, 0))
    take(accept, firm.therapist(1), seat_of(firm, visit, 1))
    take(start_session, firm.therapist(0), seat_of(firm, visit, 0))
    take(start_session, firm.therapist(1), seat_of(firm, visit, 1))


def test_nobody_is_in_two_sessions_and_the_other_is_named(firm: Firm) -> None:
    running(firm, 0)
    second = agreed(firm, 0, start=time(23))
    said = refused(NotPossible, start_session, firm.therapist(), seat_of(firm, second), now=manila(22, 50))
    assert "Mrs D'Souza" in said
    assert "Therapist 0 is still in session" in said


def test_what_is_told_late_still_comes_in_order(firm: Firm) -> None:
    visit = agreed(firm, 0, driver_needed=True)
    on_site(firm, visit, 0)
    seat = seat_of(firm, visit)
    refused(Invalid, start_session, firm.therapist(), seat, now=manila(21, 30), happened_at=manila(20, 54))
    take(start_session, firm.therapist(), seat, now=manila(21, 30), happened_at=manila(21, 5))
    refused(Invalid, end_session, firm.therapist(), seat, now=manila(22, 30), happened_at=manila(21, 4))
    take(end_session, firm.therapist(), seat, now=manila(22, 30), happened_at=manila(22, 6))
    found = seat_row_of(firm, visit)
    assert (found.session_started_at, found.session_ended_at) == (manila(21, 5), manila(22, 6))
    assert (found.released_at, found.occupied.upper) == (manila(22, 6), manila(22, 6))
    sound()


def test_the_desk_acts_for_them_with_a_reason_and_colleagues_not_at_all(firm: Firm, rows: Rows) -> None:
    visit = agreed(firm, 0)
    seat = seat_of(firm, visit)
    for service in (start_session, end_session, request_payment):
        refused(NotFound, service, firm.therapist(1), seat)
    assert "Say why" in refused(Invalid, start_session, firm.operator, seat)
    take(start_session, firm.operator, seat, now=manila(21), reason="phone's dead")
    [event] = rows("SELECT actor_id, on_behalf_of_id FROM events WHERE kind = 'session_started'")
    assert (event.actor_id, event.on_behalf_of_id) == (firm.operator.person_id, firm.therapists[0])


@pytest.mark.parametrize("service", [start_session, end_session])
def test_the_same_tap_sent_twice_counts_once(firm: Firm, rows: Rows, service: Callable[..., None]) -> None:
    visit = agreed(firm, 0) if service is start_session else running(firm, 0)
    for _ in range(2):
        take(service, firm.therapist(), seat_of(firm, visit), now=manila(21, 30), idempotency_key="tap")
    assert len(rows("SELECT 1 FROM events WHERE kind IN ('session_started', 'session_ended')")) == (
        1 if service is start_session else 2
    )
    refused(NotPossible, service, firm.therapist(), seat_of(firm, visit), now=manila(21, 31), idempotency_key="other")


def test_a_longer_session_opens_a_clash_with_the_next_and_is_never_refused(firm: Firm, rows: Rows) -> None:
    visit = running(firm, 0)
    following = agreed(firm, 0, start=time(22))
    take(extend, firm.therapist(), seat_of(firm, visit), minutes=30, price=Decimal("250.50"), now=manila(21, 50))
    assert seat_row_of(firm, visit).extension_minutes == 30
    assert visit_of(visit).extension_price == Decimal("250.50")
    assert clashes(rows) == [(visit, following, 30)]
    take(extend, firm.therapist(), seat_of(firm, visit), minutes=15, price=Decimal(100), now=manila(22, 20))
    assert clashes(rows) == [(visit, following, 45)]
    assert visit_of(visit).extension_price == Decimal("350.50")
    take(end_session, firm.therapist(), seat_of(firm, visit), now=manila(22, 40))
    assert clashes(rows) == []
    sound()


def test_an_extension_is_told_even_when_the_bill_is_on_the_table(firm: Firm) -> None:
    visit = awaiting(firm, 0)
    take(extend, firm.therapist(), seat_of(firm, visit), minutes=10, price=Decimal(90), now=manila(22, 2))
    assert visit_of(visit).extension_price == 90
    assert visit_of(visit).state == "awaiting_payment"
    assert seat_row_of(firm, visit).answer == "released"


def test_each_of_a_group_extends_their_own_session_also_while_others_wait(firm: Firm) -> None:
    visit = agreed(firm, 0, 1)
    take(start_session, firm.therapist(0), seat_of(firm, visit, 0), now=manila(21))
    refused(NotPossible, extend, firm.therapist(1), seat_of(firm, visit, 1), minutes=10, price=Decimal(1))
    take(extend, firm.therapist(0), seat_of(firm, visit, 0), minutes=20, price=Decimal(150), now=manila(21, 30))
    assert (seat_row_of(firm, visit, 0).extension_minutes, seat_row_of(firm, visit, 1).extension_minutes) == (20, 0)


@pytest.mark.parametrize(
    ("minutes", "price"),
    [(0, "10"), (-5, "10"), (100_000, "10"), (10, "-1"), (10, "1.005"), (10, "1000000"), (10, "NaN"), (10, "Infinity")],
)
def test_what_cannot_be_an_extension(firm: Firm, minutes: int, price: str) -> None:
    visit = running(firm, 0)
    refused(Invalid, extend, firm.therapist(), seat_of(firm, visit), minutes=minutes, price=Decimal(price))


def test_a_chain_of_three_gives_way_job_by_job(firm: Firm, rows: Rows) -> None:
    first = agreed(firm, 0, start=time(20))
    second, third = agreed(firm, 0, start=time(21)), agreed(firm, 0, start=time(22))
    take(start_session, firm.therapist(), seat_of(firm, first), now=manila(20, 25))
    assert clashes(rows) == [(first, second, 25)]
    take(end_session, firm.therapist(), seat_of(firm, first), now=manila(21, 27))
    assert clashes(rows) == []
    take(start_session, firm.therapist(), seat_of(firm, second), now=manila(21, 30))
    assert clashes(rows) == [(second, third, 30)]
    # Nobody taps the end: it grows with the clock, past the planned end and past the next.
    run(lambda session: grow_overdue(session, now=manila(23, 40)))
    [(this, following, minutes)] = clashes(rows)
    assert (this, following) == (second, third)
    assert minutes >= 100
    take(end_session, firm.therapist(), seat_of(firm, second), now=manila(23, 41))
    take(start_session, firm.therapist(), seat_of(firm, third), now=manila(23, 45))
    assert clashes(rows) == []
    sound()


def test_whoever_ends_early_can_be_booked_at_once(firm: Firm) -> None:
    visit = running(firm, 0)
    take(end_session, firm.therapist(), seat_of(firm, visit), now=manila(21, 20))
    assert agreed(firm, 0, start=time(21, 30))


def test_a_group_ends_one_by_one_and_pays_together(firm: Firm) -> None:
    visit = running(firm, 0, 1, 2)
    for one, minute in ((2, 40), (0, 58)):
        take(end_session, firm.therapist(one), seat_of(firm, visit, one), now=manila(21, minute))
        refused(NotPossible, request_payment, firm.therapist(one), seat_of(firm, visit, one), now=manila(22))
    assert seat_row_of(firm, visit, 1).progress == "in_session"
    refused(NotPossible, request_payment, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22))
    take(end_session, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22, 10))
    assert visit_of(visit).state == "in_session"
    take(request_payment, firm.therapist(2), seat_of(firm, visit, 2), now=manila(22, 11))
    assert visit_of(visit).state == "awaiting_payment"
    refused(NotPossible, request_payment, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22, 12))
    sound()


def test_stopped_early_the_client_pays_a_part_and_the_bill_is_on_the_table(firm: Firm) -> None:
    visit = running(firm, 0)
    seat, part = seat_of(firm, visit), {"outcome": "pay_part", "now": manila(21, 20)}
    refused(Invalid, stop_early, firm.therapist(), seat, **part, amount=Decimal(200))
    refused(Invalid, stop_early, firm.therapist(), seat, **part, reason="client isn't well")
    refused(Invalid, stop_early, firm.therapist(), seat, **part, reason="ill", amount=Decimal("500.01"))
    take(stop_early, firm.therapist(), seat, **part, reason="client isn't well", amount=Decimal("199.50"))
    found, place = visit_of(visit), seat_row_of(firm, visit)
    assert (found.state, found.price) == ("awaiting_payment", Decimal("199.50"))
    assert (place.answer, place.ended_early, place.ended_early_reason) == ("released", "pay_part", "client isn't well")
    assert agreed(firm, 0, start=time(21, 30))
    sound()


def test_one_of_a_group_who_stops_early_does_not_stop_the_others(firm: Firm) -> None:
    visit = running(firm, 0, 1)
    take(
        stop_early, firm.therapist(0), seat_of(firm, visit, 0), now=manila(21, 20), reason="cramp",
        outcome="pay_part", amount=Decimal(700),
    )  # fmt: skip
    assert (visit_of(visit).state, visit_of(visit).price) == ("in_session", 700)
    take(end_session, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22))
    take(request_payment, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22))


def test_stopped_for_safety_nothing_is_owed_and_a_car_comes_at_once(firm: Firm, rows: Rows) -> None:
    visit = agreed(firm, 0, driver_needed=True)
    on_site(firm, visit, 0)
    take(start_session, firm.therapist(), seat_of(firm, visit), now=manila(21))
    take(stop_early, firm.therapist(), seat_of(firm, visit), now=manila(21, 9), outcome="safety", reason="he's drunk")
    found = visit_of(visit)
    assert (found.state, found.price, found.closed_at, found.ending_reason) == (
        "cancelled", 0, manila(21, 9), "he's drunk",
    )  # fmt: skip
    [back] = rows("SELECT state, urgent FROM legs WHERE from_appointment_id = :id", id=visit)
    assert (back.state, back.urgent) == ("searching", True)
    assert seat_row_of(firm, visit).pickup_urgent
    assert "Book a new one" in refused(NotPossible, reopen, firm.operator, visit, reason="again", now=manila(21, 30))
    sound()


def test_safety_of_one_of_a_group_lets_those_in_session_go_on_and_nobody_else_in(firm: Firm, rows: Rows) -> None:
    visit = agreed(firm, 0, 1, 2, driver_needed=True)
    on_site(firm, visit, 0, 1, 2)
    for one in (0, 1):
        take(start_session, firm.therapist(one), seat_of(firm, visit, one), now=manila(21))
    take(stop_early, firm.therapist(0), seat_of(firm, visit, 0), now=manila(21, 9), outcome="safety", reason="fight")
    assert (visit_of(visit).state, visit_of(visit).price) == ("in_session", 500)
    assert seat_row_of(firm, visit, 1).progress == "in_session"
    assert seat_row_of(firm, visit, 2).answer == "released"
    [back] = rows("SELECT id, state, urgent, vehicle_needed FROM legs WHERE from_appointment_id = :id", id=visit)
    assert (back.state, back.urgent, back.vehicle_needed) == ("searching", True, "car")
    assert len(rows("SELECT 1 FROM leg_passengers WHERE leg_id = :id", id=back.id)) == 2
    take(end_session, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22))
    take(request_payment, firm.therapist(1), seat_of(firm, visit, 1), now=manila(22))
    assert visit_of(visit).state == "awaiting_payment"
    sound()


def test_a_session_that_was_paid_for_is_still_paid_when_the_last_stops_for_safety(firm: Firm) -> None:
    visit = running(firm, 0, 1)
    take(end_session, firm.therapist(0), seat_of(firm, visit, 0), now=manila(21, 50))
    take(stop_early, firm.therapist(1), seat_of(firm, visit, 1), now=manila(21, 55), outcome="safety", reason="fight")
    assert (visit_of(visit).state, visit_of(visit).price) == ("in_session", 500)
    take(request_payment, firm.therapist(0), seat_of(firm, visit, 0), now=manila(22))
    sound()


def test_a_started_session_shuts_other_ways(firm: Firm) -> None:
    visit = running(firm, 0)
    refused(NotPossible, no_show, firm.operator, visit, now=manila(21, 30))
    refused(NotPossible, withdraw, firm.therapist(), seat_of(firm, visit), reason="tired")
    later = ChangeRequest(start=time(22))
    refused(NotPossible, change, firm.operator, visit, request=later, reason="client asked")
    refused(NotAllowed, stop_early, Actor(firm.drivers[0], Role.DRIVER, "D"), seat_of(firm, visit),
            outcome="safety", reason="x")  # fmt: skip
