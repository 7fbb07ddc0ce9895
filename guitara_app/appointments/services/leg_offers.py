"""Who drives: looking for a driver, their answer, the desk's own choice, and a driver who has to step back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import SYSTEM, Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Leg, LegOffer
from guitara_app.appointments.queries.candidates import Candidate
from guitara_app.appointments.services.asking import (
    ask_next,
    free_to_ask,
    give,
    let_go,
    open_offer,
    settle_offer,
    tell_asked,
)
from guitara_app.appointments.services.visit import Step, Tap, leg_step
from guitara_app.appointments.words import LegState, OfferAnswer
from guitara_app.clients.rules import normal_note
from guitara_app.kit.errors import Invalid, Stale


def search_driver(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Begin to look for a driver: the best who is free is asked; with nobody free the trip waits.

    Raises:
        NotAllowed, NotFound: not the actor's to do, or there is no such trip.
        NotPossible: it is looked for already, or the visit is over.
    """
    step = leg_step(session, actor, Action.SEARCH_DRIVER, leg_id, **tap)
    if step is None:
        return
    step.check()
    leg = step.own_leg
    leg.state = LegState.SEARCHING
    leg.search_number += 1
    leg.version += 1
    _ask_and_tell(step, leg)


def search_again(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Begin another search for a trip that waits: whoever declined or did not answer may be asked once more.

    Raises:
        NotAllowed, NotFound: not the actor's to do, or there is no such trip.
        NotPossible: it does not wait: somebody has been asked, or nobody is looked for yet.
    """
    step = leg_step(session, actor, Action.SEARCH_AGAIN, leg_id, **tap)
    if step is None:
        return
    step.check()
    step.own_leg.search_number += 1
    step.own_leg.version += 1
    _ask_and_tell(step, step.own_leg)


def offer_leg(
    session: Session, actor: Actor, leg_id: int, *, found: Sequence[Candidate] = (), **tap: Unpack[Tap]
) -> bool:
    """Ask the next driver for a trip that waits; False when nobody is free who was not asked before.

    ``found`` are those who seemed free a moment ago, best first.

    Raises:
        NotAllowed: only the system hands trips out; the desk chooses a driver.
        NotFound: there is no such trip.
        NotPossible: it does not wait any more.
    """
    step = leg_step(session, actor, Action.OFFER_LEG, leg_id, **tap)
    if step is None:
        return False
    step.check()
    asked = ask_next(step, step.own_leg, found=found)
    if asked is not None:
        step.done(person_id=asked.person_id, data={"because": asked.reason})
    return asked is not None


def hand_out(session: Session, leg_id: int, *, now: datetime) -> bool:
    """Ask the next driver for a trip that waits, when somebody has become free; whether somebody was asked.

    Most looks find nobody, so nobody's time is held until somebody is there to be asked.
    """
    leg = session.get(Leg, leg_id) if 0 < leg_id < 2**63 else None
    if leg is None or leg.state != LegState.SEARCHING:
        return False
    found = free_to_ask(session, leg, now=now)
    return bool(found) and offer_leg(session, SYSTEM, leg_id, found=found, now=now)


def accept_leg(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Say yes to a trip: one's own, or for a driver from the desk, with a reason.

    Raises:
        NotAllowed, NotFound: it is not the actor's to answer.
        NotPossible: it has been answered, or has gone to somebody else.
        Invalid: the desk gave no reason.
    """
    step = leg_step(session, actor, Action.ACCEPT_LEG, leg_id, **tap)
    if step is None:
        return
    step.check()
    leg = step.own_leg
    settle_offer(step, leg, OfferAnswer.ACCEPTED)
    leg.state, leg.accepted_at = LegState.ACCEPTED, step.at
    leg.version += 1
    step.done()


def decline_leg(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Say no to a trip: the driver is free at once, and the next is asked.

    Raises:
        NotAllowed, NotFound: it is not the actor's to answer.
        NotPossible: it has been answered, or has gone to somebody else.
        Invalid: the desk gave no reason.
    """
    step = leg_step(session, actor, Action.DECLINE_LEG, leg_id, **tap)
    if step is None:
        return
    step.check()
    settle_offer(step, step.own_leg, OfferAnswer.DECLINED)
    let_go(step, step.own_leg)
    _ask_and_tell(step, step.own_leg)


def lapse_leg_offer(session: Session, leg_id: int, *, now: datetime) -> None:
    """A driver has not answered in time: the next is asked. Nothing happens when they did, or it is not due yet."""
    step = leg_step(session, SYSTEM, Action.LAPSE_LEG, leg_id, now=now)
    if step is None:
        return
    leg = step.own_leg
    asked = open_offer(session, leg)
    if leg.state != LegState.OFFERED or asked is None or asked.due_at > now:
        return
    step.check()
    settle_offer(step, leg, OfferAnswer.LAPSED)
    let_go(step, leg)
    _ask_and_tell(step, leg)


def choose_driver(
    session: Session,
    actor: Actor,
    leg_id: int,
    *,
    driver_id: int,
    off_shift_reason: str = "",
    seen_driver_id: int | None = None,
    **tap: Unpack[Tap],
) -> None:
    """Let a driver of the desk's choice drive, without asking; whoever had the trip or was asked is free at once.

    ``seen_driver_id`` is who had it for whoever chooses, 0 for nobody; without it nothing is compared.

    Raises:
        NotAllowed, NotFound: not the actor's to do, or there is no such trip.
        NotPossible: it is under way, or over.
        Stale: somebody else has it now than was seen.
        Conflict: the driver is taken; the trips in the way are named.
        Invalid: they drive it already, have the wrong vehicle, or are off shift and no reason was given.
    """
    if not 0 < driver_id < 2**31:
        raise Invalid("Choose a driver whose account is in use.", field="driver_id")
    step = leg_step(session, actor, Action.CHOOSE_DRIVER, leg_id, also_people=[driver_id], **tap)
    if step is None:
        return
    step.check()
    leg, before = step.own_leg, step.own_leg.driver_id
    if seen_driver_id is not None and (before or 0) != seen_driver_id:
        has = session.get(Person, before) if before else None
        raise Stale(f"A colleague was quicker: {f'{has.name} has this trip now' if has else 'nobody has it now'}.")
    if before == driver_id and leg.state == LegState.ACCEPTED:
        raise Invalid("They drive this trip already. Choose somebody else.", field="driver_id")
    override = normal_note(off_shift_reason, field="off_shift_reason")
    let_go(step, leg)
    chosen = give(step, leg, driver_id, override=override)
    leg.accepted_at, leg.reason = step.at, "" if chosen.free else override
    step.done(
        person_id=driver_id,
        data={"because": chosen.reason, "instead_of": before},
        after={"off_shift_reason": leg.reason} if leg.reason else None,
    )


def step_back(session: Session, actor: Actor, leg_id: int, **tap: Unpack[Tap]) -> None:
    """Give a trip back, with a reason: a new search begins at once, an urgent one when it was under way.

    Whoever sits in a car that broke down stays as far as they are; the next car takes over.

    Raises:
        NotAllowed, NotFound: it is not the actor's trip.
        NotPossible: it was not accepted, or is over.
        Invalid: no reason was given.
    """
    step = leg_step(session, actor, Action.STEP_BACK, leg_id, **tap)
    if step is None:
        return
    step.check()
    leg, driver_id = step.own_leg, step.own_leg.driver_id
    if leg.state == LegState.UNDER_WAY:
        leg.urgent, leg.wanted_at = True, step.now
    let_go(step, leg)
    leg.search_number += 1
    if driver_id is not None:
        _count_as_asked(step, leg, driver_id)
    _ask_and_tell(step, leg)


def _ask_and_tell(step: Step, leg: Leg) -> None:
    asked = ask_next(step, leg)
    step.done(data={"next_person_id": None if asked is None else asked.person_id})
    tell_asked(step, leg, asked)


def _count_as_asked(step: Step, leg: Leg, driver_id: int) -> None:
    """In the new search this driver has said no already."""
    step.session.add(
        LegOffer(
            leg_id=leg.id,
            driver_id=driver_id,
            search_number=leg.search_number,
            answer=OfferAnswer.DECLINED,
            offered_at=step.now,
            due_at=step.now,
            answered_at=step.at,
            reason=step.reason,
        )
    )
