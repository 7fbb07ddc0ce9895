"""Asking to be collected, and having got home without."""

from __future__ import annotations

from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Assignment, Leg, LegPassenger
from guitara_app.appointments.services.rows import own_topics
from guitara_app.appointments.services.trips import ask_way_back, cancel_leg, riders_of
from guitara_app.appointments.services.visit import Step, Tap, in_order, seat_step
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


def got_home(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Say that somebody came home without a car of the firm's: nobody need fetch them, and their driver is free.

    Raises:
        NotAllowed, NotFound: it is not the actor's to say.
        NotPossible: the own work is not over, they are known to be home, or sit in the car that brings them back.
        Invalid: the desk gave no reason, or it would have been before the work ended.
    """
    step = seat_step(session, actor, Action.GOT_HOME, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat = step.own_seat
    _refuse_at_home(step, seat)
    in_order(step, seat.departed_at, seat.session_ended_at)
    back = way_back_of(step, seat)
    if back is not None:
        if back.state == LegState.UNDER_WAY:
            raise NotPossible("They sit in the car that brings them back. End that trip instead.")
        _leave_waiting(step, back, seat)
    seat.home_at = step.at
    seat.version += 1
    step.done(person_id=seat.person_id)


def want_way_back(step: Step, seat: Assignment, *, urgent: bool) -> Leg:
    """The trip that takes this therapist home: theirs, one of the visit that still waits for a driver, or a new one.

    Raises:
        NotPossible: they have been brought back, or got home.
    """
    _refuse_at_home(step, seat)
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


def _refuse_at_home(step: Step, seat: Assignment) -> None:
    if seat.home_at is not None:
        raise NotPossible("They are at home already.")
    if any(leg.state == LegState.DONE and seat.id in riders_of(step.session, leg) for leg in _ways_back(step)):
        raise NotPossible("They have been brought back already.")


def _leave_waiting(step: Step, leg: Leg, seat: Assignment) -> None:
    """One fewer is to be fetched; a trip that nobody takes any more is called off."""
    session, others = step.session, riders_of(step.session, leg) - {seat.id}
    if leg.driver_id is not None:
        step.topics |= own_topics(leg.driver_id)
    if leg.to_appointment_id is None and not others:
        cancel_leg(step, leg)
        return
    session.delete(session.get_one(LegPassenger, (leg.id, seat.id)))
    if len(others) == 1 and leg.to_appointment_id is None:
        leg.vehicle_needed = "any"
    leg.version += 1
    session.flush()


def _ways_back(step: Step) -> list[Leg]:
    return [leg for leg in step.legs if leg.from_appointment_id == step.visit.id]
