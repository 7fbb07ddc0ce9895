"""Signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.models import LoginSession, Person
from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.accounts.rules import (
    LOCKED_FOR,
    LONGEST_DEVICE,
    SESSION_LASTS,
    WRONG_PASSWORDS_ALLOWED,
    new_token,
    password_matches,
    plain,
    token_hash,
)
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.kit.time import minutes_between


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the cookie's value is known only here and in the browser."""

    token: str
    actor: Actor
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """Why not. A return value, not an error, because the count of wrong passwords must be committed."""

    sentence: str


WRONG = SignInRefused("User name or password is not right.")


def sign_in(
    session: Session, login: str, password: str, *, now: datetime, device: str = ""
) -> SignedIn | SignInRefused:
    """Check the password and open a session; ``login`` is a user name or an e-mail.

    ``device`` is what the holder will know the session by in the list of their profile.
    """
    login = plain(login).lower()[:254]
    person_id = session.execute(
        text("SELECT id FROM people WHERE username = :login OR email = :login"), {"login": login}
    ).scalar()
    person = session.get(Person, person_id, with_for_update=True) if person_id else None
    if person is not None and (refused := locked(person, now=now)):
        _note_failure(session, person, "locked", now=now)
        return refused
    if person is None or not password_matches(password, person.password_hash):
        _note_failure(session, person, "wrong password" if person else "unknown name", now=now)
        if person is None:
            password_matches(password, None)
        else:
            count_wrong_password(session, person, now=now)
        return WRONG
    if person.disabled_at is not None:
        _note_failure(session, person, "disabled", now=now)
        return SignInRefused("This account is disabled. Ask an admin to enable it.")
    person.failed_sign_ins = 0
    person.locked_until = None
    actor = Actor(person.id, Role(person.role), person.name)
    token = open_session(session, person, device=device, now=now)
    record(session, "signed_in", by=actor, now=now, topics=[_profile(person.id)], person_id=person.id)
    return SignedIn(token, actor, now + SESSION_LASTS)


def open_session(session: Session, person: Person, *, device: str, now: datetime) -> str:
    """A new session of somebody who has proved who they are; returns the value of its cookie."""
    token = new_token()
    session.add(
        LoginSession(
            person_id=person.id,
            token_hash=token_hash(token),
            device=plain(device)[:LONGEST_DEVICE],
            expires_at=now + SESSION_LASTS,
        )
    )
    return token


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
        topics = [f"revoke:{person_id}", _profile(person_id)]
        record(session, "signed_out", by=actor, now=now, topics=topics, person_id=person_id)


def purge_sessions(session: Session, *, now: datetime) -> int:
    """Forget sessions that are over; returns how many."""
    gone = session.execute(
        text("DELETE FROM login_sessions WHERE expires_at < :now OR ended_at < :now - interval '30 days' RETURNING id"),
        {"now": now},
    )
    return len(gone.all())


def purge_links(session: Session, *, now: datetime) -> int:
    """Forget invitations and resets that were used, or are over, a month ago; returns how many."""
    gone = session.execute(
        text("DELETE FROM account_tokens WHERE least(used_at, expires_at) < :now - interval '30 days' RETURNING id"),
        {"now": now},
    )
    return len(gone.all())


def locked(person: Person, *, now: datetime) -> SignInRefused | None:
    """The refusal while wrong passwords keep the account shut; None when it is open."""
    if person.locked_until is None or person.locked_until <= now:
        return None
    minutes = minutes_between(now, person.locked_until)
    return SignInRefused(f"Too many wrong passwords. Try again in {minutes} min, or ask an admin.")


def count_wrong_password(session: Session, person: Person, *, now: datetime) -> None:
    """Take note of a wrong password; one too many in a row shuts the account for a while."""
    person.failed_sign_ins += 1
    if person.failed_sign_ins >= WRONG_PASSWORDS_ALLOWED:
        person.failed_sign_ins = 0
        person.locked_until = now + LOCKED_FOR
        actor = Actor(person.id, Role(person.role), person.name)
        record(session, "account_locked", by=actor, now=now, topics=["accounts"], person_id=person.id)


def _note_failure(session: Session, person: Person | None, why: str, *, now: datetime) -> None:
    """Who it was is not known, and what was typed for a name may have been the password: neither is kept."""
    record(
        session,
        "sign_in_failed",
        by=SYSTEM,
        now=now,
        topics=[],
        person_id=person.id if person else None,
        data={"because": why},
        visitor=True,
    )


def _profile(person_id: int) -> str:
    return f"profile:{person_id}"
