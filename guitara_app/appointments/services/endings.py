"""How a visit ends before its work is done, and how it is taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM, Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.rules import STARTED_AT_MOST_AGO, answer_due, start_of
from guitara_app.appointments.services.reviews import decide
from guitara_app.appointments.services.rows import live, worked
from guitara_app.appointments.services.seats import claim_time, leave, offer_seat, therapists, wanted_of
from guitara_app.appointments.services.trips import bring_back, call_off, ways_there
from guitara_app.appointments.services.visit import Step, Tap, visit_step
from guitara_app.appointments.words import Answer, AppointmentState
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotPossible


def cancel(session: Session, actor: Actor, appointment_id: int, **tap: Unpack[Tap]) -> None:
    """Call a visit off before its session: everybody's time is free at once, and nobody is left standing there.

    Who sits in a car stays in it: that trip becomes the way back. Who is on site gets one.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such visit.
        NotPossible: the session has begun, or the visit is over.
        Invalid: no reason was given.
    """
    step = visit_step(session, actor, Action.CANCEL, appointment_id, **tap)
    if step is None:
        return
    step.check()
    end_visit(step, AppointmentState.CANCELLED, step.reason)
    step.done()


def no_show(session: Session, actor: Actor, appointment_id: int, **tap: Unpack[Tap]) -> None:
    """The client is not there: the visit ends, and whoever is out there is brought back.

    Raises:
        NotAllowed, NotFound: see ``cancel``.
        NotPossible: nobody is there yet, or the visit is not due.
    """
    step = visit_step(session, actor, Action.NO_SHOW, appointment_id, **tap)
    if step is None:
        return
    step.check()
    if not step.visit.driver_needed and step.now < step.visit.starts_at:
        raise NotPossible("This visit is not due yet. It can be cancelled.")
    end_visit(step, AppointmentState.NO_SHOW, step.reason)
    step.done()


def expire(session: Session, appointment_id: int, *, now: datetime) -> None:
    """Nobody said yes in time: the visit ends, and everybody's time is free. Nothing happens when somebody did."""
    step = visit_step(session, SYSTEM, Action.EXPIRE, appointment_id, now=now)
    if step is None or step.visit.state != AppointmentState.PENDING:
        return
    if any(seat.answer == Answer.ACCEPTED for seat in step.seats):
        return
    step.check()
    end_visit(step, AppointmentState.EXPIRED, "Nobody said yes in time.")
    step.done()


def reopen(
    session: Session,
    actor: Actor,
    appointment_id: int,
    *,
    therapist_ids: Sequence[int] | None = None,
    evening: date | None = None,
    start: time | None = None,
    off_shift_reason: str = "",
    **tap: Unpack[Tap],
) -> None:
    """Take up a visit again that was cancelled, expired or a no-show: everybody is checked and asked like at booking.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        appointment_id: the visit.
        therapist_ids: who goes; those it ended for when None.
        evening: another evening, with ``start``; the old time when both are None.
        start: another time of day.
        off_shift_reason: why somebody is booked outside their shift.
        tap: see ``Tap``.

    Raises:
        NotAllowed, NotFound: see ``cancel``.
        NotPossible: the visit is not over that way.
        Conflict, Invalid: somebody is taken or off shift, or the time has passed.
    """
    step = visit_step(session, actor, Action.REOPEN, appointment_id, also_people=therapist_ids or (), **tap)
    if step is None:
        return
    step.check()
    visit, firm = step.visit, firm_settings(session)
    if evening is not None or start is not None:
        length = visit.ends_at - visit.starts_at
        local = firm.calendar.local(visit.starts_at)
        asked = BookingRequest(evening=evening or visit.business_date, start=start or local.time())
        visit.starts_at = start_of(asked, firm, now=step.now)
        visit.ends_at = visit.starts_at + length
        visit.business_date = firm.calendar.business_date(visit.starts_at)
    elif visit.starts_at < step.now - STARTED_AT_MOST_AGO:
        raise Invalid("The time of this visit has passed. Give it another evening and start.", field="start")
    wanted_people = therapist_ids or [
        seat.person_id for seat in step.seats if seat.released_at == visit.closed_at and not worked(seat)
    ]
    people = therapists(session, wanted_people)
    if not people:
        raise Invalid("Choose who goes.", field="therapist_ids")
    override = normal_note(off_shift_reason, field="off_shift_reason")
    visit.state, visit.ending_reason, visit.closed_at = AppointmentState.PENDING, "", None
    session.flush()
    claims = claim_time(session, people, wanted_of(step), now=step.now, override=override)
    due_at = answer_due(step.now, visit.starts_at, firm)
    for person_id, claim in claims.items():
        offer_seat(step, person_id, due_at=due_at, override=override, claim=claim)
    step.done()


def end_visit(step: Step, ending: AppointmentState, reason: str) -> None:
    """End the visit before its work: people, trips and stock are free, and nobody is left standing there."""
    close_work(step, "cancel" if ending is AppointmentState.CANCELLED else "settled")
    step.visit.state, step.visit.ending_reason, step.visit.closed_at = ending, reason, step.now


def close_work(step: Step, decision: str = "settled") -> None:
    """Let go of everything that is still open when nobody is to work here any more; what waited has been decided."""
    leaving = live(step.seats)
    bring_back(step, leaving)
    leave(step, *leaving)
    for leg in ways_there(step):
        call_off(step, leg)
    decide(step, decision)
