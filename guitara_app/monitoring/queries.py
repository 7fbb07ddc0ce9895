"""Which alerts are open, and which were lately."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.kit.statements import text
from guitara_app.monitoring.rules import Key, Known
from guitara_app.monitoring.views import AlertRow
from guitara_app.monitoring.words import URGENT, Alarm

_SHOWN = timedelta(hours=24)
_AT_MOST = 20


def newest_alerts(session: Session, *, since: datetime) -> list[Known]:
    """The newest alert of each kind, of those that are open or were after ``since``."""
    rows = session.execute(
        text(
            "SELECT DISTINCT ON (alarm, subject) id, alarm, subject, closed_at FROM system_alerts"
            " WHERE closed_at IS NULL OR closed_at > :since"
            " ORDER BY alarm, subject, closed_at DESC NULLS FIRST, id DESC"
        ),
        {"since": since},
    )
    return [Known(row.id, Key(Alarm(row.alarm), row.subject), row.closed_at) for row in rows]


def alert_rows(session: Session, *, now: datetime) -> list[AlertRow]:
    """Those that are open, then those of the last day, the newest first."""
    rows = session.execute(
        text(
            "SELECT id, alarm, words, opened_at, closed_at, times FROM system_alerts"
            " WHERE closed_at IS NULL OR closed_at > :since"
            " ORDER BY closed_at DESC NULLS FIRST, opened_at DESC, id DESC LIMIT :most"
        ),
        {"since": now - _SHOWN, "most": _AT_MOST},
    )
    return [
        AlertRow(
            id=row.id,
            words=row.words,
            opened=row.opened_at.isoformat(),
            closed=row.closed_at.isoformat() if row.closed_at else "",
            times=row.times,
            urgent=row.alarm in URGENT,
        )
        for row in rows
    ]
