"""What therapists carry follows every visit: out when it is tonight's, back whenever somebody leaves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from sqlalchemy import text

from guitara_app.appointments.models import Assignment
from guitara_app.appointments.queries import detail
from guitara_app.appointments.queries.bags import forecast, shortages
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import (
    accept,
    cancel,
    change,
    end_session,
    expire,
    no_show,
    open_day,
    reject,
    reopen,
    replace,
    report_materials,
    stop_early,
    swap,
)
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotPossible
from guitara_app.money.services import verify_payment
from guitara_app.stock.services import restock
from tests.integration.stock.conftest import Shelf, events, sound, stocked
from tests.support.firm import EVENING, NOW, Firm, manila
from tests.support.steps import agreed, awaiting, refused, running, seat_of, take, visit_of

TOMORROW = EVENING + timedelta(days=1)


def paid(firm: Firm, *therapists: int) -> int:
    visit = awaiting(firm, *therapists)
    amount = visit_of(visit).price
    take(verify_payment, firm.operator, visit, method="cash", amount=amount, now=manila(22, 5))
    return visit


def later(firm: Firm, *therapists: int, **more: object) -> int:
    return firm.book(*therapists, evening=TOMORROW, off_shift_reason="asked for them", **more)


def test_tonights_booking_takes_its_materials_at_once(firm: Firm, shelf: Shelf) -> None:
    firm.book(0, 1)
    assert (shelf.of(shelf.oil), shelf.of(shelf.kit), shelf.of(shelf.spray)) == ((8, 2, 0), (3, 2, 0), (5, 0, 0))
    sound()


def test_past_midnight_is_still_tonight(firm: Firm, shelf: Shelf) -> None:
    visit = firm.book(0, start=time(0), now=manila(23))
    assert shelf.of(shelf.oil) == (9, 1, 0)
    take(cancel, firm.operator, visit, now=manila(24, 30), reason="client's guests left")
    assert shelf.of(shelf.oil) == (10, 0, 0)


def test_a_later_one_takes_them_when_its_day_opens_and_only_once(firm: Firm, shelf: Shelf) -> None:
    later(firm, 0, 1)
    run(lambda session: open_day(session, now=manila(29, 59)))
    assert shelf.of(shelf.oil) == (10, 0, 0)
    assert [run(lambda session: open_day(session, now=manila(30))) for _ in range(3)] == [1, 0, 0]
    assert shelf.of(shelf.oil) == (8, 2, 0)
    assert len(events("materials_packed")) == 1
    sound()


def test_the_forecast_counts_what_later_evenings_will_need(firm: Firm, shelf: Shelf) -> None:
    firm.book(0)
    later(firm, 0, 1)
    later(firm, 2, service_ids=[firm.service, shelf.foot])
    with reading() as session:
        needed = {row.name: (row.needed, row.available, row.missing) for row in forecast(session, TOMORROW, now=NOW)}
        assert forecast(session, EVENING, now=NOW) == []
    assert needed == {"Lavender Oil": (3, 9, 0), "Hot Stone Kit": (3, 4, 0), "Nurse's Spray": (1, 5, 0)}


def call_off(firm: Firm, visit: int) -> None:
    take(cancel, firm.operator, visit, reason="called off")


def say_no(firm: Firm, visit: int) -> None:
    take(reject, firm.therapist(), seat_of(firm, visit), reason="sick")


def let_expire(firm: Firm, visit: int) -> None:
    run(lambda session: expire(session, visit, now=manila(21)))


def move_to_tomorrow(firm: Firm, visit: int) -> None:
    moved = ChangeRequest(evening=TOMORROW, off_shift_reason="asked for")
    take(change, firm.operator, visit, request=moved, reason="tomorrow")


def not_there(firm: Firm, visit: int) -> None:
    take(accept, firm.therapist(), seat_of(firm, visit))
    take(no_show, firm.operator, visit, now=manila(21, 20))


@pytest.mark.parametrize("leave", [call_off, say_no, let_expire, move_to_tomorrow, not_there])
def test_whoever_leaves_gives_back(firm: Firm, shelf: Shelf, leave: Callable[[Firm, int], None]) -> None:
    leave(firm, firm.book(0))
    assert (shelf.of(shelf.oil), shelf.of(shelf.kit)) == ((10, 0, 0), (5, 0, 0))
    sound()


def test_who_replaces_takes_and_who_reopens_takes_again(firm: Firm, shelf: Shelf) -> None:
    visit = firm.book(0)
    say_no(firm, visit)
    take(replace, firm.operator, seat_of(firm, visit), person_id=firm.therapists[1])
    assert shelf.of(shelf.oil) == (9, 1, 0)
    call_off(firm, visit)
    take(reopen, firm.operator, visit, reason="client called again")
    assert shelf.of(shelf.oil) == (9, 1, 0)
    sound()


def test_other_services_need_other_materials(firm: Firm, shelf: Shelf) -> None:
    visit = firm.book(0, 1)
    take(change, firm.operator, visit, request=ChangeRequest(service_ids=[shelf.foot]), reason="knee hurts")
    assert (shelf.of(shelf.oil), shelf.of(shelf.kit), shelf.of(shelf.spray)) == ((10, 0, 0), (5, 0, 0), (3, 2, 0))
    take(change, firm.operator, visit, request=ChangeRequest(therapist_ids=[firm.therapists[1]]), reason="one only")
    assert shelf.of(shelf.spray) == (4, 1, 0)
    sound()


def test_two_who_swap_carry_what_their_new_visits_need(firm: Firm, shelf: Shelf) -> None:
    one, other = firm.book(0), firm.book(1, service_ids=[shelf.foot])
    take(swap, firm.operator, seat_of(firm, one, 0), other_assignment_id=seat_of(firm, other, 1), reason="nearer")
    assert (shelf.of(shelf.oil), shelf.of(shelf.spray)) == ((9, 1, 0), (4, 1, 0))
    sound()


def test_what_is_reported_empty_is_empty_and_the_rest_comes_back(firm: Firm, shelf: Shelf) -> None:
    visit = paid(firm, 0, 1)
    assert shelf.of(shelf.oil) == (8, 2, 0)
    refused(Invalid, report_materials, firm.therapist(0), seat_of(firm, visit, 0), empty=[shelf.spray], now=manila(23))
    first = seat_of(firm, visit, 0)
    take(report_materials, firm.therapist(0), first, empty=[shelf.oil, shelf.kit], now=manila(22, 6))
    assert (shelf.of(shelf.oil), shelf.of(shelf.kit)) == ((8, 1, 1), (4, 1, 0))
    assert visit_of(visit).state == "paid"
    refused(NotPossible, report_materials, firm.therapist(0), first, now=manila(22, 7))
    assert visit_of(visit).closed_at is None
    second = seat_of(firm, visit, 1)
    for _ in range(2):
        take(report_materials, firm.therapist(1), second, now=manila(22, 8), idempotency_key="tap")
    assert (shelf.of(shelf.oil), shelf.of(shelf.kit)) == ((9, 0, 1), (5, 0, 0))
    assert (visit_of(visit).state, visit_of(visit).closed_at) == ("completed", manila(22, 8))
    assert len(events("completed")) == 1
    sound()


def test_what_was_used_stays_out_until_it_is_reported(firm: Firm, shelf: Shelf) -> None:
    visit = running(firm, 0)
    take(end_session, firm.therapist(), seat_of(firm, visit), now=manila(22))
    assert shelf.of(shelf.oil) == (9, 1, 0)


def test_stopped_for_safety_gives_back(firm: Firm, shelf: Shelf) -> None:
    visit = running(firm, 0)
    take(stop_early, firm.therapist(), seat_of(firm, visit), outcome="safety", reason="shouts", now=manila(21, 5))
    assert shelf.of(shelf.oil) == (10, 0, 0)
    sound()


def test_a_shortage_is_told_once_and_blocks_nobody(firm: Firm) -> None:
    shelf = stocked(firm, oil=1)
    visit = firm.book(0, 1)
    assert shelf.of(shelf.oil) == (0, 1, 0)
    with reading() as session:
        short = shortages(session, visit, now=NOW)
        shown = detail(session, visit, now=NOW)
        [missing] = session.query(Assignment).where(Assignment.person_id == firm.therapists[1])  # type: ignore[arg-type]
    assert [(row.name, row.quantity) for row in short] == [("Lavender Oil", 1)]
    assert shown is not None
    noted = [(line["what"], line["reason"]) for line in shown["history"]]
    assert ("Not enough in stock", "Lavender Oil: 1 piece missing") in noted
    [event] = events("stock_short")
    assert (event.appointment_id, event.assignment_id, event.data["item"]) == (visit, missing.id, "Lavender Oil")
    assert {"desk", f"appointment:{visit}"} <= set(event.topics)
    take(accept, firm.therapist(0), seat_of(firm, visit, 0))
    run(lambda session: open_day(session, now=NOW))
    assert len(events("stock_short")) == 1
    take(restock, firm.operator, shelf.oil, quantity=5)
    assert run(lambda session: open_day(session, now=NOW)) == 1
    assert shelf.of(shelf.oil) == (4, 2, 0)
    with reading() as session:
        assert shortages(session, visit, now=NOW) == []
    sound()


def test_a_withdrawn_item_is_not_taken(firm: Firm, shelf: Shelf) -> None:
    run(lambda session: session.execute(text("UPDATE items SET active = false WHERE id = :id"), {"id": shelf.oil}))
    agreed(firm, 0)
    assert shelf.of(shelf.oil) == (10, 0, 0)
