"""Saying when somebody can be offered work."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import FIELD, Actor, Permission, require
from guitara_app.availability.models import Shift
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.events import record
from guitara_app.kit.time import period

_LONGEST_SHIFT = timedelta(hours=18)


def set_shift(
    session: Session,
    actor: Actor,
    person_id: int,
    evening: date,
    hours: tuple[time, time] | None,
    *,
    now: datetime,
) -> None:
    """Set the one shift of a person for an evening, or with None take it away. Jobs already booked stay booked.

    Args:
        session: the caller's transaction.
        actor: somebody of the desk.
        person_id: a therapist or a driver.
        evening: the business day the shift belongs to.
        hours: start and end on the wall clock; an end at or before the start is past midnight.
        now: the present moment.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such therapist or driver.
        Invalid: the evening is over, or the shift is longer than 18 hours.
    """
    require(actor, Permission.MANAGE_SHIFTS)
    person = session.get(Person, person_id, with_for_update={"read": True}) if 0 < person_id < 2**63 else None
    if person is None or person.role not in FIELD or person.disabled_at is not None:
        raise NotFound("There is no such therapist or driver in use.", field="person_id")
    calendar = firm_settings(session).calendar
    if evening < calendar.business_date(now):
        raise Invalid("That evening is over. Its shifts stay as they were.", field="evening")
    # Whoever is being booked for this evening holds the same lock: a shift never changes between a look and a booking.
    lock_people(session, {person.id})
    of_the_day = select(Shift).where(Shift.person_id == person.id, Shift.business_date == evening)
    before = list(session.scalars(of_the_day.order_by(col(Shift.id))))
    for shift in before:
        session.delete(shift)
    session.flush()
    if hours is not None:
        start, end = (calendar.at(evening, clock.replace(second=0, microsecond=0)) for clock in hours)
        end = end if end > start else end + timedelta(days=1)
        if end - start > _LONGEST_SHIFT:
            raise Invalid("A shift has at most 18 hours. Check start and end.", field="end")
        session.add(Shift(person_id=person.id, business_date=evening, period=period(start, end), source="by_hand"))
    record(
        session,
        "shift_set" if hours else "shift_removed",
        by=actor,
        now=now,
        topics=["desk", f"person:{person.id}", f"shifts:{evening.toordinal()}"],
        person_id=person.id,
        data={"evening": evening.isoformat()},
    )
