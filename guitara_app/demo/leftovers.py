"""What an earlier demo evening left open is brought to an end, so that the new one starts on a clean board."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.appointments.models import Appointment, Assignment, Clash, Leg, LegOffer, Review
from guitara_app.appointments.words import OPEN_LEGS, Answer, AppointmentState, LegState, OfferAnswer, Progress
from guitara_app.demo.rows import Rows
from guitara_app.demo.stockroom import Stockroom
from guitara_app.kit.events import Event
from guitara_app.kit.statements import text
from guitara_app.kit.time import period
from guitara_app.money.models import Payment

S = AppointmentState


def close_leftovers(session: Session, rows: Rows, stock: Stockroom, *, before: datetime, now: datetime) -> int:
    """End every open visit that began before ``before``; returns how many.

    Where everybody had said yes it was held and paid, else it expires. Nothing that lies ahead is touched.
    """
    visits = list(
        session.scalars(
            select(Appointment)
            .where(col(Appointment.closed_at).is_(None), col(Appointment.starts_at) < before)
            .order_by(col(Appointment.id))
            .with_for_update()
        )
    )
    _settle_attention(session, [visit.id for visit in visits], now)
    for visit in visits:
        seats = list(session.scalars(select(Assignment).where(col(Assignment.appointment_id) == visit.id)))
        if _was_held(visit, seats):
            ended = _release_workers(visit, seats, now)
            _pay(session, rows, visit, at=ended, now=now)
            stock.report(visit.id, now, seats[0].person_id)
            visit.state, visit.closed_at = S.COMPLETED, now
            _tell(rows, "completed", visit, now, now)
        else:
            _expire(rows, stock, visit, seats, now)
        visit.version += 1
    _end_trips(session, before=before, now=now)
    session.execute(
        text("UPDATE check_ins SET out_at = greatest(:before, in_at) WHERE out_at IS NULL AND in_at < :before"),
        {"before": before},
    )
    session.flush()
    return len(visits)


def _was_held(visit: Appointment, seats: list[Assignment]) -> bool:
    begun = any(seat.progress != Progress.WAITING for seat in seats)
    return begun or visit.state in (S.THERAPIST_CONFIRMED, S.DRIVER_CONFIRMED)


def _release_workers(visit: Appointment, seats: list[Assignment], now: datetime) -> datetime:
    ended = visit.starts_at
    for seat in seats:
        if seat.answer == Answer.OFFERED:
            _lapse(seat, now)
        elif seat.answer == Answer.ACCEPTED:
            started = seat.session_started_at or min(seat.planned_start, now)
            length = seat.planned_end - seat.planned_start
            seat.session_started_at = started
            seat.session_ended_at = seat.released_at = max(started, min(started + length, now))
            seat.answer, seat.progress = Answer.RELEASED, Progress.ENDED
            seat.occupied = period(min(started, seat.planned_start), seat.released_at + timedelta(seconds=1))
            seat.version += 1
        if seat.progress == Progress.ENDED:
            ended = max(ended, seat.session_ended_at or ended)
            seat.payment_requested_at = seat.payment_requested_at or seat.session_ended_at
            seat.materials_reported_at = seat.materials_reported_at or now
    return ended


def _pay(session: Session, rows: Rows, visit: Appointment, *, at: datetime, now: datetime) -> None:
    paid = session.execute(text("SELECT 1 FROM payments WHERE appointment_id = :id LIMIT 1"), {"id": visit.id}).scalar()
    if not paid:
        rows.add(
            Payment(
                appointment_id=visit.id,
                kind="payment",
                method="cash",
                amount=visit.price,
                extension_amount=visit.extension_price,
                happened_at=at,
                recorded_at=now,
                verified_by_id=visit.booked_by_id,
            )
        )
        _tell(rows, "payment_verified", visit, at, now)


def _expire(rows: Rows, stock: Stockroom, visit: Appointment, seats: list[Assignment], now: datetime) -> None:
    for seat in seats:
        if seat.answer == Answer.OFFERED:
            _lapse(seat, now)
        elif seat.answer == Answer.ACCEPTED:
            seat.answer, seat.released_at, seat.occupied = Answer.RELEASED, now, Range(empty=True)
            seat.version += 1
    stock.give_back(visit.id, now)
    visit.state, visit.closed_at = S.EXPIRED, now
    visit.ending_reason = visit.ending_reason or "Still unanswered when its evening was over."
    _tell(rows, "appointment_expired", visit, now, now)


def _lapse(seat: Assignment, now: datetime) -> None:
    seat.answer, seat.answered_at, seat.occupied = Answer.LAPSED, now, Range(empty=True)
    seat.version += 1


def _end_trips(session: Session, *, before: datetime, now: datetime) -> None:
    open_trips = select(Leg).where(col(Leg.state).in_(OPEN_LEGS), col(Leg.wanted_at) < before)
    for leg in session.scalars(open_trips):
        offers = select(LegOffer).where(col(LegOffer.leg_id) == leg.id, col(LegOffer.answer) == OfferAnswer.OPEN)
        for offer in session.scalars(offers):
            offer.answer, offer.answered_at = OfferAnswer.LAPSED, now
        if leg.state in (LegState.ACCEPTED, LegState.UNDER_WAY) and leg.occupied is not None:
            leg.departed_at = leg.departed_at or leg.occupied.lower or leg.wanted_at
            leg.finished_at = max(leg.departed_at, min(leg.occupied.upper or now, now))
            leg.occupied = period(min(leg.departed_at, leg.wanted_at), leg.finished_at + timedelta(seconds=1))
            leg.state = LegState.DONE
        else:
            leg.state, leg.cancelled_at, leg.reason = LegState.CANCELLED, now, "The evening was over."
        leg.version += 1


def _settle_attention(session: Session, visits: list[int], now: datetime) -> None:
    reviews = select(Review).where(col(Review.appointment_id).in_(visits), col(Review.decision).is_(None))
    for review in session.scalars(reviews):
        review.decision, review.decided_at = "settled", now
    clashes = (
        select(Clash)
        .join(Assignment, col(Assignment.id) == col(Clash.assignment_id))
        .where(col(Assignment.appointment_id).in_(visits), col(Clash.settled_at).is_(None))
    )
    for clash in session.scalars(clashes):
        clash.settled_at = now


def _tell(rows: Rows, kind: str, visit: Appointment, at: datetime, now: datetime) -> None:
    rows.add(
        Event(
            kind=kind,
            happened_at=at,
            recorded_at=now,
            published_at=now,
            appointment_id=visit.id,
            client_id=visit.client_id,
            data={},
            topics=[],
        )
    )
