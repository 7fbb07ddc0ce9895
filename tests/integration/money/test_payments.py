"""Money: who, when and how of each entry, corrections as entries, and a receipt used twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from guitara_app.accounts.permissions import Actor
from guitara_app.cli.audits import run_audits
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, NotPossible
from guitara_app.money.queries import ledger, payment_lines, received
from guitara_app.money.receipts import keep_receipt
from guitara_app.money.rules import LARGEST_RECEIPT
from guitara_app.money.services import correct_payment, verify_payment, write_off
from tests.integration.money.conftest import PNG
from tests.support.firm import Firm, manila
from tests.support.steps import awaiting, refused, running, take, visit_of

LATER = manila(24, 30)


def lines(visit: int) -> list[tuple[Any, ...]]:
    with reading() as session:
        return [(one.kind, one.method, one.amount, one.extension_amount, one.by) for one in ledger(session, visit)]


def pay(firm: Firm, visit: int, **more: Any) -> Any:
    values: dict[str, Any] = {"method": "cash", "amount": Decimal(500), "now": LATER}
    return take(verify_payment, firm.operator, visit, **(values | more))


def test_a_payment_says_who_when_and_how(firm: Firm) -> None:
    visit = awaiting(firm, 0)
    paid = pay(firm, visit, extension_amount=Decimal("99.50"), notes="gave Ana's change back", now=LATER)
    assert paid.warning == ""
    assert visit_of(visit).state == "paid"
    assert lines(visit) == [("payment", "cash", 500, Decimal("99.50"), "Ana O'Hara")]
    with reading() as session:
        [entry] = ledger(session, visit)
        assert (entry.happened_at, entry.notes) == (LATER, "gave Ana's change back")
        assert run_audits(session) == []


def test_only_when_it_is_awaited_and_only_the_desk(firm: Firm, manager: Actor) -> None:
    visit = running(firm, 0)
    refused(NotPossible, verify_payment, firm.operator, visit, method="cash", amount=Decimal(1))
    refused(NotPossible, write_off, manager, visit, reason="x")
    refused(NotAllowed, verify_payment, firm.therapist(), visit, method="cash", amount=Decimal(1))
    refused(NotFound, verify_payment, firm.operator, 999_999, method="cash", amount=Decimal(1))


@pytest.mark.parametrize(
    ("method", "amount", "field"),
    [("cash", "-1", "amount"), ("cash", "1.005", "amount"), ("cash", "NaN", "amount"), ("cash", "Infinity", "amount"),
     ("cash", "1000000", "amount"), ("none", "1", "method"), ("", "1", "method"), ("'; --", "1", "method")],
)  # fmt: skip
def test_what_cannot_be_a_payment(firm: Firm, method: str, amount: str, field: str) -> None:
    visit = awaiting(firm, 0)
    with pytest.raises(Invalid) as error:
        pay(firm, visit, method=method, amount=Decimal(amount))
    assert error.value.field == field
    assert lines(visit) == []


def test_the_same_tap_and_a_second_operator_pay_once(firm: Firm) -> None:
    visit = awaiting(firm, 0)
    first = pay(firm, visit, idempotency_key="tap")
    assert pay(firm, visit, idempotency_key="tap") == first
    with pytest.raises(NotPossible):
        pay(firm, visit)
    assert len(lines(visit)) == 1


def upload(firm: Firm, visit: int, content: bytes = PNG, actor: Actor | None = None) -> Any:
    who = actor or firm.operator
    return run(lambda session: keep_receipt(session, who, visit, content=content, now=LATER))


def test_gcash_needs_a_receipt_of_this_visit_that_is_not_used(firm: Firm) -> None:
    visit, other = awaiting(firm, 0), awaiting(firm, 1)
    for receipt in (None, 0, 999_999, upload(firm, other).receipt_id):
        with pytest.raises(Invalid):
            pay(firm, visit, method="gcash", receipt_id=receipt)
    receipt = upload(firm, visit, PNG + b"mine").receipt_id
    assert pay(firm, visit, method="gcash", receipt_id=receipt).warning == ""
    with reading() as session:
        assert ledger(session, visit)[0].receipt_id == receipt


def test_the_same_picture_twice_warns_and_does_not_block(firm: Firm) -> None:
    first, second = awaiting(firm, 0), awaiting(firm, 1)
    pay(firm, first, method="gcash", receipt_id=upload(firm, first).receipt_id)
    again = upload(firm, second)
    assert f"#{first}" in again.warning
    assert f"#{first}" in pay(firm, second, method="gcash", receipt_id=again.receipt_id).warning
    with reading() as session:
        told = session.execute(text("SELECT data FROM events WHERE kind = 'payment_verified' ORDER BY id")).scalars()
        assert [data["same_picture"] for data in told] == [False, True]


def test_a_correction_is_an_entry_of_its_own_and_each_method_adds_up(firm: Firm, manager: Actor) -> None:
    visit = awaiting(firm, 0)
    pay(firm, visit, extension_amount=Decimal(100))
    right = {"method": "cash", "amount": Decimal(450), "extension_amount": Decimal(100), "now": LATER}
    refused(NotAllowed, correct_payment, firm.operator, visit, **right, reason="typo")
    refused(Invalid, correct_payment, manager, visit, **right)
    take(correct_payment, manager, visit, **right, reason="it's 450")
    refused(Invalid, correct_payment, manager, visit, **right, reason="again")
    take(correct_payment, manager, visit, **(right | {"method": "card"}), reason="by card")
    assert lines(visit) == [
        ("payment", "cash", 500, 100, "Ana O'Hara"),
        ("correction", "cash", -50, 0, "Mona D'Cruz"),
        ("correction", "card", 450, 100, "Mona D'Cruz"),
        ("correction", "cash", -450, -100, "Mona D'Cruz"),
    ]
    with reading() as session:
        assert received(session, visit) == {"cash": (0, 0), "card": (450, 100)}
    assert visit_of(visit).state == "paid"


def test_what_is_written_off_is_no_money_received(firm: Firm, manager: Actor) -> None:
    visit = awaiting(firm, 0)
    refused(NotAllowed, write_off, firm.operator, visit, reason="left")
    refused(Invalid, write_off, manager, visit, reason=" ")
    take(write_off, manager, visit, reason="client's gone", now=LATER)
    assert lines(visit) == [("write_off", "none", 500, 0, "Mona D'Cruz")]
    assert visit_of(visit).state == "paid"
    with reading() as session:
        assert received(session, visit) == {}
    take(correct_payment, manager, visit, method="cash", amount=Decimal(500), reason="came back and paid", now=LATER)
    with reading() as session:
        assert received(session, visit) == {"cash": (500, 0)}


@pytest.mark.parametrize("change", ["UPDATE payments SET amount = 0", "DELETE FROM payments"])
def test_the_application_cannot_change_an_entry(firm: Firm, change: str) -> None:
    visit = awaiting(firm, 0)
    pay(firm, visit)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction() as session:
        session.execute(text(change))


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html><script>", b"GIF89a", b"RIFF1234WAVE", b"%PD", b"MZ"],
)
def test_what_is_no_receipt(firm: Firm, content: bytes) -> None:
    visit = awaiting(firm, 0)
    with pytest.raises(Invalid):
        upload(firm, visit, content)


def test_how_large_a_receipt_may_be_and_whose(firm: Firm) -> None:
    visit = awaiting(firm, 0)
    upload(firm, visit, PNG + bytes(LARGEST_RECEIPT - len(PNG)))
    with pytest.raises(Invalid):
        upload(firm, visit, PNG + bytes(LARGEST_RECEIPT))
    assert upload(firm, visit, actor=firm.therapist(0)).receipt_id
    for number, actor in ((visit, firm.therapist(1)), (999_999, firm.operator), (2**63, firm.operator)):
        with pytest.raises(NotFound):
            upload(firm, number, actor=actor)


def test_the_visits_page_says_what_was_paid_and_warns_of_a_receipt_used_twice(firm: Firm, manager: Actor) -> None:
    first, second = awaiting(firm, 0), awaiting(firm, 1)
    for visit in (first, second):
        kept = upload(firm, visit)
        pay(firm, visit, method="gcash", receipt_id=kept.receipt_id, extension_amount=Decimal("99.50"))
    take(correct_payment, manager, second, method="cash", amount=Decimal(450), reason="she'd counted twice", now=LATER)
    with reading() as session:
        shown = {visit: payment_lines(session, visit) for visit in (first, second)}
    [line] = shown[first]
    assert (line["what"], line["amount"], line["by"]) == (
        "Paid, GCash",
        "\u20b1500 + \u20b199.50 extension",
        "Ana O'Hara",
    )
    assert line["when"] == "Tue 24 Nov 00:30"
    assert line["receipt"].startswith("/receipts/")
    assert line["warning"] == f"The same picture was kept before: #{second}."
    assert shown[second][-1]["words"] == "she'd counted twice"
    assert shown[second][-1]["by"] == "Mona D'Cruz"
