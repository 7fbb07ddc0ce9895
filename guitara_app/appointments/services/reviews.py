"""What the desk decides about a place that somebody refused, gave back or left unanswered."""

from __future__ import annotations

from decimal import Decimal
from typing import Unpack

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Assignment, Review
from guitara_app.appointments.rules import answer_due
from guitara_app.appointments.services.rows import live
from guitara_app.appointments.services.seats import offer_seat, therapists
from guitara_app.appointments.services.visit import Step, Tap, seat_step
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotPossible


def insist(
    session: Session, actor: Actor, assignment_id: int, *, off_shift_reason: str = "", **tap: Unpack[Tap]
) -> None:
    """Ask the same person again, with a new time to answer; their time is claimed anew.

    Raises:
        NotAllowed, NotFound: not the actor's to decide.
        NotPossible: nothing waits for a decision here.
        Conflict: they were booked elsewhere meanwhile; replace or drop them instead.
    """
    _ask(session, actor, Action.INSIST, assignment_id, None, off_shift_reason, tap)


def replace(
    session: Session,
    actor: Actor,
    assignment_id: int,
    *,
    person_id: int,
    off_shift_reason: str = "",
    **tap: Unpack[Tap],
) -> None:
    """Ask somebody else for this place. Everybody else of the visit keeps their answer.

    Raises:
        NotAllowed, NotFound: not the actor's to decide.
        NotPossible: nothing waits for a decision here.
        Conflict, Invalid: the other person is taken, off shift, or on this visit already.
    """
    _ask(session, actor, Action.REPLACE, assignment_id, person_id, off_shift_reason, tap)


def drop(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Go without this place: the group is smaller, and the price with it.

    Raises:
        NotAllowed, NotFound: not the actor's to decide.
        NotPossible: nothing waits for a decision here, or nobody else would be left.
    """
    step = seat_step(session, actor, Action.DROP, assignment_id, **tap)
    if step is None:
        return
    step.check()
    review = _waiting(step)
    others = _counting(step, step.own_seat)
    if not others:
        raise NotPossible("Nobody else goes to this visit. Replace them, or cancel the visit.")
    before = step.visit.price
    step.visit.price = (before * others / (others + 1)).quantize(Decimal("0.01"))
    _settle(step, review, "drop")
    step.done(before={"price": str(before)}, after={"price": str(step.visit.price)})


def decide(step: Step, decision: str, *, at_most: int | None = None) -> None:
    """Settle what waits for a decision on the visit, oldest first: all of it, or ``at_most`` so many places."""
    for review in _undecided(step)[:at_most]:
        _settle(step, review, decision)


def _ask(
    session: Session,
    actor: Actor,
    action: Action,
    assignment_id: int,
    person_id: int | None,
    off_shift_reason: str,
    tap: Tap,
) -> None:
    also = set() if person_id is None else {person_id}
    step = seat_step(session, actor, action, assignment_id, also_people=also, **tap)
    if step is None:
        return
    step.check()
    review = _waiting(step)
    whom = step.own_seat.person_id if person_id is None else person_id
    if any(seat.person_id == whom for seat in live(step.seats)):
        raise Invalid("They are on this visit already. Choose somebody else.", field="person_id")
    therapists(session, [whom])
    override = normal_note(off_shift_reason, field="off_shift_reason")
    _settle(step, review, action.value)
    due_at = answer_due(step.now, step.visit.starts_at, firm_settings(session))
    seat = offer_seat(step, whom, due_at=due_at, override=override)
    step.done(person_id=whom, result=seat.id)


def _waiting(step: Step) -> Review:
    found = step.session.scalars(
        select(Review).where(Review.assignment_id == step.own_seat.id, col(Review.decision).is_(None))
    ).one_or_none()
    if found is None:
        raise NotPossible("This has been decided already.")
    return found


def _undecided(step: Step) -> list[Review]:
    of_visit = select(Review).where(Review.appointment_id == step.visit.id, col(Review.decision).is_(None))
    return list(step.session.scalars(of_visit.order_by(col(Review.id))))


def _counting(step: Step, but: Assignment) -> int:
    """How many others the price is for: those who are live, have worked, or wait for a decision."""
    waiting = {review.assignment_id for review in _undecided(step)}
    counting = {seat.id for seat in step.seats if seat.progress == "ended"} | {seat.id for seat in live(step.seats)}
    return len((counting | waiting) - {but.id})


def _settle(step: Step, review: Review, decision: str) -> None:
    review.decision, review.decided_at, review.decided_by_id = decision, step.now, step.actor.person_id
