"""The work itself: a session begins, grows longer, ends or is stopped, and the bill is put on the table.

What really happened is never refused because of the plan: where it runs into the next job, a clash opens there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Assignment
from guitara_app.appointments.rules import HIGHEST_PRICE
from guitara_app.appointments.services.endings import end_visit
from guitara_app.appointments.services.pickups import want_way_back
from guitara_app.appointments.services.reviews import decide
from guitara_app.appointments.services.rows import live, release, worked
from guitara_app.appointments.services.seats import leave
from guitara_app.appointments.services.trips import bring_back
from guitara_app.appointments.services.visit import Step, Tap, in_order, seat_step
from guitara_app.appointments.words import AppointmentState, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotPossible
from guitara_app.kit.statements import text

StopOutcome = Literal["pay_part", "safety"]
_CENTAVO = Decimal("0.01")


def start_session(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Begin the own session, however early or late it is.

    Raises:
        NotAllowed, NotFound: it is not the actor's to begin.
        NotPossible: not dropped off yet, not everybody accepted, or still in session elsewhere.
        Invalid: the time told lies before the drop-off.
    """
    step = seat_step(session, actor, Action.START_SESSION, assignment_id, **tap)
    if step is None:
        return
    step.check()
    in_order(step, step.own_seat.dropped_off_at)
    begin(step, step.own_seat)
    step.done()


