"""Time off: asked for by the person, decided by the desk, or entered by the desk at once."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.availability.models import TimeOff
from guitara_app.availability.rules import off_span
from guitara_app.availability.services.materialising import materialise
from guitara_app.availability.services.people import acting_for, open_person, topics
from guitara_app.clients.rules import normal_note
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.kit.time import period

ASKED, APPROVED, REFUSED, TAKEN_BACK = "asked", "approved", "refused", "taken_back"

_IS_NOW = {ASKED: "is still asked for", APPROVED: "is approved", REFUSED: "is refused", TAKEN_BACK: "was taken back"}


def ask_time_off(
    session: Session,
    actor: Actor,
    person_id: int,
    first: date,
    last: date,
    *,
    now: datetime,
    reason: str,
    starts: time | None = None,
    ends: time | None = None,
) -> int:
    """Ask for time off for oneself; nothing changes until the desk approves it.

    Args:
        session: the caller's transaction.
        actor: the therapist or driver.
        person_id: the same person.
        first: the first evening.
        last: the last evening, which may be the same.
        now: the present moment.
        reason: why; the desk reads it.
        starts: from when in the first evening; None for all of it.
        ends: until when in the last evening; None for all of it.

    Raises:
        NotAllowed: it is not the actor's own time; the desk enters time off instead.
        Invalid: no reason, or a range that cannot be.
        NotPossible: there is time off in this range already.
    """
    require(actor, Permission.OWN_SHIFTS)
    return _add(session, actor, person_id, (first, last, starts, ends), state=ASKED, reason=reason, now=now)


def enter_time_off(
    session: Session,
    actor: Actor,
    person_id: int,
    first: date,
    last: date,
    *,
    now: datetime,
    reason: str,
    starts: time | None = None,
    ends: time | None = None,
) -> int:
    """Enter time off that the desk agrees to: it cuts the person's shifts at once. Jobs already booked stay booked.

    Arguments and errors are those of ``ask_time_off``, for somebody of the desk.
    """
    require(actor, Permission.MANAGE_SHIFTS)
    return _add(session, actor, person_id, (first, last, starts, ends), state=APPROVED, reason=reason, now=now)


def call_in_sick(session: Session, actor: Actor, person_id: int, *, now: datetime, reason: str) -> None:
    """End somebody's hours of this evening now: time off from this moment until the business day is over.

    What was planned or asked for besides stays as it is. Jobs already booked stay booked.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such therapist or driver in use.
        Invalid: no reason was given.
    """
    person = open_person(session, actor, person_id, own=False)
    why = normal_note(reason, field="reason")
    if not why:
        raise Invalid("Say what it is, in a word or two.", field="reason")
    calendar = firm_settings(session).calendar
    over = calendar.day_period(calendar.business_date(now)).upper
    if over is None:
        raise ValueError("a business day is bounded")
    row = TimeOff(
        person_id=person.id,
        period=period(now, over),
        state=APPROVED,
        reason=why,
        asked_at=now,
        asked_by_id=actor.person_id,
        decided_by_id=actor.person_id,
        decided_at=now,
    )
    session.add(row)
    session.flush()
    _tell(session, actor, row, "called_in_sick", now=now, reason=why)


def approve_time_off(session: Session, actor: Actor, time_off_id: int, *, now: datetime, reason: str = "") -> None:
    """Agree to what was asked; the person's shifts are cut at once. Jobs already booked stay booked.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such request.
        NotPossible: it has been decided or taken back.
    """
    require(actor, Permission.MANAGE_SHIFTS)
    _decide(session, actor, _open(session, actor, time_off_id, {ASKED}), APPROVED, now=now, reason=reason)


def refuse_time_off(session: Session, actor: Actor, time_off_id: int, *, now: datetime, reason: str) -> None:
    """Say no to what was asked, with a reason that the person reads.

    Raises:
        NotAllowed: the actor is not of the desk.
        NotFound: there is no such request.
        NotPossible: it has been decided or taken back.
        Invalid: no reason was given.
    """
    require(actor, Permission.MANAGE_SHIFTS)
    if not normal_note(reason, field="reason"):
        raise Invalid("Say why not; the person reads it.", field="reason")
    _decide(session, actor, _open(session, actor, time_off_id, {ASKED}), REFUSED, now=now, reason=reason)


def take_back_time_off(session: Session, actor: Actor, time_off_id: int, *, now: datetime, reason: str = "") -> None:
    """Not needed after all: a request goes, and approved time off gives the hours that are left back.

    Raises:
        NotAllowed: the actor has no hours of their own, and is not of the desk.
        NotFound: there is no such time off, or it is not the actor's to take back.
        NotPossible: it was refused or taken back, or is over.
    """
    row = _open(session, actor, time_off_id, {ASKED, APPROVED})
    if row.period.upper is not None and row.period.upper <= now:
        raise NotPossible("This time off is over. It stays as it was.")
    _decide(session, actor, row, TAKEN_BACK, now=now, reason=reason)


def _add(
    session: Session,
    actor: Actor,
    person_id: int,
    asked: tuple[date, date, time | None, time | None],
    *,
    state: str,
    reason: str,
    now: datetime,
) -> int:
    person = open_person(session, actor, person_id)
    why = normal_note(reason, field="reason")
    if not why:
        raise Invalid("Say why, in a word or two.", field="reason")
    first, last, starts, ends = asked
    calendar = firm_settings(session).calendar
    span = off_span(calendar, first, last, starts=starts, ends=ends, now=now)
    there = session.execute(
        text(
            "SELECT lower(period) AS starts, upper(period) AS ends, state FROM time_off WHERE person_id = :person"
            " AND state IN ('asked', 'approved') AND period && tstzrange(:starts, :ends, '[)') ORDER BY 1 LIMIT 1"
        ),
        {"person": person.id, "starts": span[0], "ends": span[1]},
    ).one_or_none()
    if there is not None:
        words = f"{calendar.moment_label(there.starts)} to {calendar.moment_label(there.ends)}"
        raise NotPossible(f"{person.name} has time off then that {_IS_NOW[there.state]}: {words}.", field="first")
    decided = state == APPROVED
    row = TimeOff(
        person_id=person.id,
        period=period(*span),
        state=state,
        reason=why,
        asked_at=now,
        asked_by_id=actor.person_id,
        decided_by_id=actor.person_id if decided else None,
        decided_at=now if decided else None,
    )
    session.add(row)
    session.flush()
    _tell(session, actor, row, "time_off_entered" if decided else "time_off_asked", now=now, reason=why)
    return row.id


def _open(session: Session, actor: Actor, time_off_id: int, states: set[str]) -> TimeOff:
    found = session.get(TimeOff, time_off_id) if 0 < time_off_id < 2**63 else None
    require(actor, Permission.MANAGE_SHIFTS if actor.is_desk else Permission.OWN_SHIFTS)
    if found is None or not (actor.is_desk or found.person_id == actor.person_id):
        raise NotFound("There is no such time off.")
    open_person(session, actor, found.person_id)
    session.refresh(found)
    if found.state not in states:
        raise NotPossible(f"This time off {_IS_NOW[found.state]} already.")
    return found


def _decide(session: Session, actor: Actor, row: TimeOff, state: str, *, now: datetime, reason: str) -> None:
    row.state, row.answer = state, normal_note(reason, field="reason")
    row.decided_by_id, row.decided_at = actor.person_id, now
    session.flush()
    _tell(session, actor, row, f"time_off_{state}", now=now, reason=row.answer)


def _tell(session: Session, actor: Actor, row: TimeOff, kind: str, *, now: datetime, reason: str) -> None:
    materialise(session, row.person_id, now=now)
    record(
        session,
        kind,
        by=acting_for(actor, row.person_id),
        now=now,
        # An open request stands beside the list of every evening, whichever the desk looks at.
        topics=topics(session, row.person_id, None, now=now),
        person_id=row.person_id,
        data={"time_off_id": row.id},
        reason=reason,
    )
