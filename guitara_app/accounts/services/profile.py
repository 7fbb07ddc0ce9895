"""What somebody changes about their own account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.accounts.models import LoginSession, Person
from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.accounts.rules import check_new_password, hash_password, normal_email, normal_name, password_matches
from guitara_app.accounts.services.signing_in import SignInRefused, count_wrong_password, locked, open_session
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound
from guitara_app.kit.events import record
from guitara_app.kit.statements import text


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """The new session of the browser that asked; every other one has ended."""

    token: str


WRONG_PASSWORD = SignInRefused("That is not your present password. Nothing was changed.")


def change_details(session: Session, actor: Actor, *, name: str, email: str, now: datetime) -> None:
    """Set the own name and e-mail; an empty e-mail is none.

    Raises:
        NotAllowed: nobody is signed in.
        Invalid: one of them cannot be right, or the e-mail is somebody else's.
    """
    person = _own(session, actor)
    before = {"name": person.name, "email": person.email}
    after = {"name": normal_name(name), "email": normal_email(email)}
    if before == after:
        return
    try:
        with session.begin_nested():
            person.name, person.email = str(after["name"]), after["email"]
            person.version += 1
    except IntegrityError as error:
        raise Invalid("Somebody else here has this e-mail. Type another.", field="email") from error
    # The name stands on the board and, with whoever is signed in, in every frame.
    topics = ["accounts", "catalog", "desk", f"person:{person.id}", f"profile:{person.id}", f"revoke:{person.id}"]
    record(
        session, "profile_changed", by=actor, now=now, topics=topics, person_id=person.id, before=before, after=after
    )


def change_password(
    session: Session, actor: Actor, present: str, new: str, *, device: str, now: datetime
) -> PasswordChanged | SignInRefused:
    """Set a new password: every session ends but the fresh one this returns. API tokens stay, in sight to be revoked.

    A wrong present password is a return value, because its count must be committed.

    Raises:
        NotAllowed: nobody is signed in.
        Invalid: the new password is too easy or too long.
    """
    person = _own(session, actor)
    if refused := locked(person, now=now):
        return refused
    if not password_matches(present, person.password_hash):
        count_wrong_password(session, person, now=now)
        return WRONG_PASSWORD
    check_new_password(new, username=person.username)
    person.password_hash = hash_password(new)
    person.failed_sign_ins = 0
    person.version += 1
    session.execute(
        text("UPDATE login_sessions SET ended_at = :now WHERE person_id = :id AND ended_at IS NULL"),
        {"now": now, "id": person.id},
    )
    token = open_session(session, person, device=device, now=now)
    topics = [f"profile:{person.id}", f"revoke:{person.id}"]
    record(session, "password_changed", by=actor, now=now, topics=topics, person_id=person.id)
    return PasswordChanged(token)


def end_session(session: Session, actor: Actor, session_id: int, *, now: datetime) -> None:
    """Sign out one of the actor's own browsers or programs.

    Raises:
        NotAllowed: nobody is signed in.
        NotFound: it is not one of the actor's, or is over already.
    """
    require(actor, Permission.SIGNED_IN)
    found = session.get(LoginSession, session_id, with_for_update=True) if 0 < session_id < 2**63 else None
    if found is None or found.person_id != actor.person_id or found.ended_at is not None:
        raise NotFound("That one is signed out already.")
    found.ended_at = now
    topics = [f"profile:{found.person_id}", f"revoke:{found.person_id}"]
    record(session, "signed_out", by=actor, now=now, topics=topics, person_id=found.person_id)


def finish_tour(session: Session, actor: Actor, *, now: datetime) -> None:
    """Keep that the actor was shown around, or wanted not to be; saying so again changes nothing.

    Raises:
        NotAllowed: nobody is signed in.
    """
    require(actor, Permission.SIGNED_IN)
    kept = session.execute(
        text("UPDATE people SET toured_at = :now WHERE id = :id AND toured_at IS NULL RETURNING id"),
        {"now": now, "id": actor.person_id},
    ).scalar()
    if kept is not None:
        # What every tab of theirs watches: a tour that another one shows ends there too.
        record(session, "tour_seen", by=actor, now=now, topics=[f"inbox:{kept}"], person_id=kept)


def _own(session: Session, actor: Actor) -> Person:
    require(actor, Permission.SIGNED_IN)
    person = session.get(Person, actor.person_id, with_for_update=True)
    if person is None or person.disabled_at is not None:
        raise NotAllowed("This account is disabled. Ask an admin to enable it.")
    return person
