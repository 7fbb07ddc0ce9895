"""Who works here."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.rules import token_hash
from guitara_app.firm.queries import firm_settings


class PersonRow(NamedTuple):
    """One account in the list; ``disabled`` is empty, or since when and by whom."""

    id: int
    name: str
    username: str
    role: str
    phone: str
    disabled: str


def actor_for_token(session: Session, token: str, *, now: datetime) -> Actor | None:
    """Who holds this cookie; None when it is unknown, over, or its account is disabled."""
    if not token or len(token) > 200:
        return None
    row = session.execute(
        text(
            "SELECT p.id, p.role, p.name FROM login_sessions s JOIN people p ON p.id = s.person_id"
            " WHERE s.token_hash = :hash AND s.ended_at IS NULL AND s.expires_at > :now AND p.disabled_at IS NULL"
        ),
        {"hash": token_hash(token), "now": now},
    ).one_or_none()
    return Actor(row.id, Role(row.role), row.name) if row else None


def people(session: Session) -> list[PersonRow]:
    """Every account, those in use first, then by role and name."""
    rows = session.execute(
        text(
            "SELECT p.id, p.name, p.username, p.role, p.phone, p.disabled_at, b.name AS disabled_by FROM people p"
            " LEFT JOIN people b ON b.id = p.disabled_by_id ORDER BY p.disabled_at IS NOT NULL, p.role, p.name, p.id"
        )
    )
    calendar = firm_settings(session).calendar
    return [
        PersonRow(
            row.id,
            row.name,
            row.username,
            row.role,
            row.phone or "",
            f"{calendar.moment_label(row.disabled_at)} by {row.disabled_by or 'the system'}" if row.disabled_at else "",
        )
        for row in rows
    ]
