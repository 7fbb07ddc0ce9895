"""Signing in and out, and shutting an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.accounts.models import LoginSession, Person
from guitara_app.accounts.permissions import Actor, Permission, Role, require
from guitara_app.accounts.rules import (
    LOCKED_FOR,
    SESSION_LASTS,
    WRONG_PASSWORDS_ALLOWED,
    new_token,
    password_matches,
    token_hash,
)
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.time import minutes_between


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the cookie's value is known only here and in the browser."""

    token: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Why not. A return value, not an error, because the count of wrong passwords must be committed."""

    sentence: str


WRONG = SignInRefused("User name or password is not right.")


def sign_in(session: Session, login: str, password: str, *, now: datetime) -> SignedIn | SignInRefused:
    """Check the password and open a session; ``login`` is a user name or an e-mail."""
    login = _plain(login).lower()[:254]
    person_id = session.execute(
        text("SELECT id FROM people WHERE username = :login OR email = :login"), {"login": login}
    ).scalar()
    person = session.get(Person, person_id, with_for_update=True) if person_id else None
    if person is not None and person.locked_until is not None and person.locked_until > now:
        minutes = minutes_between(now, person.locked_until)
        return SignInRefused(f"Too many wrong passwords. Try again in {minutes} min, or ask an admin.")
    if person is None or not password_matches(password, person.password_hash):
        if person is None:
            password_matches(password, None)
        else:
            _count_wrong_password(session, person, now=now)
        return WRONG
    if person.disabled_at is not None:
        return SignInRefused("This account is disabled. Ask an admin to enable it.")
    person.failed_sign_ins = 0
    person.locked_until = None
    token = new_token()
    session.add(LoginSession(person_id=person.id, token_hash=token_hash(token), expires_at=now + SESSION_LASTS))
    actor = Actor(person.id, Role(person.role), person.name)
    record(session, "signed_in", by=actor, now=now, topics=[], person_id=person.id)
    return SignedIn(token, actor)


def sign_out(session: Session, token: str, *, now: datetime) -> None:
    """End the session of this cookie; an unknown one is no error."""
    person_id = session.execute(
        text(
            "UPDATE login_sessions SET ended_at = :now WHERE token_hash = :hash AND ended_at IS NULL"
            " RETURNING person_id"
        ),
        {"hash": token_hash(token), "now": now},
    ).scalar()
    if person_id is not None:
        person = session.get_one(Person, person_id)
        actor = Actor(person.id, Role(person.role), person.name)
        # Other browsers of the same person find their own session still open and come straight back.
        record(session, "signed_out", by=actor, now=now, topics=[f"revoke:{person_id}"], person_id=person_id)


def disable(session: Session, actor: Actor, person_id: int, *, reason: str, now: datetime) -> None:
    """Shut an account: its sessions end and its open pages close at once. It stays in the list.

    Raises:
        NotAllowed: the actor is no admin.
        Invalid: no reason was given.
        NotPossible: it is the actor's own account, or already disabled.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    person = _person(session, person_id)
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
    _record_account(session, "account_disabled", actor, person, reason=_needed(reason), now=now)


def enable(session: Session, actor: Actor, person_id: int, *, reason: str, now: datetime) -> None:
    """Open a disabled account again; the person signs in anew.

    Raises:
        NotAllowed: the actor is no admin.
        Invalid: no reason was given.
        NotPossible: the account is not disabled.
    """
    require(actor, Permission.MANAGE_ACCOUNTS)
    person = _person(session, person_id)
    if person.disabled_at is None:
        raise NotPossible(f"{person.name} is not disabled.")
    person.disabled_at = None
    person.disabled_by_id = None
    person.failed_sign_ins = 0
    person.locked_until = None
    person.version += 1
    _record_account(session, "account_enabled", actor, person, reason=_needed(reason), now=now)


def purge_sessions(session: Session, *, now: datetime) -> int:
    """Forget sessions that are over; returns how many."""
    gone = session.execute(
        text("DELETE FROM login_sessions WHERE expires_at < :now OR ended_at < :now - interval '30 days' RETURNING id"),
        {"now": now},
    )
    return len(gone.all())


def _count_wrong_password(session: Session, person: Person, *, now: datetime) -> None:
    person.failed_sign_ins += 1
    if person.failed_sign_ins >= WRONG_PASSWORDS_ALLOWED:
        person.failed_sign_ins = 0
        person.locked_until = now + LOCKED_FOR
        actor = Actor(person.id, Role(person.role), person.name)
        record(session, "account_locked", by=actor, now=now, topics=["accounts"], person_id=person.id)


def _record_account(session: Session, kind: str, actor: Actor, person: Person, *, reason: str, now: datetime) -> None:
    topics = ["accounts", "desk", f"person:{person.id}", f"revoke:{person.id}"]
    record(session, kind, by=actor, now=now, topics=topics, person_id=person.id, reason=reason)


def _person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id, with_for_update=True) if 0 < person_id < 2**63 else None
    if person is None:
        raise NotFound("There is no such account.")
    return person


def _needed(reason: str) -> str:
    reason = _plain(reason)[:500]
    if not reason:
        raise Invalid("Give a reason; it is kept in the audit log.", field="reason")
    return reason


def _plain(typed: str) -> str:
    """Without NULs, half characters and others that PostgreSQL refuses."""
    return "".join(letter if letter.isprintable() else " " for letter in typed).strip()
