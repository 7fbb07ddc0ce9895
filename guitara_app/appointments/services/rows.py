"""The rows of a visit under change: read under its lock, given back, and the state that follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.appointments.lifecycle import Seat, Visit, derive_state
from guitara_app.appointments.models import Appointment, Assignment, Leg
from guitara_app.appointments.words import CLOSED, LIVE_ANSWERS, Answer, AppointmentState, LegState, Progress
from guitara_app.kit.errors import NotFound
from guitara_app.kit.events import evening_topic, plan_topics
from guitara_app.kit.planned import PLANNED_ONCE, planned_once
from guitara_app.kit.time import period

# Asked in every action, with the visit locked and whatever this session knew of it before overwritten.
_AS_IT_IS_NOW = {"populate_existing": True, **PLANNED_ONCE}
_ID: Any = bindparam("id")
_VISIT = select(Appointment).where(Appointment.id == _ID).with_for_update().execution_options(**_AS_IT_IS_NOW)
_SEATS = (
    select(Assignment)
    .where(Assignment.appointment_id == _ID)
    .order_by(col(Assignment.id))
    .execution_options(**_AS_IT_IS_NOW)
)
_LEGS = (
    select(Leg)
    .where((col(Leg.to_appointment_id) == _ID) | (col(Leg.from_appointment_id) == _ID))
    .order_by(col(Leg.id))
    .execution_options(**_AS_IT_IS_NOW)
)


def people_of(session: Session, appointment_id: int) -> set[int]:
    """Whose time the visit takes: its therapists and the drivers of its trips that are not over."""
    if not 0 < appointment_id < 2**63:
        return set()
    found = session.execute(
        planned_once(
            "SELECT person_id FROM assignments WHERE appointment_id = :id UNION SELECT driver_id FROM legs"
            " WHERE (to_appointment_id = :id OR from_appointment_id = :id) AND driver_id IS NOT NULL"
            " AND state NOT IN ('done', 'cancelled')"
        ),
        {"id": appointment_id},
    )
    return set(found.scalars())


def people_in(seats: Iterable[Assignment], legs: Iterable[Leg]) -> set[int]:
    """The same of a visit whose rows have been read."""
    drivers = {leg.driver_id for leg in legs if leg.state not in (LegState.DONE, LegState.CANCELLED)}
    return {seat.person_id for seat in seats} | {driver for driver in drivers if driver is not None}


def open_visit(session: Session, appointment_id: int) -> Appointment:
    """The visit as it is now, locked until the transaction ends.

    Raises:
        NotFound: there is none of this number.
    """
    found = session.scalars(_VISIT, {"id": appointment_id}).one_or_none() if 0 < appointment_id < 2**63 else None
    if found is None:
        raise NotFound("There is no such visit.")
    return found


def seats_of(session: Session, visit: Appointment) -> list[Assignment]:
    """Every place of the visit as it is now, oldest first."""
    session.flush()
    return list(session.scalars(_SEATS, {"id": visit.id}))


def legs_of(session: Session, visit: Appointment) -> list[Leg]:
    """Every trip to or from the visit as it is now, oldest first."""
    session.flush()
    return list(session.scalars(_LEGS, {"id": visit.id}))


def free(seat: Assignment, *, now: datetime) -> None:
    """Give the person's time back: what was occupied is cut to the present, and empty when it had not begun."""
    begun = seat.occupied.lower
    seat.occupied = period(begun, now) if begun is not None and begun < now else Range(empty=True)


def release(seat: Assignment, *, now: datetime) -> None:
    """The place is over, because its work or its visit is."""
    seat.answer, seat.released_at = Answer.RELEASED, now
    seat.version += 1
    free(seat, now=now)


def settle(
    session: Session, visit: Appointment, seats: Sequence[Assignment], legs: Sequence[Leg], *, now: datetime
) -> None:
    """Store the state that follows from the visit's rows, which are as the transaction that holds it has made them."""
    known = session.execute(
        planned_once(
            "SELECT ARRAY(SELECT assignment_id FROM reviews WHERE appointment_id = :id AND decision IS NULL)"
            " AS waiting, EXISTS (SELECT 1 FROM payments WHERE appointment_id = :id) AS paid"
        ),
        {"id": visit.id},
    ).one()
    outbound = [leg for leg in legs if leg.to_appointment_id == visit.id]
    visit.state = derive_state(
        Visit(
            reached=AppointmentState(visit.state),
            driver_needed=visit.driver_needed,
            seats=tuple(Seat(Answer(seat.answer), Progress(seat.progress), seat.id in known.waiting) for seat in seats),
            driver_accepted=_driver_accepted(outbound),
            payment_requested=any(seat.payment_requested_at is not None for seat in seats),
            paid=known.paid,
            materials_reported=all(seat.materials_reported_at is not None for seat in seats if worked(seat)),
        )
    )
    if visit.state in CLOSED and visit.closed_at is None:
        visit.closed_at = now
    visit.version += 1
    session.flush()


def worked(seat: Assignment) -> bool:
    """This place's session was held."""
    return seat.answer == Answer.RELEASED and seat.progress == Progress.ENDED


def live(seats: Iterable[Assignment]) -> list[Assignment]:
    """The places that take somebody's time."""
    return [seat for seat in seats if seat.answer in LIVE_ANSWERS and seat.released_at is None]


def own_topics(person_id: int) -> set[str]:
    """Where somebody's jobs are shown to them, and with their hours."""
    return {f"person:{person_id}", f"hours:{person_id}"}


def topics_of(visit: Appointment, seats: Sequence[Assignment], legs: Sequence[Leg] = ()) -> set[str]:
    """Whose pages and reports show this visit."""
    drivers = {leg.driver_id for leg in legs if leg.driver_id is not None}
    people = {seat.person_id for seat in seats} | drivers
    told = {"desk", evening_topic(visit.business_date), f"appointment:{visit.id}", f"client:{visit.client_id}"}
    told |= {topic for person in people for topic in own_topics(person)} | plan_topics(visit.business_date)
    # As those of one person do, the page of everybody's hours names the jobs that lie outside of them.
    told.add(f"shifts:{visit.business_date.toordinal()}")
    # Whoever drives, or is asked to, stands in the queue no longer, or again.
    return told | ({"queue"} if drivers else set())


def _driver_accepted(outbound: Sequence[Leg]) -> bool:
    needed = [leg for leg in outbound if leg.state != LegState.CANCELLED]
    taken = (LegState.ACCEPTED, LegState.UNDER_WAY, LegState.DONE)
    return bool(needed) and all(leg.state in taken for leg in needed)
