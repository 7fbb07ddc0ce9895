"""New staff: an account for each, and the link by which they choose their own password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlmodel import col, select

from guitara_app.accounts.models import AccountToken, Person, Vehicle
from guitara_app.accounts.permissions import Actor, Permission, Role, require, require_giving, require_staff
from guitara_app.accounts.rules import (
    INVITATION_LASTS,
    SESSION_LASTS,
    check_new_password,
    hash_password,
    new_token,
    token_hash,
)
from guitara_app.accounts.services.signing_in import SignedIn, open_session
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

_OVER = "This invitation has been used, or is over. Ask a manager for a new one."


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to add: their details as kept. Without a password they need an invitation."""

    name: str
    username: str
    role: Role
    email: str | None = None
    phone: str | None = None
    vehicle: Vehicle | None = None
    password: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link's secret, known only here and to whoever asked for it."""

    person_id: int
    name: str
    username: str
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom an invitation is for."""

    name: str
    username: str


def add_person(session: Session, actor: Actor, new: NewPerson, *, now: datetime) -> Person:
    """Give somebody an account.

    Raises:
        NotAllowed: the actor is no manager, or no admin and the role is a manager's or above.
        Invalid: the password would be guessed, or the user name or e-mail is somebody else's.
    """
    require_giving(actor, new.role)
    person = insert_person(session, new)
    topics = ["accounts", "catalog", "desk", f"person:{person.id}"]
    record(session, "account_added", by=actor, now=now, topics=topics, person_id=person.id, after={"role": person.role})
    return person


def insert_person(session: Session, new: NewPerson) -> Person:
    """The row of an account; whoever founds the firm has nobody yet who could be asked for the right.

    Raises:
        Invalid: see ``add_person``.
    """
    if new.password:
        check_new_password(new.password, username=new.username)
    person = Person(
        username=new.username,
        email=new.email,
        name=new.name,
        role=new.role,
        phone=new.phone,
        vehicle=new.vehicle,
        password_hash=hash_password(new.password) if new.password else None,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError as error:
        raise taken(error) from error
    return person


def taken(error: IntegrityError) -> Invalid:
    """What to type differently when the database has found that somebody else has the user name or the e-mail."""
    field, words = ("email", "e-mail") if "uq_people_email" in str(error.orig) else ("username", "user name")
    return Invalid(f"Somebody else here has this {words}. Type another.", field=field)


def invite(session: Session, actor: Actor, person_id: int, *, now: datetime) -> Invitation:
    """A link by which somebody without a password chooses one, once. One that was made before is over by it.

    Raises:
        NotAllowed: the actor is no manager, or it is the account of an admin and the actor is none.
        NotFound: there is no such account.
        NotPossible: the account is disabled, or has a password already.
    """
    require(actor, Permission.MANAGE_STAFF)
    person = session.get(Person, person_id, with_for_update=True) if 0 < person_id < 2**63 else None
    if person is None:
        raise NotFound("There is no such account.")
    require_staff(actor, person.role)
    if person.disabled_at is not None:
        raise NotPossible(f"{person.name}'s account is disabled. Enable it first.")
    if person.password_hash is not None:
        raise NotPossible(f"{person.name} has chosen a password already.")
    session.execute(
        text("DELETE FROM account_tokens WHERE person_id = :person AND purpose = 'invitation' AND used_at IS NULL"),
        {"person": person.id},
    )
    token = new_token()
    expires_at = now + INVITATION_LASTS
    session.add(
        AccountToken(person_id=person.id, purpose="invitation", token_hash=token_hash(token), expires_at=expires_at)
    )
    record(session, "invited", by=actor, now=now, topics=["accounts", "catalog"], person_id=person.id)
    return Invitation(person.id, person.name, person.username, token, expires_at)


def invited_by(session: Session, token: str, *, now: datetime) -> Invited:
    """Whom an invitation is for.

    Raises:
        NotFound: it is unknown, used or over.
    """
    _, person = _invitation(session, token, now)
    return Invited(person.name, person.username)


def accept_invitation(session: Session, token: str, password: str, *, device: str, now: datetime) -> SignedIn:
    """Set the password of whom the invitation is for, and sign them in. It works once.

    Raises:
        NotFound: it is unknown, used or over, or the account is disabled.
        Invalid: the password would be guessed.
    """
    found, person = _invitation(session, token, now)
    check_new_password(password, username=person.username)
    found.used_at = now
    person.password_hash = hash_password(password)
    person.version += 1
    actor = Actor(person.id, Role(person.role), person.name)
    signed_in = SignedIn(open_session(session, person, device=device, now=now), actor, now + SESSION_LASTS)
    topics = ["accounts", "catalog", f"profile:{person.id}"]
    record(session, "invitation_accepted", by=actor, now=now, topics=topics, person_id=person.id)
    return signed_in


def _invitation(session: Session, token: str, now: datetime) -> tuple[AccountToken, Person]:
    known = 0 < len(token) <= 200
    found = (
        session.scalars(
            select(AccountToken)
            .where(col(AccountToken.token_hash) == token_hash(token), col(AccountToken.purpose) == "invitation")
            .with_for_update()
        ).one_or_none()
        if known
        else None
    )
    if found is None or found.used_at is not None or found.expires_at <= now:
        raise NotFound(_OVER)
    person = session.get_one(Person, found.person_id, with_for_update=True)
    if person.disabled_at is not None or person.password_hash is not None:
        raise NotFound(_OVER)
    return found, person
