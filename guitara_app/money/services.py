"""Every change of a visit's money: an entry of its own, with who, when and how. None is ever changed."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Unpack

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.services.rows import worked
from guitara_app.appointments.services.visit import Step, Tap, in_order, visit_step
from guitara_app.clients.rules import normal_note
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import result_of_key
from guitara_app.money.models import Payment, Receipt
from guitara_app.money.queries import received
from guitara_app.money.receipts import same_picture
from guitara_app.money.rules import Method, check_amount, differences, method_of


class Verified(NamedTuple):
    """A payment that was recorded; ``warning`` says what somebody should look at, empty when there is nothing."""

    payment_id: int
    warning: str


def verify_payment(
    session: Session,
    actor: Actor,
    appointment_id: int,
    *,
    method: str,
    amount: Decimal,
    extension_amount: Decimal = Decimal(0),
    notes: str = "",
    receipt_id: int | None = None,
    **tap: Unpack[Tap],
) -> Verified:
    """Record that the client has paid.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        appointment_id: the visit.
        method: cash, gcash, bank_transfer or card.
        amount: pesos for the visit.
        extension_amount: pesos for its extensions.
        notes: whatever should be known of it.
        receipt_id: the picture that proves it, uploaded before; GCash needs one.
        tap: see ``Tap``.

    Raises:
        NotAllowed, NotFound: the actor is not of the desk, or there is no such visit.
        NotPossible: no payment is awaited.
        Invalid: the method, an amount or the receipt cannot be.
    """
    step = visit_step(session, actor, Action.VERIFY_PAYMENT, appointment_id, **tap)
    if step is None:
        made = result_of_key(session, actor.person_id or 0, tap.get("idempotency_key", ""))
        return Verified(made or 0, _warning_of(session, made or 0))
    step.check()
    in_order(step, *(seat.payment_requested_at for seat in step.seats if worked(seat)))
    how = method_of(method)
    check_amount(amount, field="amount")
    check_amount(extension_amount, field="extension_amount")
    receipt = _receipt(step, how, receipt_id)
    paid = _entry(step, "payment", how.value, amount, extension_amount, notes=normal_note(notes))
    if receipt is not None:
        receipt.payment_id = paid.id
        session.flush()
    warning = _warning_of(session, paid.id)
    step.done(
        result=paid.id,
        data={"payment_id": paid.id, "same_picture": bool(warning)},
        after=_words(how.value, amount, extension_amount),
    )
    return Verified(paid.id, warning)


def correct_payment(
    session: Session,
    actor: Actor,
    appointment_id: int,
    *,
    method: str,
    amount: Decimal,
    extension_amount: Decimal = Decimal(0),
    receipt_id: int | None = None,
    **tap: Unpack[Tap],
) -> None:
    """Say what was really paid, with a reason: the difference to what is recorded becomes an entry of its own.

    Another method takes the whole amount from the old one to the new one, so that each adds up.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound, NotPossible: there is no such visit, or it is not paid.
        Invalid: no reason, nothing differs, or the method, an amount or the receipt cannot be.
    """
    step = visit_step(session, actor, Action.CORRECT_PAYMENT, appointment_id, **tap)
    if step is None:
        return
    step.check()
    how = method_of(method)
    check_amount(amount, field="amount")
    check_amount(extension_amount, field="extension_amount")
    recorded = received(session, step.visit.id)
    entries = differences(recorded, how, (amount, extension_amount))
    if not entries:
        raise Invalid("That is what is recorded already.", field="amount")
    receipt = _receipt(step, how, receipt_id)
    for name, (more, more_extension) in sorted(entries.items()):
        entry = _entry(step, "correction", name, more, more_extension)
        if receipt is not None and name == how.value:
            receipt.payment_id = entry.id
    step.done(
        before={name: [str(part) for part in parts] for name, parts in recorded.items()},
        after=_words(how.value, amount, extension_amount),
    )


def write_off(session: Session, actor: Actor, appointment_id: int, **tap: Unpack[Tap]) -> None:
    """Give up what the client owes, with a reason; the visit goes on as if it had been paid.

    The entry holds what was given up. It has no method, and no total of received money counts it.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound, NotPossible: there is no such visit, or no payment is awaited.
        Invalid: no reason was given.
    """
    step = visit_step(session, actor, Action.WRITE_OFF, appointment_id, **tap)
    if step is None:
        return
    step.check()
    visit = step.visit
    _entry(step, "write_off", "none", visit.price, visit.extension_price)
    step.done(after=_words("none", visit.price, visit.extension_price))


def _entry(
    step: Step, kind: str, method: str, amount: Decimal, extension_amount: Decimal, *, notes: str = ""
) -> Payment:
    entry = Payment(
        appointment_id=step.visit.id,
        kind=kind,
        method=method,
        amount=amount,
        extension_amount=extension_amount,
        notes=notes,
        reason=step.reason,
        happened_at=step.at,
        verified_by_id=step.actor.person_id or 0,
    )
    step.session.add(entry)
    step.session.flush()
    return entry


def _receipt(step: Step, method: Method, receipt_id: int | None) -> Receipt | None:
    """The receipt that proves it: an unused one of this visit; GCash is not recorded without."""
    if receipt_id is None:
        proven = select(Receipt.id).where(Receipt.appointment_id == step.visit.id, col(Receipt.payment_id).is_not(None))
        if method is Method.GCASH and step.session.scalars(proven.limit(1)).first() is None:
            raise Invalid("GCash needs a receipt. Upload the picture first.", field="receipt_id")
        return None
    receipt = step.session.get(Receipt, receipt_id, with_for_update=True) if 0 < receipt_id < 2**63 else None
    if receipt is None or receipt.appointment_id != step.visit.id:
        raise Invalid("This receipt does not belong to this visit. Upload it here.", field="receipt_id")
    if receipt.payment_id is not None:
        raise Invalid("This receipt proves another payment already. Upload another one.", field="receipt_id")
    return receipt


def _warning_of(session: Session, payment_id: int) -> str:
    receipt = session.scalars(select(Receipt.id).where(Receipt.payment_id == payment_id)).first()
    return "" if receipt is None else same_picture(session, receipt)


def _words(method: str, amount: Decimal, extension_amount: Decimal) -> dict[str, str]:
    return {"method": method, "amount": str(amount), "extension_amount": str(extension_amount)}
