"""API tokens: what a program signs in with instead of a password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.accounts.models import ApiToken, Person
from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.accounts.rules import API_TOKEN_PREFIX, API_TOKENS_AT_MOST, new_token, plain, token_hash
from guitara_app.kit.errors import Invalid, NotFound, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

LONGEST_TOKEN_NAME = 60
LONGEST_TOKEN_DAYS = 365
_TOUCHED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made: ``token`` is known only here and to whoever asked for it."""

    id: int
    name: str
    token: str
    expires_at: datetime


def make_token(session: Session, actor: Actor, name: str, *, days: int, now: datetime) -> NewToken:
    """Make a token that may do what its holder may, for ``days`` days.

    Raises:
        NotAllowed: nobody is signed in.
        Invalid: the name is empty or too long, or the days are out of range.
        NotPossible: there are as many as one person may have.
    """
    require(actor, Permission.SIGNED_IN)
    name = plain(name)
    if not name:
        raise Invalid("Give the token a name, so that you know it again.", field="name")
    if len(name) > LONGEST_TOKEN_NAME:
        raise Invalid(f"A name has at most {LONGEST_TOKEN_NAME} characters.", field="name")
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Invalid(f"A token lasts 1 to {LONGEST_TOKEN_DAYS} days.", field="days")
    person = session.get_one(Person, actor.person_id, with_for_update=True)
    held = session.execute(
        text("SELECT count(*) FROM api_tokens WHERE person_id = :id AND revoked_at IS NULL AND expires_at > :now"),
        {"id": person.id, "now": now},
    ).scalar_one()
    if held >= API_TOKENS_AT_MOST:
        raise NotPossible(f"You have {held} tokens already. Revoke one you do not need any more.")
    token = API_TOKEN_PREFIX + new_token()
    made = ApiToken(person_id=person.id, name=name, token_hash=token_hash(token), expires_at=now + timedelta(days=days))
    session.add(made)
    session.flush()
    _record(session, "api_token_made", actor, made, revoke=False, now=now)
    return NewToken(made.id, name, token, made.expires_at)


def revoke_token(session: Session, actor: Actor, token_id: int, *, now: datetime) -> None:
    """End one of the actor's own tokens at once.

    Raises:
        NotAllowed: nobody is signed in.
        NotFound: it is not one of the actor's, or has ended already.
    """
    require(actor, Permission.SIGNED_IN)
    found = session.get(ApiToken, token_id, with_for_update=True) if 0 < token_id < 2**63 else None
    if found is None or found.person_id != actor.person_id or found.revoked_at is not None:
        raise NotFound("This token is not there any more.")
    found.revoked_at = now
    _record(session, "api_token_revoked", actor, found, revoke=True, now=now)


def touch_token(session: Session, token: str, *, now: datetime) -> None:
    """Note that a token was used; to the minute, so that a busy program does not write with each request."""
    session.execute(
        text(
            "UPDATE api_tokens SET last_used_at = :now WHERE token_hash = :hash"
            " AND (last_used_at IS NULL OR last_used_at < :before)"
        ),
        {"now": now, "hash": token_hash(token), "before": now - _TOUCHED_EVERY},
    )


def _record(session: Session, kind: str, actor: Actor, token: ApiToken, *, revoke: bool, now: datetime) -> None:
    topics = [f"profile:{token.person_id}", *([f"revoke:{token.person_id}"] if revoke else [])]
    record(session, kind, by=actor, now=now, topics=topics, person_id=token.person_id, data={"token_id": token.id})
