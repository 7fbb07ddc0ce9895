"""Cancelling a visit, and what becomes of those already on their way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.appointments.lifecycle import Action, check, party_of
from guitara_app.appointments.models import Appointment, Assignment, Leg, LegOffer, LegPassenger, Review
from guitara_app.appointments.services.visit import (
    clean_reason,
    free,
    happened,
    legs_of,
    live,
    note,
    open_visit,
    seats_of,
    topics_of,
    worked,
)
from guitara_app.appointments.words import OPEN_LEGS, Answer, AppointmentState, LegState, OfferAnswer, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.events import keep_result, result_of_key

_ON_SITE = (Progress.ARRIVED, Progress.DROPPED_OFF)


def cancel(
    session: Session,
    actor: Actor,
    appointment_id: int,
    *,
    reason: str,
    now: datetime,
    happened_at: datetime | None = None,
    idempotency_key: str = "",
) -> None:
    """Call a visit off before its session: everybody's time is free at once, and nobody is left standing there.

    Who sits in a car stays in it: the same driver's trip becomes the way back. Who is on site gets a trip back.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such visit.
        NotPossible: the session has begun, or the visit is over.
        Invalid: no reason was given.
    """
    require(actor, Permission.CANCEL)
    if result_of_key(session, actor.person_id or 0, idempotency_key) is not None:
        return
    at, reason = happened(happened_at, now=now), clean_reason(reason)
    visit = open_visit(session, appointment_id)
    seats, legs = seats_of(session, visit), legs_of(session, visit)
    check(
        Action.CANCEL,
        party_of(actor),
        visit=AppointmentState(visit.state),
        driver_needed=visit.driver_needed,
        places=[Progress(seat.progress) for seat in seats if seat in live(seats) or worked(seat)],
        reason=reason,
    )
    topics = topics_of(visit, seats, legs)
    _bring_back(session, visit, live(seats), legs, now=now)
    _release(session, live(seats), now=now)
    for review in session.scalars(
        select(Review).where(Review.appointment_id == visit.id, col(Review.decision).is_(None))
    ):
        review.decision, review.decided_at, review.decided_by_id = "cancel", now, actor.person_id
    visit.state, visit.ending_reason, visit.closed_at = AppointmentState.CANCELLED, reason, now
    visit.version += 1
    note(session, "appointment_cancelled", visit, actor, now=now, happened_at=at, topics=topics, reason=reason)
    keep_result(session, actor.person_id or 0, idempotency_key, visit.id)


def _release(session: Session, seats: Sequence[Assignment], *, now: datetime) -> None:
    for seat in seats:
        seat.answer, seat.released_at = Answer.RELEASED, now
        seat.version += 1
        free(seat, now=now)
    settled = text(
        "UPDATE clashes SET settled_at = :now WHERE settled_at IS NULL"
        " AND (assignment_id = ANY(:ids) OR next_assignment_id = ANY(:ids))"
    )
    session.execute(settled, {"now": now, "ids": [seat.id for seat in seats]})


def _bring_back(
    session: Session, visit: Appointment, seats: Sequence[Assignment], legs: Sequence[Leg], *, now: datetime
) -> None:
    for leg in legs:
        if leg.state == LegState.UNDER_WAY and leg.to_appointment_id == visit.id:
            leg.to_appointment_id, leg.from_appointment_id = None, visit.id
            leg.version += 1
        elif leg.state in OPEN_LEGS and leg.state != LegState.UNDER_WAY and leg.to_appointment_id == visit.id:
            _cancel_leg(session, leg, now=now)
    on_site = [seat for seat in seats if seat.progress in _ON_SITE]
    riding = {leg.id for leg in legs if leg.state == LegState.UNDER_WAY}
    stranded = [seat for seat in on_site if not _rides(session, seat, riding)]
    if not stranded:
        return
    back = Leg(
        from_appointment_id=visit.id,
        business_date=visit.business_date,
        state=LegState.SEARCHING,
        vehicle_needed="car" if len(stranded) > 1 else "any",
        wanted_at=now,
        travel_minutes=firm_settings(session).other_zone_minutes,
    )
    session.add(back)
    session.flush()
    session.add_all(LegPassenger(leg_id=back.id, assignment_id=seat.id) for seat in stranded)


def _cancel_leg(session: Session, leg: Leg, *, now: datetime) -> None:
    leg.state, leg.cancelled_at = LegState.CANCELLED, now
    leg.version += 1
    if leg.occupied is not None:
        leg.occupied = Range(empty=True)
    for offer in session.scalars(
        select(LegOffer).where(LegOffer.leg_id == leg.id, LegOffer.answer == OfferAnswer.OPEN)
    ):
        offer.answer, offer.answered_at = OfferAnswer.WITHDRAWN, now


def _rides(session: Session, seat: Assignment, leg_ids: set[int]) -> bool:
    mine = select(LegPassenger.leg_id).where(LegPassenger.assignment_id == seat.id)
    return bool(leg_ids & set(session.scalars(mine)))
