"""Somebody leaves the firm, or is away for long: the account is shut, and what they still had to do goes back."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import FIELD, Actor, Permission, Role, require
from guitara_app.accounts.services import disable
from guitara_app.appointments.queries.sick_night import SickNight, jobs_to_come
from guitara_app.appointments.services.sick import give_back, hold_people_of
from guitara_app.appointments.services.visit import Tap, clean_reason
from guitara_app.kit.errors import GuitaraError, Invalid, NotFound
from guitara_app.kit.events import keep_result, result_of_key
from guitara_app.kit.statements import text


class WouldLeave(NamedTuple):
    """Somebody as they are known, and their jobs to come; those of whoever has none in the field are none."""

    name: str
    role: Role
    disabled: bool
    night: SickNight | None


def would_leave(session: Session, person_id: int, *, now: datetime) -> WouldLeave:
    """What there is to settle before the account of ``person_id`` is shut.

    Raises:
        NotFound: there is no such account.
    """
    row = session.execute(
        text("SELECT name, role, disabled_at FROM people WHERE id = :id"),
        {"id": person_id if 0 < person_id < 2**31 else 0},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such account.")
    busy = row.role in FIELD and row.disabled_at is None
    night = jobs_to_come(session, person_id, now=now) if busy else None
    return WouldLeave(row.name, Role(row.role), row.disabled_at is not None, night)


def leave(
    session: Session,
    actor: Actor,
    person_id: int,
    *,
    reason: str,
    gives_back: bool,
    now: datetime,
    idempotency_key: str = "",
) -> tuple[int, int]:
    """Shut an account; with ``gives_back`` each job of the person that has not begun goes back to the desk.

    A place goes to a review in needs-me-now, a trip is searched again; the person is asked for nothing any more. What
    is under way stays as it is, whatever is said: only a call can settle it. All of it happens, or nothing.

    Returns how many went back, and how many stayed theirs. The same request sent again is carried out once.

    Raises:
        NotAllowed: see ``accounts.services.disable``.
        NotFound: there is no such account.
        Invalid: no reason was given.
        NotPossible: it is the actor's own account, or already disabled; or a job cannot be given back just now.
    """
    require(actor, Permission.MANAGE_STAFF)
    require(actor, Permission.RUN_VISITS)
    if result_of_key(session, actor.person_id or 0, idempotency_key) is not None:
        return 0, 0
    why = clean_reason(reason)
    if not why:
        raise Invalid("Give a reason; it is kept in the audit log.", field="reason")
    known = would_leave(session, person_id, now=now)
    if known.night is not None:
        # Their time is held before their row, as everywhere, and looked at again once nobody else can book it.
        hold_people_of(session, {person_id}, known.night.jobs)
        known = would_leave(session, person_id, now=now)
    disable(session, actor, person_id, reason=why, now=now)
    jobs = known.night.jobs if known.night is not None else ()
    back = [job for job in jobs if gives_back and not job.call]
    tap = Tap(now=now, reason=f"{known.name} left: {why}")
    for job in sorted(back, key=lambda one: (one.appointment_id, one.key)):
        try:
            give_back(session, actor, job, tap)
        except GuitaraError as error:
            error.sentence = f"{job.words}: {error.sentence}"
            raise
    keep_result(session, actor.person_id or 0, idempotency_key, person_id)
    return len(back), len(jobs) - len(back)
