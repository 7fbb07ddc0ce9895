"""Giving a trip to a driver and taking it back: what a question or a yes takes of their time is written only here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from sqlmodel import select

from guitara_app.accounts.models import Person, Vehicle
from guitara_app.accounts.permissions import SYSTEM, Role
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Appointment, Leg, LegOffer
from guitara_app.appointments.queries.candidates import Candidate
from guitara_app.appointments.queries.drivers import Trip, driver_candidates, trip_of
from guitara_app.appointments.queries.jobs import leg_jobs, travel_times
from guitara_app.appointments.services.relayout import apply_layout
from guitara_app.appointments.services.rows import own_topics
from guitara_app.appointments.services.visit import Step
from guitara_app.appointments.timeline import lay_out
from guitara_app.appointments.words import LegState, OfferAnswer
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Conflict, Invalid
from guitara_app.kit.events import record


def ask_next(step: Step, leg: Leg, *, found: Sequence[Candidate] = ()) -> Candidate | None:
    """Ask the best driver who is free for the trip and was not asked in this search; None when there is none.

    Without one the trip stays as it is and waits for the desk, or until somebody is free. ``found`` is what
    ``free_to_ask`` said a moment ago; when none of these can be asked any more, everybody is looked at anew.
    """
    session = step.session
    session.flush()
    asked = asked_in_search(session, leg)
    trip = trip_of(session, leg.id, now=step.now)
    return _ask_first(step, leg, trip, found, asked) or _ask_first(
        step, leg, trip, driver_candidates(session, trip, now=step.now), asked
    )


def free_to_ask(session: Session, leg: Leg, *, now: datetime) -> list[Candidate]:
    """Who seems free for the trip and was not asked in this search, best first; nobody's time is held."""
    asked = asked_in_search(session, leg)
    found = driver_candidates(session, trip_of(session, leg.id, now=now), now=now)
    return [candidate for candidate in found if candidate.free and candidate.person_id not in asked]


def _ask_first(
    step: Step, leg: Leg, trip: Trip, found: Iterable[Candidate], asked: Collection[int]
) -> Candidate | None:
    for candidate in found:
        if candidate.free and candidate.person_id not in asked:
            # Their time is held only now: somebody may have been quicker.
            step.hold({candidate.person_id})
            again = driver_candidates(step.session, trip, now=step.now, only=[candidate.person_id])
            if again and again[0].free:
                offer(step, leg, again[0].person_id, trip)
                return again[0]
    return None


def ask_again(step: Step, leg: Leg, driver_id: int) -> Candidate | None:
    """Ask the same driver for a trip that has changed; None when they are not free for it any more."""
    step.session.flush()
    trip = trip_of(step.session, leg.id, now=step.now)
    step.hold({driver_id})
    found = driver_candidates(step.session, trip, now=step.now, only=[driver_id])
    if not found or not found[0].free:
        return None
    offer(step, leg, driver_id, trip)
    return found[0]


def offer(step: Step, leg: Leg, driver_id: int, trip: Trip) -> None:
    """Ask a driver who is free, and whose time the caller holds; they have it until they answer."""
    take_time(step, leg, driver_id, trip)
    leg.state = LegState.OFFERED
    step.session.add(
        LegOffer(
            leg_id=leg.id,
            driver_id=driver_id,
            search_number=leg.search_number,
            answer=OfferAnswer.OPEN,
            offered_at=step.now,
            due_at=_answer_due(step, leg),
        )
    )
    step.session.flush()


def give(step: Step, leg: Leg, driver_id: int, *, override: str) -> Candidate:
    """Let the desk's choice drive, whose time the caller holds, without asking them.

    Raises:
        Conflict: they are taken; the trips in the way are named.
        Invalid: they are no driver in use, have the wrong vehicle, or are off shift and no reason was given.
    """
    session = step.session
    session.flush()
    trip = trip_of(session, leg.id, now=step.now)
    person = session.get(Person, driver_id, with_for_update={"read": True}, populate_existing=True)
    found = driver_candidates(session, trip, now=step.now, only=[driver_id])
    if person is None or person.role != Role.DRIVER or not found:
        raise Invalid("Choose a driver whose account is in use.", field="driver_id")
    [chosen] = found
    if chosen.conflicts:
        sentence = f"{chosen.name} {chosen.reason}. Choose another driver."
        raise Conflict(sentence, chosen.conflicts, field="driver_id")
    if trip.needs_car and person.vehicle != Vehicle.CAR:
        raise Invalid(f"{chosen.name} {chosen.reason}. Choose another driver.", field="driver_id")
    if not chosen.free and not override:
        raise Invalid(
            f"{chosen.name} cannot go ({chosen.reason}). Choose somebody else, or give a reason.",
            field="off_shift_reason",
        )
    take_time(step, leg, driver_id, trip)
    leg.state = LegState.ACCEPTED
    session.flush()
    return chosen


