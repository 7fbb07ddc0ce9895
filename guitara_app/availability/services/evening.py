"""Hours by hand for one evening of somebody."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session
from sqlmodel import col, delete, select

from guitara_app.accounts.permissions import Actor
from guitara_app.availability.models import Shift, ShiftException
from guitara_app.availability.rules import check_hours, evening_hours
from guitara_app.availability.services.materialising import hours_of, materialise
from guitara_app.availability.services.people import open_person, topics
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import record


def set_shift(
    session: Session,
    actor: Actor,
    person_id: int,
    evening: date,
    hours: tuple[time, time] | None,
    *,
    now: datetime,
) -> None:
    """Say when a person works in one evening, or with None that they do not. Jobs already booked stay booked.

    It takes the place of the usual hours of that evening; approved time off still cuts it.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        person_id: a therapist or a driver.
        evening: the business day.
        hours: start and end on the wall clock; an end at or before the start is past midnight.
        now: the present moment.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such therapist or driver.
        Invalid: the evening is over or too far ahead, or the shift is longer than 18 hours.
    """
    person = open_person(session, actor, person_id, own=False)
    check_evening(session, evening, now)
    exception = _exception(session, person.id, evening)
    before = hours_of(exception) if exception else None
    said = evening_hours(hours, before) if hours else None
    if said:
        check_hours(said)
    if exception is None:
        exception = ShiftException(person_id=person.id, business_date=evening)
        session.add(exception)
    exception.starts, exception.ends = (said.starts, said.ends) if said else (None, None)
    exception.break_starts, exception.break_ends = (said.break_starts, said.break_ends) if said else (None, None)
    exception.set_by_id = actor.person_id
    session.flush()
    changed = materialise(session, person.id, now=now)
    record(
        session,
        "shift_set" if said else "shift_removed",
        by=actor,
        now=now,
        topics=topics(session, person.id, {evening, *changed}, now=now),
        person_id=person.id,
        data={"evening": evening.isoformat()},
        before={"hours": str(before or "")},
        after={"hours": str(said or "")},
    )


def usual_shift(session: Session, actor: Actor, person_id: int, evening: date, *, now: datetime) -> None:
    """Take back what was said by hand about one evening: the usual hours hold again.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such therapist or driver.
        Invalid: the evening is over.
    """
    person = open_person(session, actor, person_id, own=False)
    check_evening(session, evening, now)
    exception = _exception(session, person.id, evening)
    before = hours_of(exception) if exception else None
    if exception is not None:
        session.delete(exception)
    session.execute(delete(Shift).where(col(Shift.person_id) == person.id, col(Shift.business_date) == evening))
    session.flush()
    changed = materialise(session, person.id, now=now)
    record(
        session,
        "shift_usual",
        by=actor,
        now=now,
        topics=topics(session, person.id, {evening, *changed}, now=now),
        person_id=person.id,
        data={"evening": evening.isoformat()},
        before={"hours": str(before or "")},
    )


def check_evening(session: Session, evening: date, now: datetime) -> None:
    """Refuse an evening whose shifts cannot be set.

    Raises:
        Invalid: it is over, or too far ahead.
    """
    firm = firm_settings(session)
    tonight = firm.calendar.business_date(now)
    if evening < tonight:
        raise Invalid("That evening is over. Its shifts stay as they were.", field="evening")
    if evening > tonight + timedelta(days=firm.book_ahead_days):
        raise Invalid(f"Shifts are planned {firm.book_ahead_days} days ahead at most.", field="evening")


def _exception(session: Session, person_id: int, evening: date) -> ShiftException | None:
    return session.scalars(
        select(ShiftException).where(
            ShiftException.person_id == person_id, col(ShiftException.business_date) == evening
        )
    ).one_or_none()
