"""A trip as it is driven: there, with arriving and dropping off, and back. What really happened is never refused
because of the plan.
"""

from __future__ import annotations

from typing import Unpack

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import RULES, Action
from guitara_app.appointments.models import Assignment, Leg, LegPassenger
from guitara_app.appointments.services.trips import plan_way_there, riders_of
from guitara_app.appointments.services.visit import Step, Tap, in_order, leg_step
from guitara_app.appointments.words import LIVE_ANSWERS, Answer, LegState, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.statements import text
from guitara_app.kit.time import period


def release_leg(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Let a trip start: where the firm wants it so, no driver leaves before the desk has said this.

    Raises:
        NotAllowed, NotFound: not the actor's to do, or there is no such trip.
        NotPossible: it is under way or over, or was released before.
    """
    step = leg_step(session, actor, Action.RELEASE_LEG, leg_id, **tap)
    if step is None:
        return
    step.check()
    if step.own_leg.released_at is not None:
        raise NotPossible("This trip has been released already.")
    step.own_leg.released_at = step.at
    step.own_leg.version += 1
    step.done()


def start_journey(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """The car leaves for the client with everybody who said yes; who has not answered yet gets a trip of their own.

    Raises:
        NotAllowed, NotFound: it is not the actor's trip.
        NotPossible: it has left, nobody who rides said yes, the driver is under way with another, or the desk has to
            release it first.
        Invalid: the desk gave no reason.
    """
    step = leg_step(session, actor, Action.START_JOURNEY, leg_id, **tap)
    if step is None:
        return
    leg, riders = step.own_leg, _going(step)
    _refuse_early_start(step, leg)
    leg.state, leg.departed_at, leg.arrived_at = LegState.UNDER_WAY, step.at, None
    leg.version += 1
    for seat in riders:
        seat.progress, seat.departed_at = Progress.IN_TRANSIT, seat.departed_at or step.at
        seat.version += 1
    session.flush()
    _leave_behind(step, leg)
    step.done()


def arrive(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """The car is at the client's.

    Raises:
        NotAllowed, NotFound: it is not the actor's trip.
        NotPossible: it is not under way, or has arrived.
        Invalid: the desk gave no reason, or it would have arrived before it left.
    """
    step = leg_step(session, actor, Action.ARRIVE, leg_id, **tap)
    if step is None:
        return
    leg, riders = step.own_leg, _going(step)
    in_order(step, leg.departed_at)
    leg.arrived_at = step.at
    leg.version += 1
    for seat in riders:
        seat.progress, seat.arrived_at = Progress.ARRIVED, step.at
        seat.version += 1
    step.done()


def drop_off(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Everybody has got out: the trip is over, and the driver is free and back in the queue.

    Raises:
        NotAllowed, NotFound: it is not the actor's trip.
        NotPossible: it has not arrived yet, or is over.
        Invalid: the desk gave no reason, or it would have been over before it arrived.
    """
    step = leg_step(session, actor, Action.DROP_OFF, leg_id, **tap)
    if step is None:
        return
    leg, riders = step.own_leg, _going(step)
    in_order(step, leg.departed_at, leg.arrived_at)
    _end(step, leg)
    for seat in riders:
        seat.progress, seat.dropped_off_at = Progress.DROPPED_OFF, step.at
        seat.version += 1
    step.done()


def collect(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Everybody sits in the car that brings them back.

    Raises:
        NotAllowed, NotFound: it is not the actor's trip.
        NotPossible: it has left, somebody is still at work, or the driver is under way with another.
        Invalid: the desk gave no reason.
    """
    step = leg_step(session, actor, Action.COLLECT, leg_id, **tap)
    if step is None:
        return
    leg = step.own_leg
    _check_way_back(step, leg)
    refuse_second_trip(step, leg)
    leg.state, leg.departed_at = LegState.UNDER_WAY, step.at
    leg.version += 1
    step.done()


def finish(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Everybody is back: the driver is free and back in the queue.

    Raises:
        NotAllowed, NotFound: it is not the actor's trip.
        NotPossible: it is not under way.
        Invalid: the desk gave no reason, or it would have been over before it left.
    """
    step = leg_step(session, actor, Action.FINISH, leg_id, **tap)
    if step is None:
        return
    leg = step.own_leg
    _check_way_back(step, leg)
    in_order(step, leg.departed_at)
    _end(step, leg)
    step.done()


def _going(step: Step) -> list[Assignment]:
    """Those of the visit the trip leads to for whom this step is the next one."""
    if step.action is None or step.own_leg.to_appointment_id is None:
        raise NotPossible("This trip is a way back: collect them, then bring them back.")
    riders = riders_of(step.session, step.own_leg)
    seats = [seat for seat in step.seats if seat.id in riders]
    rule = RULES[step.action]
    going = [seat for seat in seats if seat.answer in rule.answers and seat.progress in rule.progress]
    if not seats:
        raise NotPossible("Nobody rides on this trip any more.")
    # When it is nobody's next step, the rule says why not.
    step.check(going[0] if going else seats[0])
    return going


def _leave_behind(step: Step, leg: Leg) -> None:
    """Who has not said yes cannot be in the car that left."""
    riders = riders_of(step.session, leg)
    missing = [seat for seat in step.seats if seat.id in riders and seat.answer == Answer.OFFERED]
    for seat in missing:
        step.session.delete(step.session.get_one(LegPassenger, (leg.id, seat.id)))
    if missing:
        plan_way_there(step, missing)


def _refuse_early_start(step: Step, leg: Leg) -> None:
    if firm_settings(step.session).release_by_operator and leg.released_at is None and not step.actor.is_desk:
        raise NotPossible("The desk has not released this trip yet. Wait for it, or call the desk.")
    if leg.from_appointment_id is not None and _at_work(step.session, leg):
        raise NotPossible("Somebody who rides is still at work with the client before. They end their session first.")
    refuse_second_trip(step, leg)


def _at_work(session: Session, leg: Leg) -> bool:
    """Whether somebody who is collected on the way still has a live place at the client before."""
    before = select(Assignment.id).where(
        Assignment.appointment_id == leg.from_appointment_id,
        col(Assignment.id).in_(riders_of(session, leg)),
        col(Assignment.answer).in_(LIVE_ANSWERS),
    )
    return session.scalar(before.limit(1)) is not None


def refuse_second_trip(step: Step, leg: Leg) -> None:
    """One driver drives one trip at a time; whatever else was planned gives way.

    Raises:
        NotPossible: the driver is under way with another trip, which is named.
    """
    other = step.session.execute(
        text(
            "SELECT a.id, c.name FROM legs t JOIN appointments a ON a.id = coalesce(t.to_appointment_id,"
            " t.from_appointment_id) JOIN clients c ON c.id = a.client_id"
            " WHERE t.driver_id = :driver AND t.state = 'under_way' AND t.id <> :leg"
        ),
        {"driver": leg.driver_id, "leg": leg.id},
    ).first()
    if other is not None:
        raise NotPossible(f"The trip for {other.name} (#{other.id}) is still under way. End that one first.")


def _check_way_back(step: Step, leg: Leg) -> None:
    if leg.to_appointment_id is not None:
        raise NotPossible("This trip leads to a client: start the journey, arrive, then drop off.")
    riders = riders_of(step.session, leg)
    if not riders:
        raise NotPossible("Nobody rides on this trip any more.")
    for seat in step.session.scalars(select(Assignment).where(col(Assignment.id).in_(riders))):
        step.check(seat)


def _end(step: Step, leg: Leg) -> None:
    """The trip is over: its range is cut to what it took."""
    begun = None if leg.occupied is None else leg.occupied.lower
    leg.state, leg.finished_at = LegState.DONE, step.at
    leg.occupied = period(begun, step.at) if begun is not None and begun < step.at else Range(empty=True)
    leg.version += 1
