"""Shutting an account and opening it again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Permission, require, require_staff
from guitara_app.accounts.rules import plain
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text


def disable(session: Session, actor: Actor, person_id: int, *, reason: str, now: datetime) -> None:
    """Shut an account: its sessions and API tokens end and its open pages close at once. It stays in the list.

    Raises:
        NotAllowed: the actor is no manager, or it is the account of an admin and the actor is none.
        Invalid: no reason was given.
        NotPossible: it is the actor's own account, or already disabled.
    """
    person = _person(session, actor, person_id)
    if person.id == actor.person_id:
        raise NotPossible("You cannot disable your own account. Ask another admin.")
    if person.disabled_at is not None:
        raise NotPossible(f"{person.name} is already disabled.")
    person.disabled_at = now
    person.disabled_by_id = actor.person_id
    person.version += 1
    session.execute(
        text("UPDATE login_sessions SET ended_at = :now WHERE person_id = :id AND ended_at IS NULL"),
        {"now": now, "id": person.id},
    )
    session.execute(
        text("UPDATE api_tokens SET revoked_at = :now WHERE person_id = :id AND revoked_at IS NULL"),
        {"now": now, "id": person.id},
    )
    _record_account(session, "account_disabled", actor, person, reason=_needed(reason), now=now)


def enable(session: Session, actor: Actor, person_id: int, *, reason: str, now: datetime) -> None:
    """Open a disabled account again; the person signs in anew.

    Raises:
        NotAllowed: the actor is no manager, or it is the account of an admin and the actor is none.
        Invalid: no reason was given.
        NotPossible: the account is not disabled.
    """
    person = _person(session, actor, person_id)
    if person.disabled_at is None:
        raise NotPossible(f"{person.name} is not disabled.")
    person.disabled_at = None
    person.disabled_by_id = None
    person.failed_sign_ins = 0
    person.locked_until = None
    person.version += 1
    _record_account(session, "account_enabled", actor, person, reason=_needed(reason), now=now)


def _record_account(session: Session, kind: str, actor: Actor, person: Person, *, reason: str, now: datetime) -> None:
    topics = ["accounts", "catalog", "desk", f"person:{person.id}", f"profile:{person.id}", f"revoke:{person.id}"]
    record(session, kind, by=actor, now=now, topics=topics, person_id=person.id, reason=reason)


def _person(session: Session, actor: Actor, person_id: int) -> Person:
    require(actor, Permission.MANAGE_STAFF)
    person = session.get(Person, person_id, with_for_update=True) if 0 < person_id < 2**63 else None
    if person is None:
        raise NotFound("There is no such account.")
    require_staff(actor, person.role)
    return person


def _needed(reason: str) -> str:
    reason = plain(reason)[:500]
    if not reason:
        raise Invalid("Give a reason; it is kept in the audit log.", field="reason")
    return reason
