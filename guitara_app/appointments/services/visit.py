"""A visit opened for a change: its rows locked, its state derived anew when the change is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Action, Rule, Seat, Visit, check, derive_state, party_of
from guitara_app.appointments.models import Appointment, Assignment, Leg
from guitara_app.appointments.words import CLOSED, LIVE_ANSWERS, Answer, AppointmentState, LegState, Progress
from guitara_app.clients.rules import clean_text
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import Event, record
from guitara_app.kit.time import period

_LONGEST_REASON = 1000
_OLDEST_TAP = timedelta(hours=24)


def open_visit(session: Session, appointment_id: int) -> Appointment:
    """The visit, locked until the transaction ends.

    Raises:
        NotFound: there is none of this number.
    """
    found = session.get(Appointment, appointment_id, with_for_update=True) if 0 < appointment_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such visit.")
    return found


def seats_of(session: Session, visit: Appointment) -> list[Assignment]:
    """Every place of the visit, oldest first."""
    return list(
        session.scalars(select(Assignment).where(Assignment.appointment_id == visit.id).order_by(col(Assignment.id)))
    )


def legs_of(session: Session, visit: Appointment) -> list[Leg]:
    """Every trip to or from the visit, oldest first."""
    touches = (col(Leg.to_appointment_id) == visit.id) | (col(Leg.from_appointment_id) == visit.id)
    return list(session.scalars(select(Leg).where(touches).order_by(col(Leg.id))))


def check_seat(action: Action, actor: Actor, visit: Appointment, seat: Assignment, *, reason: str) -> Rule:
    """The rule of ``action`` on this place, when it is possible; see ``lifecycle.check`` for what it raises."""
    return check(
        action,
        party_of(actor),
        visit=AppointmentState(visit.state),
        driver_needed=visit.driver_needed,
        answer=Answer(seat.answer),
        progress=Progress(seat.progress),
        reason=reason,
    )


def free(seat: Assignment, *, now: datetime) -> None:
    """Give the person's time back: what was occupied is cut to the present, and empty when it had not begun."""
    begun = seat.occupied.lower
    seat.occupied = period(begun, now) if begun is not None and begun < now else Range(empty=True)


def settle(session: Session, visit: Appointment, *, now: datetime) -> None:
    """Store the state that follows from the visit's rows as they are now."""
    session.flush()
    seats = seats_of(session, visit)
    undecided = set(
        session.execute(
            text("SELECT assignment_id FROM reviews WHERE appointment_id = :id AND decision IS NULL"), {"id": visit.id}
        ).scalars()
    )
    outbound = [leg for leg in legs_of(session, visit) if leg.to_appointment_id == visit.id]
    paid = session.execute(text("SELECT 1 FROM payments WHERE appointment_id = :id LIMIT 1"), {"id": visit.id}).scalar()
    visit.state = derive_state(
        Visit(
            reached=AppointmentState(visit.state),
            driver_needed=visit.driver_needed,
            seats=tuple(Seat(Answer(seat.answer), Progress(seat.progress), seat.id in undecided) for seat in seats),
            driver_accepted=_driver_accepted(outbound),
            payment_requested=any(seat.payment_requested_at is not None for seat in seats),
            paid=paid is not None,
            materials_reported=all(seat.materials_reported_at is not None for seat in seats if worked(seat)),
        )
    )
    if visit.state in CLOSED and visit.closed_at is None:
        visit.closed_at = now
    visit.version += 1


def worked(seat: Assignment) -> bool:
    """This place's session was held."""
    return seat.answer == Answer.RELEASED and seat.progress == Progress.ENDED


def live(seats: Iterable[Assignment]) -> list[Assignment]:
    """The places that take somebody's time."""
    return [seat for seat in seats if seat.answer in LIVE_ANSWERS and seat.released_at is None]


def topics_of(visit: Appointment, seats: Sequence[Assignment], legs: Sequence[Leg] = ()) -> set[str]:
    """Whose pages show this visit."""
    people = {seat.person_id for seat in seats} | {leg.driver_id for leg in legs if leg.driver_id is not None}
    return {"desk", f"appointment:{visit.id}", f"client:{visit.client_id}", *(f"person:{person}" for person in people)}


def note(
    session: Session, kind: str, visit: Appointment, actor: Actor, *, now: datetime, topics: set[str], **more: Any
) -> Event:
    """Write down what happened to the visit."""
    return record(
        session,
        kind,
        by=actor,
        now=now,
        topics=topics,
        appointment_id=visit.id,
        client_id=visit.client_id,
        **more,
    )


def happened(happened_at: datetime | None, *, now: datetime) -> datetime:
    """When a step really was taken, for one that is told later: never in the future, at most a day ago.

    Raises:
        Invalid: it lies outside these bounds.
    """
    if happened_at is None:
        return now
    if happened_at.tzinfo is None or not now - _OLDEST_TAP <= happened_at <= now + timedelta(minutes=2):
        raise Invalid("That time cannot be right. Give the time within the last day.", field="happened_at")
    return min(happened_at, now)


def clean_reason(reason: str) -> str:
    """The reason as kept.

    Raises:
        Invalid: it is too long.
    """
    reason = clean_text(reason).strip()
    if len(reason) > _LONGEST_REASON:
        raise Invalid(f"A reason has at most {_LONGEST_REASON} characters.", field="reason")
    return reason


def _driver_accepted(outbound: Sequence[Leg]) -> bool:
    needed = [leg for leg in outbound if leg.state != LegState.CANCELLED]
    taken = (LegState.ACCEPTED, LegState.UNDER_WAY, LegState.DONE)
    return bool(needed) and all(leg.state in taken for leg in needed)
