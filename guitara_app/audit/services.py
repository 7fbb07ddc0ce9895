"""What is written down of looking: who opened whose card, and who took what as a file."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

_ONE_LOOK = timedelta(minutes=10)


def note_client_viewed(session: Session, actor: Actor, client_id: int, *, now: datetime) -> None:
    """Write down that ``actor`` sees a client's card; once in ten minutes, since a card is opened again and again."""
    known = session.execute(
        text(
            "SELECT bool_or(e.id IS NOT NULL) FROM clients c LEFT JOIN LATERAL (SELECT id FROM events"
            " WHERE client_id = c.id AND appointment_id IS NULL AND kind = 'client_viewed' AND actor_id = :actor"
            " AND recorded_at > :since LIMIT 1) e ON true WHERE c.id = :client"
        ),
        {"client": client_id, "actor": actor.person_id, "since": now - _ONE_LOOK},
    ).scalar()
    if known is False:
        record(session, "client_viewed", by=actor, now=now, topics=[], client_id=client_id)


def note_exported(session: Session, actor: Actor, kind: str, *, now: datetime, data: dict[str, Any]) -> None:
    """Write down that ``actor`` took many rows away as a file."""
    record(session, kind, by=actor, now=now, topics=[], data=data)
