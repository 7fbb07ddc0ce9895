"""Who works here."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.rules import token_hash
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once


class SessionRow(TypedDict):
    """A browser or program that is signed in."""

    id: int
    device: str
    since: str


class TokenFacts(TypedDict):
    """An API token, without what it is."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class TokenRow(TypedDict):
    """An API token as its holder sees it; ``used`` is empty when it never was."""

    id: int
    name: str
    made: str
    expires: str
    used: str


class Profile(TypedDict):
    """Somebody's own account; each key is one pushed variable."""

    name: str
    username: str
    email: str
    role: str
    sessions: list[SessionRow]
    tokens: list[TokenRow]


def actor_for_token(session: Session, token: str, *, now: datetime) -> Actor | None:
    """Who holds this cookie; None when it is unknown, over, or its account is disabled."""
    if not token or len(token) > 200:
        return None
    row = session.execute(
        planned_once(
            "SELECT p.id, p.role, p.name FROM login_sessions s JOIN people p ON p.id = s.person_id"
            " WHERE s.token_hash = :hash AND s.ended_at IS NULL AND s.expires_at > :now AND p.disabled_at IS NULL"
        ),
        {"hash": token_hash(token), "now": now},
    ).one_or_none()
    return Actor(row.id, Role(row.role), row.name) if row else None


def actor_for_api_token(session: Session, token: str, *, now: datetime) -> Actor | None:
    """Whose API token this is; None when it is unknown, revoked or over, or its account is disabled."""
    if not token or len(token) > 200:
        return None
    row = session.execute(
        planned_once(
            "SELECT p.id, p.role, p.name FROM api_tokens t JOIN people p ON p.id = t.person_id"
            " WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND t.expires_at > :now AND p.disabled_at IS NULL"
        ),
        {"hash": token_hash(token), "now": now},
    ).one_or_none()
    return Actor(row.id, Role(row.role), row.name) if row else None


def session_of_token(session: Session, token: str) -> int:
    """The number of the session of this cookie; 0 when there is none."""
    found = session.execute(
        planned_once("SELECT id FROM login_sessions WHERE token_hash = :hash AND ended_at IS NULL"),
        {"hash": token_hash(token)},
    )
    return int(found.scalar() or 0)


def profile(session: Session, person_id: int, *, now: datetime) -> Profile:
    """What somebody sees of their own account: details, browsers signed in, tokens; newest first."""
    row = session.execute(
        planned_once("SELECT name, username, coalesce(email, '') AS email, role FROM people WHERE id = :id"),
        {"id": person_id},
    ).one()
    calendar = firm_settings(session).calendar
    sessions = session.execute(
        planned_once(
            "SELECT id, device, created_at FROM login_sessions"
            " WHERE person_id = :id AND ended_at IS NULL AND expires_at > :now"
            " ORDER BY created_at DESC, id DESC LIMIT 50"
        ),
        {"id": person_id, "now": now},
    )
    return Profile(
        name=row.name,
        username=row.username,
        email=row.email,
        role=row.role,
        sessions=[
            SessionRow(id=s.id, device=s.device or "A browser", since=calendar.moment_label(s.created_at))
            for s in sessions
        ],
        tokens=[
            TokenRow(
                id=token["id"],
                name=token["name"],
                made=calendar.moment_label(token["created_at"]),
                expires=calendar.moment_label(token["expires_at"]),
                used=calendar.moment_label(token["last_used_at"]) if token["last_used_at"] else "",
            )
            for token in tokens_of(session, person_id, now=now)
        ],
    )


def tokens_of(session: Session, person_id: int, *, now: datetime) -> list[TokenFacts]:
    """Somebody's API tokens that can be used, newest first."""
    rows = session.execute(
        planned_once(
            "SELECT id, name, created_at, expires_at, last_used_at FROM api_tokens"
            " WHERE person_id = :id AND revoked_at IS NULL AND expires_at > :now ORDER BY created_at DESC, id DESC"
        ),
        {"id": person_id, "now": now},
    )
    return [
        TokenFacts(
            id=row.id,
            name=row.name,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]
