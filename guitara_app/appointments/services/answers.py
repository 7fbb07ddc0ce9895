"""A therapist's answer to an offer, taking it back, and what becomes of a place that nobody answered for."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM, Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Assignment, Review
from guitara_app.appointments.queries.automatic import chosen_words
from guitara_app.appointments.rules import answer_due
from guitara_app.appointments.services.endings import expire
from guitara_app.appointments.services.seats import next_candidate, offer_seat, vacate
from guitara_app.appointments.services.trips import bring_back
from guitara_app.appointments.services.visit import Step, Tap, seat_step
from guitara_app.appointments.words import Answer
from guitara_app.firm.queries import firm_settings


def accept(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Say yes to an offer: one's own, or for somebody else from the desk, with a reason.

    Raises:
        NotAllowed, NotFound: it is not the actor's to answer.
        NotPossible: it has been answered, has lapsed, or the visit is over.
        Invalid: the desk gave no reason.
    """
    step = seat_step(session, actor, Action.ACCEPT, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat = step.own_seat
    seat.answer, seat.answered_at, seat.answer_reason = Answer.ACCEPTED, step.at, step.reason
    seat.version += 1
    step.done()


def reject(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Say no to an offer, with a reason: the time is free at once, and a review waits for the desk.

    Raises:
        NotAllowed, NotFound: it is not the actor's to answer.
        NotPossible: it has been answered, has lapsed, or the visit is over.
        Invalid: no reason was given.
    """
    step = seat_step(session, actor, Action.REJECT, assignment_id, **tap)
    if step is None:
        return
    step.check()
    _refuse(step, Answer.REJECTED)
    step.done()


def withdraw(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Take back a yes before the session, with a reason; whoever is on the way already is brought back.

    Raises:
        NotAllowed, NotFound: it is not the actor's to take back.
        NotPossible: it was not accepted, or the session has begun.
        Invalid: no reason was given.
    """
    step = seat_step(session, actor, Action.WITHDRAW, assignment_id, **tap)
    if step is None:
        return
    step.check()
    bring_back(step, [step.own_seat])
    _refuse(step, Answer.WITHDRAWN)
    step.done()


def lapse(session: Session, assignment_id: int, *, now: datetime) -> None:
    """The time to answer is over: offer the place to the next best, or leave it to the desk, or let the visit expire.

    Which of them the firm has set. When it was answered meanwhile, or is not due yet, nothing happens.
    """
    step = seat_step(session, SYSTEM, Action.LAPSE, assignment_id, now=now)
    if step is None:
        return
    seat, firm = step.own_seat, firm_settings(session)
    if seat.answer != Answer.OFFERED or seat.released_at is not None or seat.due_at is None or seat.due_at > now:
        return
    step.check()
    seat.answer, seat.answered_at = Answer.LAPSED, now
    seat.version += 1
    vacate(step, seat)
    reassign = firm.when_unanswered == "reassign" and now < step.visit.starts_at
    following = next_candidate(step) if reassign else None
    if following is None:
        _open_review(step, seat)
    else:
        due_at = answer_due(now, step.visit.starts_at, firm)
        offer_seat(step, following.person_id, because=chosen_words(following.because), due_at=due_at)
    step.done(
        data={
            "next_person_id": None if following is None else following.person_id,
            "chosen": {} if following is None else {following.person_id: following.because},
        }
    )
    if firm.when_unanswered == "expire":
        expire(session, step.visit.id, now=now)


def _refuse(step: Step, answer: Answer) -> None:
    seat = step.own_seat
    seat.answer, seat.answered_at, seat.answer_reason = answer, step.at, step.reason
    seat.version += 1
    vacate(step, seat)
    _open_review(step, seat)


def _open_review(step: Step, seat: Assignment) -> None:
    waiting = Review(
        appointment_id=step.visit.id,
        assignment_id=seat.id,
        cause=seat.answer,
        reason=step.reason,
        opened_at=step.now,
    )
    step.session.add(waiting)
