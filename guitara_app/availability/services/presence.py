"""Coming and going: once for each business day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Permission, allowed
from guitara_app.availability.models import CheckIn
from guitara_app.availability.services.people import acting_for, open_person, topics
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotPossible
from guitara_app.kit.events import record


def check_in(
    session: Session,
    actor: Actor,
    person_id: int,
    *,
    now: datetime,
    happened_at: datetime | None = None,
    reason: str = "",
) -> None:
    """Note that somebody has come, for themselves or from the desk on their behalf.

    After a check-out by mistake the desk may check the same person in again; then the evening goes on.

    Raises:
        NotAllowed: it is somebody else, and the actor is not of the desk.
        NotFound: there is no such therapist or driver in use.
        NotPossible: they are checked in already, or have checked out.
        Invalid: ``happened_at`` is not in this evening, or has yet to come.
    """
    person = open_person(session, actor, person_id)
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    at = _moment(happened_at, calendar.day_period(day).lower, now)
    row = session.scalars(
        select(CheckIn).where(CheckIn.person_id == person.id, col(CheckIn.business_date) == day)
    ).one_or_none()
    if row is None:
        session.add(CheckIn(person_id=person.id, business_date=day, in_at=at))
        _tell(session, actor, person, "checked_in", day, now=now, at=at, reason=reason)
        return
    since = f"{calendar.local(row.in_at):%H:%M}"
    if row.out_at is None:
        raise NotPossible(f"{person.name} is checked in since {since}.")
    if not allowed(actor.role, Permission.MANAGE_SHIFTS):
        left = f"{calendar.local(row.out_at):%H:%M}"
        raise NotPossible(f"You checked out at {left}. If you are still there, ask the desk to check you in again.")
    row.out_at = None
    _tell(session, actor, person, "checked_in_again", day, now=now, at=at, reason=reason)


def check_out(
    session: Session,
    actor: Actor,
    person_id: int,
    *,
    now: datetime,
    happened_at: datetime | None = None,
    reason: str = "",
) -> None:
    """Note that somebody has gone: of this evening, or of the one before when the day turned meanwhile.

    Raises:
        NotAllowed: it is somebody else, and the actor is not of the desk.
        NotFound: there is no such therapist or driver in use.
        NotPossible: they are not checked in.
        Invalid: ``happened_at`` is before they came, or has yet to come.
    """
    person = open_person(session, actor, person_id)
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    row = session.scalars(
        select(CheckIn)
        .where(
            CheckIn.person_id == person.id,
            col(CheckIn.business_date) >= day - timedelta(days=1),
            col(CheckIn.out_at).is_(None),
        )
        .order_by(col(CheckIn.business_date).desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise NotPossible(f"{person.name} is not checked in.")
    row.out_at = _moment(happened_at, row.in_at, now)
    _tell(session, actor, person, "checked_out", row.business_date, now=now, at=row.out_at, reason=reason)


def _moment(happened_at: datetime | None, earliest: datetime | None, now: datetime) -> datetime:
    if happened_at is None:
        return max(now, earliest) if earliest else now
    if happened_at.tzinfo is None or happened_at > now:
        raise Invalid("That moment has yet to come. Type a time that has passed.", field="happened_at")
    if earliest is not None and happened_at < earliest:
        raise Invalid("That is before this evening began, or before they came. Type a later time.", field="happened_at")
    return happened_at


def _tell(
    session: Session, actor: Actor, person: Person, kind: str, day: date, *, now: datetime, at: datetime, reason: str
) -> None:
    session.flush()
    record(
        session,
        kind,
        by=acting_for(actor, person.id),
        now=now,
        happened_at=at,
        topics=topics(session, person.id, [day], now=now),
        person_id=person.id,
        reason=normal_note(reason, field="reason"),
    )
