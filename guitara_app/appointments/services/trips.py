"""How trips come and go with a visit: the way there is planned with it, and nobody is left behind when it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.models import Vehicle
from guitara_app.appointments.models import Assignment, Leg, LegPassenger
from guitara_app.appointments.services.asking import ask_again, let_go, settle_offer, tell_asked
from guitara_app.appointments.services.rows import live, own_topics
from guitara_app.appointments.services.visit import Step
from guitara_app.appointments.words import LIVE_ANSWERS, OPEN_LEGS, LegState, OfferAnswer, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.time import minutes_between

_ON_SITE = frozenset({Progress.ARRIVED, Progress.DROPPED_OFF})


def plan_way_there(step: Step, seats: Collection[Assignment]) -> None:
    """Give these places a seat in the car that has not left yet, or plan a trip for them.

    Where they will come from is not known before the evening: the longer of the two estimates is planned.
    """
    visit, session = step.visit, step.session
    # A trip straight from another client takes only who is there.
    waiting = [leg for leg in ways_there(step) if leg.state != LegState.UNDER_WAY and leg.from_appointment_id is None]
    vehicle = Vehicle.CAR if visit.car_needed else "any"
    if waiting:
        leg = waiting[-1]
    else:
        minutes = firm_settings(session).other_zone_minutes
        leg = Leg(
            to_appointment_id=visit.id,
            business_date=visit.business_date,
            state=LegState.PLANNED,
            vehicle_needed=vehicle,
            wanted_at=visit.starts_at - timedelta(minutes=minutes),
            travel_minutes=minutes,
        )
        session.add(leg)
        step.legs.append(leg)
    session.flush()
    session.add_all(LegPassenger(leg_id=leg.id, assignment_id=seat.id) for seat in seats)
    session.flush()


def leave_cars(step: Step, leaving: Collection[Assignment]) -> None:
    """Take people off the trips to the visit that have not begun; a trip that nobody takes any more is called off."""
    gone = {seat.id for seat in leaving}
    staying = {seat.id for seat in live(step.seats)} - gone
    for leg in ways_there(step):
        riders = riders_of(step.session, leg)
        if leg.state == LegState.UNDER_WAY or not riders & gone:
            continue
        if not riders & staying:
            call_off(step, leg)
            continue
        for assignment_id in riders & gone:
            step.session.delete(step.session.get_one(LegPassenger, (leg.id, assignment_id)))
    step.session.flush()


def call_off(step: Step, leg: Leg) -> None:
    """A trip to this visit is not needed; one that comes straight from another client is the way back from there."""
    if leg.from_appointment_id is not None and leg.to_appointment_id == step.visit.id:
        _become_way_back(step, leg)
    else:
        cancel_leg(step, leg)


def cancel_leg(step: Step, leg: Leg) -> None:
    """Call a trip off; its driver is free at once, and whoever was asked need not answer."""
    if leg.driver_id is not None:
        step.topics |= own_topics(leg.driver_id)
        step.hold({leg.driver_id})
        step.let_go.add(leg.driver_id)
    leg.state, leg.cancelled_at = LegState.CANCELLED, step.now
    leg.version += 1
    if leg.occupied is not None:
        leg.occupied = Range(empty=True)
    settle_offer(step, leg, OfferAnswer.WITHDRAWN)
    step.session.flush()


def replan(step: Step, *, elsewhere: bool = False) -> None:
    """Trips to the visit that have not begun follow its time and people.

    A driver who had such a trip is asked anew when they are free for it as it is now, and fit; else they are free, and
    the trip is planned again. ``elsewhere`` says that it goes to another place. A car that replaces one that broke down
    goes now, whatever the plan.
    """
    for leg in ways_there(step):
        if leg.state == LegState.UNDER_WAY or leg.urgent:
            continue
        wanted_at = step.visit.starts_at - timedelta(minutes=leg.travel_minutes)
        vehicle = Vehicle.CAR if step.visit.car_needed else "any"
        driver_id = leg.driver_id
        stays = (leg.wanted_at, leg.vehicle_needed) == (wanted_at, vehicle)
        if stays and not (elsewhere and driver_id is not None):
            continue
        leg.wanted_at, leg.vehicle_needed, leg.business_date = wanted_at, vehicle, step.visit.business_date
        leg.released_at = None
        let_go(step, leg, becomes=LegState.PLANNED)
        if driver_id is not None:
            leg.search_number += 1
            tell_asked(step, leg, ask_again(step, leg, driver_id))
    step.session.flush()


def bring_back(step: Step, leaving: Collection[Assignment]) -> None:
    """See that whoever leaves the visit before its session comes home.

    Who sits in a car stays in it: when nobody in it goes on, that trip becomes the way back. Who is on site, or in a
    car that goes on with the others, gets a trip of their own.
    """
    on_the_way = [seat for seat in leaving if seat.progress in _ON_SITE | {Progress.IN_TRANSIT}]
    if not on_the_way:
        return
    gone = {seat.id for seat in leaving}
    staying = {seat.id for seat in live(step.seats)} - gone
    riding: set[int] = set()
    for leg in ways_there(step):
        riders = riders_of(step.session, leg)
        if leg.state == LegState.UNDER_WAY and riders & gone and not riders & staying:
            _turn_round(step, leg)
            riding |= riders
    stranded = [seat for seat in on_the_way if seat.id not in riding]
    if stranded:
        ask_way_back(step, stranded)


def ask_way_back(step: Step, seats: Collection[Assignment], *, urgent: bool = False) -> Leg:
    """A trip away from the visit for these people, which waits for a driver."""
    back = Leg(
        from_appointment_id=step.visit.id,
        business_date=step.visit.business_date,
        state=LegState.SEARCHING,
        vehicle_needed=Vehicle.CAR if len(seats) > 1 else "any",
        urgent=urgent,
        wanted_at=step.now,
        travel_minutes=firm_settings(step.session).other_zone_minutes,
    )
    step.session.add(back)
    step.session.flush()
    step.session.add_all(LegPassenger(leg_id=back.id, assignment_id=seat.id) for seat in seats)
    step.session.flush()
    step.legs.append(back)
    return back


def riders_of(session: Session, leg: Leg) -> set[int]:
    """The assignments whose therapists ride on ``leg``."""
    return set(session.scalars(select(LegPassenger.assignment_id).where(LegPassenger.leg_id == leg.id)))


def open_legs(legs: Iterable[Leg]) -> list[Leg]:
    """The trips that are not over."""
    return [leg for leg in legs if leg.state in OPEN_LEGS]


def ways_there(step: Step) -> list[Leg]:
    """The trips to the visit that are not over."""
    return [leg for leg in open_legs(step.legs) if leg.to_appointment_id == step.visit.id]


def _become_way_back(step: Step, leg: Leg) -> None:
    """Whoever was to go on to this visit only needs to get home from the one before."""
    session, before = step.session, leg.from_appointment_id
    riders = list(session.scalars(select(Assignment).where(col(Assignment.id).in_(riders_of(session, leg)))))
    staying = [seat for seat in riders if seat.appointment_id == before]
    if staying:
        for seat in [seat for seat in riders if seat not in staying]:
            session.delete(session.get_one(LegPassenger, (leg.id, seat.id)))
    leg.to_appointment_id, leg.travel_minutes = None, firm_settings(session).other_zone_minutes
    leg.version += 1
    step.topics.add(f"appointment:{before}")
    if leg.state in (LegState.PLANNED, LegState.SEARCHING):
        if any(seat.answer in LIVE_ANSWERS for seat in staying):
            # They are still at work there, and ask for a car when they are done.
            cancel_leg(step, leg)
        else:
            leg.state, leg.wanted_at = LegState.SEARCHING, step.now
    session.flush()


def _turn_round(step: Step, leg: Leg) -> None:
    """The car drives back as long as it has driven, and then some way home."""
    driven = minutes_between(leg.departed_at or step.now, step.now)
    leg.from_appointment_id, leg.to_appointment_id = step.visit.id, None
    leg.travel_minutes = driven + max(driven, firm_settings(step.session).same_zone_minutes)
    leg.version += 1
