"""A manager puts a visit into any state, with everything that leaving the old one and entering the new one means.

Nothing is written that the rows would contradict: people move, sessions begin and end at the time told, trips are taken
up or called off, time is claimed anew where it was given back. What section 3 of the contract forbids stays forbidden:
nobody gets two jobs at once, and no money is recorded by force.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import BEFORE_DEPARTURE, ORDER, Action
from guitara_app.appointments.models import Assignment, Leg
from guitara_app.appointments.rules import answer_due
from guitara_app.appointments.services.asking import settle_offer
from guitara_app.appointments.services.endings import close_work, end_visit, reopen
from guitara_app.appointments.services.journeys import refuse_second_trip
from guitara_app.appointments.services.reviews import decide
from guitara_app.appointments.services.rows import live, worked
from guitara_app.appointments.services.seats import claim_time, wanted_of
from guitara_app.appointments.services.sessions import begin, finish
from guitara_app.appointments.services.trips import call_off, plan_way_there, ways_there
from guitara_app.appointments.services.visit import Step, Tap, in_order, visit_step
from guitara_app.appointments.words import ENDINGS, Answer, AppointmentState, LegState, OfferAnswer, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.time import period

S = AppointmentState

_ON_THE_ROAD = (S.IN_TRANSIT, S.ARRIVED, S.DROPPED_OFF)
_NEED_DRIVER = frozenset({S.DRIVER_CONFIRMED, *_ON_THE_ROAD})
_PROGRESS_ORDER = tuple(Progress)
_STAMPS = (
    (Progress.IN_TRANSIT, "departed_at"),
    (Progress.ARRIVED, "arrived_at"),
    (Progress.DROPPED_OFF, "dropped_off_at"),
)
_MOMENTS = (*(stamp for _, stamp in _STAMPS), "session_started_at")


def force(
    session: Session, actor: Actor, appointment_id: int, *, to_state: AppointmentState, **tap: Unpack[Tap]
) -> None:
    """Put a visit into ``to_state``, with a reason that is kept.

    Forwards everybody who goes moves up to it, at the time told. To an ending everything is called off. Back from an
    ending the visit is booked again first; back from anything else what lies behind ``to_state`` is taken back, and
    time that was free since is claimed anew. A payment is neither made nor undone.

    Raises:
        NotAllowed: the actor is no manager.
        NotFound: there is no such visit.
        NotPossible: it is in that state, or its rows cannot come to it; the sentence says what to do instead.
        Conflict: somebody is booked elsewhere meanwhile.
        Invalid: no reason was given.
    """
    step = visit_step(session, actor, Action.FORCE, appointment_id, **tap)
    if step is None:
        return
    step.check()
    in_order(step, *(getattr(seat, stamp) for seat in live(step.seats) for stamp in _MOMENTS))
    before = AppointmentState(step.visit.state)
    if before == to_state:
        raise NotPossible(f"This visit is {_said(before)} already.")
    if to_state in _NEED_DRIVER and not step.visit.driver_needed:
        raise NotPossible("Nobody is driven to this visit, so it never is in that state.")
    if to_state in ENDINGS:
        _end(step, to_state)
    else:
        if before in ENDINGS:
            reopen(session, actor, appointment_id, now=step.now, reason=step.reason, off_shift_reason=step.reason)
            session.refresh(step.visit)
            step = _again(session, actor, appointment_id, tap)
        _bring_to(step, to_state)
    step.done(data={"from": before, "to": to_state})
    if step.visit.state != to_state:
        raise NotPossible(_why_not(AppointmentState(step.visit.state), to_state))


def _again(session: Session, actor: Actor, appointment_id: int, tap: Tap) -> Step:
    """The visit as it is after it was booked again; its key has been claimed by the first opening."""
    unkeyed: Tap = {**tap, "idempotency_key": ""}
    step = visit_step(session, actor, Action.FORCE, appointment_id, **unkeyed)
    if step is None:
        raise ValueError("a step without a key is always opened")
    step.key = tap.get("idempotency_key", "")
    return step


def _end(step: Step, ending: AppointmentState) -> None:
    for seat in live(step.seats):
        if seat.progress == Progress.IN_SESSION:
            finish(step, seat)
    if step.visit.state in ENDINGS:
        step.visit.state, step.visit.ending_reason = ending, step.reason
    else:
        end_visit(step, ending, step.reason)


def _bring_to(step: Step, to_state: AppointmentState) -> None:
    """Change every place, trip and mark so that ``to_state`` follows from them."""
    if ORDER.index(S(step.visit.state)) > ORDER.index(to_state):
        step.visit.state, step.visit.closed_at = to_state, None
        _take_back(step, to_state)
    if to_state is not S.PENDING:
        _accept_everybody(step)
    if to_state in BEFORE_DEPARTURE:
        _confirm_driver(step, to_state)
    elif to_state in _ON_THE_ROAD:
        _move(step, Progress(to_state.value))
    else:
        _move(step, Progress.DROPPED_OFF)
        _work(step, to_state)


def _work(step: Step, to_state: AppointmentState) -> None:
    """Everybody who goes is in session, or has been."""
    going = live(step.seats)
    for seat in going:
        if seat.progress != Progress.IN_SESSION:
            begin(step, seat)
    step.session.flush()
    if to_state is S.IN_SESSION:
        return
    for seat in going:
        finish(step, seat)
    for seat in step.seats:
        if worked(seat):
            seat.payment_requested_at = seat.payment_requested_at or step.at
            if to_state is S.COMPLETED:
                seat.materials_reported_at = seat.materials_reported_at or step.at
    if to_state is S.COMPLETED:
        close_work(step)


def _take_back(step: Step, to_state: AppointmentState) -> None:
    """Undo what lies behind ``to_state``: marks of the bill and the materials, sessions, and steps of the way."""
    at = ORDER.index(to_state)
    for seat in [seat for seat in step.seats if worked(seat) or seat in live(step.seats)]:
        if at < ORDER.index(S.COMPLETED):
            seat.materials_reported_at = None
        if at < ORDER.index(S.AWAITING_PAYMENT):
            seat.payment_requested_at = None
        if at < ORDER.index(S.IN_SESSION):
            _go_back(step, seat, to_state)
        seat.version += 1
    step.session.flush()


def _go_back(step: Step, seat: Assignment, to_state: AppointmentState) -> None:
    stays = to_state in _ON_THE_ROAD
    highest = Progress(to_state.value) if stays else Progress.WAITING
    if seat.answer == Answer.RELEASED:
        _claim_again(step, seat)
    if _PROGRESS_ORDER.index(Progress(seat.progress)) > _PROGRESS_ORDER.index(highest):
        seat.progress = highest
    seat.session_started_at = seat.session_ended_at = None
    seat.ended_early, seat.ended_early_reason = None, ""
    for progress, stamp in _STAMPS:
        if _PROGRESS_ORDER.index(progress) > _PROGRESS_ORDER.index(highest):
            setattr(seat, stamp, None)
    if to_state is S.PENDING:
        due = answer_due(step.now, step.visit.starts_at, firm_settings(step.session))
        seat.answer, seat.answered_at, seat.offered_at, seat.due_at = Answer.OFFERED, None, step.now, due
        step.asked.add(seat.person_id)


def _claim_again(step: Step, seat: Assignment) -> None:
    step.hold({seat.person_id})
    wanted = wanted_of(step)
    claim = claim_time(step.session, [seat.person_id], wanted, now=step.now, override=step.reason)[seat.person_id]
    seat.answer, seat.progress, seat.released_at = Answer.ACCEPTED, Progress.WAITING, None
    seat.session_started_at = seat.session_ended_at = None
    seat.occupied, seat.turnaround_minutes = claim.slot.occupied, claim.slot.turnaround_minutes
    step.session.flush()


def _accept_everybody(step: Step) -> None:
    for seat in live(step.seats):
        if seat.answer == Answer.OFFERED:
            seat.answer, seat.answered_at = Answer.ACCEPTED, step.at
            seat.version += 1
    decide(step, "settled")
    step.session.flush()


def _confirm_driver(step: Step, to_state: AppointmentState) -> None:
    """The way there is as far as ``to_state`` says: taken by a driver, or still to be given out."""
    if not step.visit.driver_needed:
        return
    if to_state is S.DRIVER_CONFIRMED:
        for leg in ways_there(step):
            if leg.state == LegState.OFFERED:
                _accept_trip(step, leg)
            elif leg.state == LegState.UNDER_WAY:
                leg.state, leg.departed_at, leg.arrived_at = LegState.ACCEPTED, None, None
                leg.version += 1
        return
    for leg in ways_there(step):
        if leg.state not in (LegState.PLANNED, LegState.SEARCHING):
            call_off(step, leg)
    if not ways_there(step):
        plan_way_there(step, live(step.seats))


def _accept_trip(step: Step, leg: Leg) -> None:
    settle_offer(step, leg, OfferAnswer.ACCEPTED)
    leg.state, leg.accepted_at = LegState.ACCEPTED, step.at
    leg.version += 1


def _move(step: Step, progress: Progress) -> None:
    """Everybody who goes has come at least as far as ``progress``, in the cars that were to take them."""
    driven = step.visit.driver_needed
    for seat in live(step.seats):
        if not driven or _PROGRESS_ORDER.index(Progress(seat.progress)) >= _PROGRESS_ORDER.index(progress):
            continue
        seat.progress = progress
        for passed, stamp in _STAMPS:
            if _PROGRESS_ORDER.index(passed) <= _PROGRESS_ORDER.index(progress) and getattr(seat, stamp) is None:
                setattr(seat, stamp, step.at)
        seat.version += 1
    for leg in ways_there(step) if driven else []:
        _drive(step, leg, progress)
    step.session.flush()


def _drive(step: Step, leg: Leg, progress: Progress) -> None:
    if leg.state not in (LegState.ACCEPTED, LegState.UNDER_WAY):
        # They came there without it.
        call_off(step, leg)
        return
    leg.departed_at = leg.departed_at or step.at
    if progress is Progress.DROPPED_OFF:
        begun = min(leg.departed_at, step.at)
        leg.arrived_at, leg.state, leg.finished_at = leg.arrived_at or step.at, LegState.DONE, step.at
        leg.occupied = period(begun, max(step.at, begun + timedelta(minutes=1)))
        settle_offer(step, leg, OfferAnswer.WITHDRAWN)
    else:
        refuse_second_trip(step, leg)
        leg.state = LegState.UNDER_WAY
        if progress is Progress.ARRIVED:
            leg.arrived_at = leg.arrived_at or step.at
    leg.version += 1


def _why_not(follows: AppointmentState, wanted: AppointmentState) -> str:
    if wanted in (S.PAID, S.COMPLETED):
        return "No payment is recorded. Verify it or write it off; money is never recorded by force."
    if follows in (S.PAID, S.COMPLETED):
        return "A payment is recorded, so this visit stays paid. Correct the payment instead."
    if wanted is S.DRIVER_CONFIRMED:
        return "No driver has this trip. Choose one; that confirms it."
    return f"With its people and trips as they are this visit is {_said(follows)}, not {_said(wanted)}."


def _said(state: AppointmentState) -> str:
    return state.value.replace("_", " ")
