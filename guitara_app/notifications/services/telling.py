"""Telling people of events, each person once of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.notifications.gathering import gathered
from guitara_app.notifications.queries import Untold, happened, take_untold
from guitara_app.notifications.rules import Told, told

log = structlog.get_logger(__name__)

TOLD = "people_told"


class Telling(NamedTuple):
    """How many events were taken, how many notifications stored, and whether any of them is to be sent."""

    events: int
    stored: int
    letters: bool


def tell(session: Session, *, now: datetime, limit: int, mail: bool = False, kind: str = "") -> Telling:
    """Store what is to be told of the oldest ``limit`` events that nobody else is telling of.

    In one transaction the notifications appear and the events stop being untold: whatever is killed, and however many
    do this at once, everybody is told once. ``mail``: what people want by e-mail is to be sent as well.
    ``kind``: of events of this kind only.
    """
    events = take_untold(session, limit=limit, kind=kind)
    if not events:
        return Telling(0, 0, False)
    news = gathered((one, line) for one in happened(session, events, now=now) for line in _told(one))
    stored = _store(session, news, now=now, mail=mail) if news else []
    session.execute(
        text("DELETE FROM untold_events WHERE event_id = ANY(:ids)"), {"ids": [event.id for event in events]}
    )
    if stored:
        people = {person for person, _ in stored}
        record(session, TOLD, by=SYSTEM, now=now, topics={f"inbox:{person}" for person in people})
    return Telling(len(events), len(stored), any(letter for _, letter in stored))


def _told(one: Untold) -> list[Told]:
    """Who is told of it; an event whose words cannot be made is left out and logged, or nobody would be told of any."""
    try:
        return told(one.happened)
    except Exception:
        log.exception("nobody told", event_id=one.event_id, kind=one.happened.kind)
        return []


def _store(session: Session, news: Sequence[tuple[int, Told]], *, now: datetime, mail: bool) -> list[tuple[int, bool]]:
    """One statement however many they are; whom it told, and whether by e-mail too. Nobody whose account is closed."""
    rows = session.execute(
        text(
            "INSERT INTO notifications (event_id, person_id, about, urgent, title, body, link, told_at, mail_due_at)"
            " SELECT v.event_id, v.person_id, v.about, v.urgent, v.title, v.body, v.link, :now,"
            " CASE WHEN :mail AND p.email IS NOT NULL AND (coalesce(c.choice, 'urgent') = 'all'"
            " OR (v.urgent AND coalesce(c.choice, 'urgent') = 'urgent')) THEN CAST(:now AS timestamptz) END"
            " FROM unnest(CAST(:events AS bigint[]), CAST(:people AS bigint[]), CAST(:about AS text[]),"
            " CAST(:urgent AS boolean[]), CAST(:titles AS text[]), CAST(:bodies AS text[]), CAST(:links AS text[]))"
            " WITH ORDINALITY AS v(event_id, person_id, about, urgent, title, body, link, number)"
            " JOIN people p ON p.id = v.person_id AND p.disabled_at IS NULL"
            " LEFT JOIN mail_choices c ON c.person_id = p.id ORDER BY v.number"
            " ON CONFLICT (event_id, person_id) DO NOTHING RETURNING person_id, mail_due_at IS NOT NULL AS letter"
        ),
        {
            "now": now,
            "mail": mail,
            "events": [event for event, _ in news],
            "people": [line.person_id for _, line in news],
            "about": [line.about.value for _, line in news],
            "urgent": [line.urgent for _, line in news],
            "titles": [line.title for _, line in news],
            "bodies": [line.body for _, line in news],
            "links": [line.link for _, line in news],
        },
    )
    return [(row.person_id, row.letter) for row in rows]
