"""E-mail of notifications, from the rows that say it is due to the rows that say it was sent.

Whoever sends takes letters with a promise first: until it runs out nobody else takes them, and when the sender is
killed they are due again. So none is lost; one is sent twice when its sender is killed between sending it and writing
that down.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.kit.statements import text

# Longer than any sender holds its letters.
_FIRST_PAUSE = timedelta(minutes=2)
_LONGEST_PAUSE = timedelta(minutes=30)

DUE = "SELECT id FROM notifications WHERE mail_due_at <= :now ORDER BY mail_due_at LIMIT :limit FOR UPDATE SKIP LOCKED"


class Letter(NamedTuple):
    """One notification to send, and where to."""

    id: int
    to: str
    title: str
    body: str
    link: str
    urgent: bool


def take_letters(session: Session, *, now: datetime, limit: int) -> list[Letter]:
    """The letters that are due, promised to the caller for a while; what was read meanwhile is not sent any more."""
    taken = session.execute(
        text(
            f"WITH due AS ({DUE})"  # noqa: S608
            " UPDATE notifications n SET mail_tries = n.mail_tries + 1, mail_due_at = CASE WHEN n.read_at IS NULL"
            " AND p.email IS NOT NULL AND p.disabled_at IS NULL THEN CAST(:now AS timestamptz)"
            " + least(:first * power(2, least(n.mail_tries, 10)), :longest) END"
            " FROM due, people p WHERE n.id = due.id AND p.id = n.person_id"
            " RETURNING n.id, p.email, n.title, n.body, n.link, n.urgent, n.mail_due_at"
        ),
        {"now": now, "limit": limit, "first": _FIRST_PAUSE, "longest": _LONGEST_PAUSE},
    ).all()
    return sorted(
        Letter(row.id, row.email, row.title, row.body, row.link, row.urgent)
        for row in taken
        if row.mail_due_at is not None
    )


def letter_sent(session: Session, letter_id: int, *, now: datetime) -> None:
    """The server has taken it."""
    session.execute(
        text("UPDATE notifications SET mailed_at = :now, mail_due_at = NULL WHERE id = :id"),
        {"now": now, "id": letter_id},
    )


def letter_refused(session: Session, letter_id: int) -> None:
    """The server will never take it, such as for an address that is none: nobody tries again."""
    session.execute(text("UPDATE notifications SET mail_due_at = NULL WHERE id = :id"), {"id": letter_id})