def extend(
    session: Session, actor: Actor, assignment_id: int, *, minutes: int, price: Decimal, **tap: Unpack[Tap]
) -> None:
    """Make the own session longer and the visit dearer; what comes after it is not asked, a clash says so.

    Raises:
        NotAllowed, NotFound: it is not the actor's to extend.
        NotPossible: there is no session to extend, or its end was told a moment before.
        Invalid: the minutes or the price cannot be.
    """
    step = seat_step(session, actor, Action.EXTEND, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat, visit = step.own_seat, step.visit
    if seat.progress == Progress.ENDED and visit.state != AppointmentState.AWAITING_PAYMENT:
        raise NotPossible("This session has just ended. Ask for the payment first; it can be extended then.")
    longest = firm_settings(session).longest_visit_minutes
    if not 1 <= minutes <= longest:
        raise Invalid(f"Type the minutes, 1 to {longest}.", field="minutes")
    _check_price(price, HIGHEST_PRICE - visit.extension_price)
    seat.extension_minutes += minutes
    seat.extended_at = step.now
    seat.version += 1
    visit.extension_price += price
    step.done(data={"minutes": minutes}, after={"price": str(price)})


def end_session(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """End the own session: the person is free from then on.

    Raises:
        NotAllowed, NotFound: it is not the actor's to end.
        NotPossible: it is not running, or somebody extended it at this very moment.
        Invalid: the time told lies before its beginning.
    """
    step = seat_step(session, actor, Action.END_SESSION, assignment_id, **tap)
    if step is None:
        return
    step.check()
    in_order(step, step.own_seat.session_started_at)
    _refuse_overtaken(step, step.own_seat)
    finish(step, step.own_seat)
    step.done()


def stop_early(
    session: Session,
    actor: Actor,
    assignment_id: int,
    *,
    outcome: StopOutcome,
    amount: Decimal | None = None,
    **tap: Unpack[Tap],
) -> None:
    """Break the own session off, with a reason: the client pays a part, or it is called off for safety.

    With ``pay_part`` the visit costs ``amount``, extensions apart; when nobody is in session any more, the bill is on
    the table. With ``safety`` this therapist's share is not charged, nobody else goes in, and a car that was promised
    is asked for at once, urgently. Others who are in session go on; when nobody is left whose work is paid for, the
    visit is cancelled.

    Raises:
        NotAllowed, NotFound: it is not the actor's to stop.
        NotPossible: it is not running, or somebody extended it at this very moment.
        Invalid: no reason, or an amount that cannot be.
    """
    step = seat_step(session, actor, Action.STOP_EARLY, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat, visit = step.own_seat, step.visit
    in_order(step, seat.session_started_at)
    _refuse_overtaken(step, seat)
    before = visit.price
    paid_for = len(_paid_for(step))
    finish(step, seat)
    seat.ended_early, seat.ended_early_reason = outcome, step.reason
    if outcome == "pay_part":
        if amount is None:
            raise Invalid("Type what the client pays.", field="amount")
        _check_price(amount, before, field="amount")
        visit.price = amount
        if not live(step.seats):
            seat.payment_requested_at = step.at
    else:
        _stop_for_safety(step, paid_for)
    step.done(data={"outcome": outcome}, before={"price": str(before)}, after={"price": str(visit.price)})


def request_payment(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Put the bill on the table when everybody's session has ended.

    Raises:
        NotAllowed, NotFound: it is not the actor's to ask.
        NotPossible: somebody's session has not ended, or the payment has been asked for.
    """
    step = seat_step(session, actor, Action.REQUEST_PAYMENT, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat = step.own_seat
    in_order(step, seat.session_ended_at)
    seat.payment_requested_at = step.at
    seat.version += 1
    step.done()


def begin(step: Step, seat: Assignment) -> None:
    """This session runs from ``step.at`` on.

    Raises:
        NotPossible: the person is in session elsewhere.
    """
    other = step.session.execute(
        text(
            "SELECT a.id, c.name, p.name AS person FROM assignments g JOIN appointments a ON a.id = g.appointment_id"
            " JOIN clients c ON c.id = a.client_id JOIN people p ON p.id = g.person_id"
            " WHERE g.person_id = :person AND g.progress = 'in_session' AND g.id <> :id"
        ),
        {"person": seat.person_id, "id": seat.id},
    ).first()
    if other is not None:
        raise NotPossible(f"{other.person} is still in session with {other.name} (#{other.id}). End that one first.")
    seat.progress, seat.session_started_at = Progress.IN_SESSION, step.at
    seat.version += 1


def finish(step: Step, seat: Assignment) -> None:
    """This session ended at ``step.at``; the person's time after it is their own."""
    seat.progress, seat.session_ended_at = Progress.ENDED, step.at
    release(seat, now=step.at)
    step.session.flush()


def _refuse_overtaken(step: Step, seat: Assignment) -> None:
    """Whoever ends a session while somebody else extends it did not know of the extension, and is told of it."""
    if seat.extended_at is not None and step.now <= seat.extended_at:
        raise NotPossible("The session was extended at this very moment. End it again if it is over all the same.")


def _paid_for(step: Step) -> list[Assignment]:
    """The places the price is for: those who go or have worked, but for whom safety has ended it."""
    counting = [seat for seat in step.seats if worked(seat)] + live(step.seats)
    return [seat for seat in counting if seat.ended_early != "safety"]


def _stop_for_safety(step: Step, paid_for: int) -> None:
    visit, seat = step.visit, step.own_seat
    not_in_yet = [one for one in live(step.seats) if one.progress != Progress.IN_SESSION]
    if not_in_yet:
        bring_back(step, not_in_yet)
        leave(step, *not_in_yet)
    decide(step, "settled")
    staying = _paid_for(step)
    visit.price = (visit.price * len(staying) / paid_for).quantize(_CENTAVO)
    if visit.driver_needed:
        want_way_back(step, seat, urgent=True)
    if not staying:
        visit.price, visit.extension_price = Decimal(0), Decimal(0)
        end_visit(step, AppointmentState.CANCELLED, step.reason)


def _check_price(price: Decimal, at_most: Decimal, *, field: str = "price") -> None:
    if not price.is_finite() or not Decimal(0) <= price <= at_most or price != price.quantize(_CENTAVO):
        raise Invalid(f"Type pesos from 0 to {at_most:,.2f}, with at most two decimals.", field=field)
