"""A therapist's call for help: raised with one tap, closed by the desk with how it ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Alarm, Appointment
from guitara_app.appointments.services.answers import for_person, own_seat
from guitara_app.appointments.services.visit import check_seat, clean_reason, happened, note
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import keep_result, result_of_key


def panic(
    session: Session,
    actor: Actor,
    assignment_id: int,
    *,
    now: datetime,
    reason: str = "",
    happened_at: datetime | None = None,
    idempotency_key: str = "",
) -> None:
    """Call the desk for help: an alarm on every board, with the place and the phone. A second call changes nothing.

    Raises:
        NotAllowed, NotFound: it is not the actor's job.
        NotPossible: the therapist is not on this job.
    """
    require(actor, Permission.CALL_FOR_HELP)
    if result_of_key(session, actor.person_id or 0, idempotency_key) is not None:
        return
    at, reason = happened(happened_at, now=now), clean_reason(reason)
    visit, seat = own_seat(session, actor, assignment_id)
    check_seat(Action.PANIC, actor, visit, seat, reason=reason)
    is_open = select(Alarm.id).where(col(Alarm.assignment_id) == seat.id, col(Alarm.settled_at).is_(None))
    if session.scalar(is_open) is None:
        session.add(Alarm(appointment_id=visit.id, assignment_id=seat.id, raised_at=at))
        note(
            session,
            "alarm_raised",
            visit,
            for_person(actor, seat.person_id),
            now=now,
            happened_at=at,
            topics={"desk", f"appointment:{visit.id}", f"person:{seat.person_id}"},
            assignment_id=seat.id,
            person_id=seat.person_id,
            reason=reason,
        )
    keep_result(session, actor.person_id or 0, idempotency_key, seat.id)


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
    visit = session.get_one(Appointment, alarm.appointment_id)
    note(
        session,
        "alarm_settled",
        visit,
        actor,
        now=now,
        topics={"desk", f"appointment:{visit.id}"},
        assignment_id=alarm.assignment_id,
        reason=outcome,
    )