def take_time(step: Step, leg: Leg, driver_id: int, trip: Trip) -> None:
    """Lay the trip out among the others of a driver who is free for it; only those before it may give way."""
    session = step.session
    known = leg_jobs(session, [driver_id], now=step.now, but={leg.id})[driver_id]
    slots = lay_out([*(one.job for one in known), trip.job], travel_times(firm_settings(session)))
    apply_layout(session, known, slots, table="legs")
    slot = next(slot for slot in slots if slot.job.id == leg.id)
    leg.driver_id, leg.planned_start = driver_id, trip.start
    leg.occupied, leg.turnaround_minutes = slot.occupied, slot.turnaround_minutes
    leg.version += 1
    step.topics |= own_topics(driver_id)
    step.let_go.discard(driver_id)


def let_go(step: Step, leg: Leg, *, becomes: LegState = LegState.SEARCHING) -> None:
    """The driver of the trip is free at once, and nobody need answer for it; it has no range until it is given out."""
    if leg.driver_id is not None:
        step.topics |= own_topics(leg.driver_id)
        step.hold({leg.driver_id})
        step.let_go.add(leg.driver_id)
    settle_offer(step, leg, OfferAnswer.WITHDRAWN)
    leg.state, leg.driver_id, leg.planned_start, leg.occupied = becomes, None, None, None
    leg.accepted_at = leg.departed_at = leg.arrived_at = None
    leg.turnaround_minutes = 0
    leg.version += 1
    step.session.flush()


def settle_offer(step: Step, leg: Leg, answer: OfferAnswer) -> None:
    """What became of the open question for this trip, when there is one."""
    offered = open_offer(step.session, leg)
    if offered is not None:
        # Taking it back happens now; an answer may be told later than it was given.
        answered_at = step.now if answer is OfferAnswer.WITHDRAWN else step.at
        offered.answer, offered.answered_at, offered.reason = answer, answered_at, step.reason


def open_offer(session: Session, leg: Leg) -> LegOffer | None:
    """The question for this trip that nobody has answered yet."""
    return session.scalars(
        select(LegOffer).where(LegOffer.leg_id == leg.id, LegOffer.answer == OfferAnswer.OPEN)
    ).one_or_none()


def asked_in_search(session: Session, leg: Leg) -> set[int]:
    """The drivers who were asked since the search for this trip last began."""
    asked = select(LegOffer.driver_id).where(LegOffer.leg_id == leg.id, LegOffer.search_number == leg.search_number)
    return set(session.scalars(asked))


def tell_asked(step: Step, leg: Leg, asked: Candidate | None) -> None:
    """Write down who was asked, after the action that led to it."""
    if asked is None:
        return
    record(
        step.session,
        HAPPENING[Action.OFFER_LEG].kind,
        by=SYSTEM,
        now=step.now,
        topics={"desk", "queue", f"appointment:{step.visit.id}", f"person:{asked.person_id}"},
        appointment_id=step.visit.id,
        leg_id=leg.id,
        person_id=asked.person_id,
        data={"because": asked.reason},
    )


def _answer_due(step: Step, leg: Leg) -> datetime:
    """Some minutes from now; whoever is asked days ahead has until the search would have begun by itself."""
    firm = firm_settings(step.session)
    soon = step.now + timedelta(minutes=firm.leg_answer_minutes)
    visit = None if leg.to_appointment_id is None else step.session.get_one(Appointment, leg.to_appointment_id)
    return soon if visit is None else max(soon, visit.starts_at - timedelta(minutes=firm.leg_search_minutes))
