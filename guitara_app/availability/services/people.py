"""Whose time it is, who may change it, and who is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import FIELD, Actor, Permission, require
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.errors import NotFound
from guitara_app.kit.events import week_key


def open_person(session: Session, actor: Actor, person_id: int, *, own: bool = True) -> Person:
    """The therapist or driver, with their time held until the transaction ends.

    Whoever is being booked holds the same lock: hours never change between a look and a booking.

    Args:
        session: the caller's transaction.
        actor: the person themselves when ``own``, or somebody of the desk.
        person_id: a therapist or a driver.
        own: whether people may do this for themselves.

    Raises:
        NotAllowed: the actor may not do this for that person.
        NotFound: there is no such therapist or driver in use.
    """
    itself = own and not actor.is_desk and actor.person_id == person_id
    require(actor, Permission.OWN_SHIFTS if itself else Permission.MANAGE_SHIFTS)
    person = session.get(Person, person_id, with_for_update={"read": True}) if 0 < person_id < 2**31 else None
    if person is None or person.role not in FIELD or person.disabled_at is not None:
        raise NotFound("There is no such therapist or driver in use.", field="person_id")
    lock_people(session, {person.id})
    return person


def acting_for(actor: Actor, person_id: int) -> Actor:
    """The actor as the log is to name them: for themselves, or from the desk on behalf of somebody."""
    return actor if actor.person_id == person_id else replace(actor, on_behalf_of=person_id)


def topics(session: Session, person_id: int, days: Iterable[date] | None, *, now: datetime) -> list[str]:
    """Whatever shows this person's hours of ``days``; with None, of every evening that is planned."""
    if days is None:
        firm = firm_settings(session)
        tonight = firm.calendar.business_date(now)
        days = [tonight + timedelta(days=number) for number in range(firm.book_ahead_days + 1)]
    days = list(days)
    return [
        "desk",
        "queue",
        f"person:{person_id}",
        f"hours:{person_id}",
        *(f"shifts:{day.toordinal()}" for day in days),
        *{f"week:{week_key(day)}" for day in days},
    ]
