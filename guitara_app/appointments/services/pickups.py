"""Asking to be collected."""

from __future__ import annotations

from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Assignment, Leg, LegPassenger
from guitara_app.appointments.services.trips import ask_way_back, riders_of
from guitara_app.appointments.services.visit import Step, Tap, seat_step
from guitara_app.appointments.words import OPEN_LEGS, LegState
from guitara_app.kit.errors import NotPossible


def ask_pickup(session: Session, actor: Actor, assignment_id: int, *, urgent: bool = False, **tap: Unpack[Tap]) -> None:
    """Ask for a car home once the own work is over. Asking again makes no second trip; it may make it urgent.

    Raises:
        NotAllowed, NotFound: it is not the actor's to ask.
        NotPossible: the own work is not over, or they have been brought back.
    """
    step = seat_step(session, actor, Action.ASK_PICKUP, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat = step.own_seat
    if seat.pickup_asked_at is not None and (seat.pickup_urgent or not urgent) and way_back_of(step, seat):
        return
    step.leg = want_way_back(step, seat, urgent=urgent)
    step.done(data={"urgent": urgent}, person_id=seat.person_id)


def want_way_back(step: Step, seat: Assignment, *, urgent: bool) -> Leg:
    """The trip that takes this therapist home: theirs, one of the visit that still waits for a driver, or a new one.

    Raises:
        NotPossible: they have been brought back.
    """
    if any(leg.state == LegState.DONE and seat.id in riders_of(step.session, leg) for leg in _ways_back(step)):
        raise NotPossible("They have been brought back already.")
    seat.pickup_asked_at = seat.pickup_asked_at or step.at
    seat.pickup_urgent = seat.pickup_urgent or urgent
    seat.version += 1
    leg = way_back_of(step, seat)
    if leg is None:
        waiting = [one for one in _ways_back(step) if one.state == LegState.SEARCHING and one.to_appointment_id is None]
        if not waiting:
            return ask_way_back(step, [seat], urgent=urgent)
        leg = waiting[0]
        step.session.add(LegPassenger(leg_id=leg.id, assignment_id=seat.id))
        leg.vehicle_needed = Vehicle.CAR
        leg.version += 1
    if urgent and not leg.urgent:
        leg.urgent = True
        leg.version += 1
    step.session.flush()
    return leg


def way_back_of(step: Step, seat: Assignment) -> Leg | None:
    """The trip away from the visit that is to take this therapist along; None when there is none yet."""
    for leg in _ways_back(step):
        if leg.state in OPEN_LEGS and seat.id in riders_of(step.session, leg):
            return leg
    return None


def _ways_back(step: Step) -> list[Leg]:
    return [leg for leg in step.legs if leg.from_appointment_id == step.visit.id]
