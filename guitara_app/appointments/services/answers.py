"""A therapist's answer to an offer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Appointment, Assignment, Review
from guitara_app.appointments.services.visit import (
    check_seat,
    clean_reason,
    free,
    happened,
    legs_of,
    note,
    open_visit,
    seats_of,
    settle,
    topics_of,
)
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import keep_result, result_of_key


def accept(
    session: Session,
    actor: Actor,
    assignment_id: int,
    *,
    now: datetime,
    reason: str = "",
    happened_at: datetime | None = None,
    idempotency_key: str = "",
) -> None:
    """Say yes to an offer: one's own, or for somebody else from the desk, with a reason.

    Raises:
        NotAllowed, NotFound: it is not the actor's to answer.
        NotPossible: it has been answered, has lapsed, or the visit is over.
        Invalid: the desk gave no reason.
    """
    _answer(session, actor, assignment_id, Action.ACCEPT, now, reason, happened_at, idempotency_key)


def reject(
    session: Session,
    actor: Actor,
    assignment_id: int,
    *,
    reason: str,
    now: datetime,
    happened_at: datetime | None = None,
    idempotency_key: str = "",
) -> None:
    """Say no to an offer, with a reason: the time is free at once, and a review waits for the desk.

    Raises:
        NotAllowed, NotFound: it is not the actor's to answer.
        NotPossible: it has been answered, has lapsed, or the visit is over.
        Invalid: no reason was given.
    """
    _answer(session, actor, assignment_id, Action.REJECT, now, reason, happened_at, idempotency_key)


def _answer(
    session: Session,
    actor: Actor,
    assignment_id: int,
    action: Action,
    now: datetime,
    reason: str,
    happened_at: datetime | None,
    idempotency_key: str,
) -> None:
    require(actor, Permission.ANSWER_OFFER)
    if result_of_key(session, actor.person_id or 0, idempotency_key) is not None:
        return
    at, reason = happened(happened_at, now=now), clean_reason(reason)
    visit, seat = own_seat(session, actor, assignment_id)
    need_reason_on_behalf(actor, seat.person_id, reason)
    rule = check_seat(action, actor, visit, seat, reason=reason)
    if rule.answer_becomes is None:
        raise ValueError(f"{action} is no answer")
    seat.answer, seat.answered_at, seat.answer_reason = rule.answer_becomes, at, reason
    seat.version += 1
    if action is Action.REJECT:
        free(seat, now=now)
        session.add(
            Review(appointment_id=visit.id, assignment_id=seat.id, cause="rejected", reason=reason, opened_at=now)
        )
    settle(session, visit, now=now)
    note(
        session,
        "offer_accepted" if action is Action.ACCEPT else "offer_rejected",
        visit,
        for_person(actor, seat.person_id),
        now=now,
        happened_at=at,
        topics=topics_of(visit, seats_of(session, visit), legs_of(session, visit)),
        assignment_id=seat.id,
        person_id=seat.person_id,
        reason=reason,
    )
    keep_result(session, actor.person_id or 0, idempotency_key, seat.id)


def own_seat(session: Session, actor: Actor, assignment_id: int) -> tuple[Appointment, Assignment]:
    """The place and its visit, locked, when the actor may act on it.

    Raises:
        NotFound: there is none, or it is somebody else's; a therapist learns nothing of others' visits.
    """
    seat = session.get(Assignment, assignment_id) if 0 < assignment_id < 2**63 else None
    if seat is None or not (actor.is_desk or seat.person_id == actor.person_id):
        raise NotFound("This job is not yours, or not there any more.")
    visit = open_visit(session, seat.appointment_id)
    session.refresh(seat, with_for_update=True)
    return visit, seat


def for_person(actor: Actor, person_id: int) -> Actor:
    """The actor as they stand in the log: for themselves, or on behalf of ``person_id``."""
    if actor.person_id == person_id:
        return actor
    return Actor(actor.person_id, actor.role, actor.name, on_behalf_of=person_id)


def need_reason_on_behalf(actor: Actor, person_id: int, reason: str) -> None:
    """Whoever acts for somebody else says why.

    Raises:
        Invalid: no reason.
    """
    if actor.person_id != person_id and not reason:
        raise Invalid("Say why you do this for them, for example: phone is dead.", field="reason")
