"""A therapist's call for help: raised with one tap, closed by the desk with how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Unpack

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Alarm
from guitara_app.appointments.services.visit import Tap, clean_reason, seat_step
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import record


def panic(session: Session, actor: Actor, assignment_id: int, **tap: Unpack[Tap]) -> None:
    """Call the desk for help: an alarm on every board, with the place and the phone. A second call changes nothing.

    Raises:
        NotAllowed, NotFound: it is not the actor's job.
        NotPossible: the therapist is not on this job.
    """
    step = seat_step(session, actor, Action.PANIC, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat = step.own_seat
    is_open = select(Alarm.id).where(col(Alarm.assignment_id) == seat.id, col(Alarm.settled_at).is_(None))
    if session.scalar(is_open) is None:
        session.add(Alarm(appointment_id=step.visit.id, assignment_id=seat.id, raised_at=step.at))
        step.done()


def settle_alarm(session: Session, actor: Actor, alarm_id: int, *, outcome: str, now: datetime) -> None:
    """Close an alarm with how it ended.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound, NotPossible: there is no such alarm, or it is closed already.
        Invalid: nothing is said of how it ended.
    """
    require(actor, Permission.HANDLE_ATTENTION)
    outcome = clean_reason(outcome)
    if not outcome:
        raise Invalid("Say how it ended, for example: driver is with her, all well.", field="outcome")
    alarm = session.get(Alarm, alarm_id, with_for_update=True) if 0 < alarm_id < 2**63 else None
    if alarm is None:
        raise NotFound("There is no such alarm.")
    if alarm.settled_at is not None:
        raise NotPossible("Somebody has closed this alarm already.")
    alarm.outcome, alarm.settled_at, alarm.settled_by_id = outcome, now, actor.person_id
    record(
        session,
        "alarm_settled",
        by=actor,
        now=now,
        topics={"desk", f"appointment:{alarm.appointment_id}"},
        appointment_id=alarm.appointment_id,
        assignment_id=alarm.assignment_id,
        reason=outcome,
    )
