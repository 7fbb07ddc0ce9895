"""The note that counts now, and those before it."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.firm.queries import firm_settings
from guitara_app.handover.views import Handover, HandoverLine
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_EARLIER_SHOWN = 20
_LATEST_FIRST = (
    "SELECT n.id, n.business_date, n.version, n.text, n.written_at, n.written_by_id, p.name AS writer"
    " FROM handover_notes n JOIN people p ON p.id = n.written_by_id"
    " WHERE n.business_date <= :tonight ORDER BY n.business_date DESC, n.version DESC"
)


def handover(session: Session, *, now: datetime) -> Handover:
    """The latest wording of the latest note."""
    calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now)
    row = session.execute(text(f"{_LATEST_FIRST} LIMIT 1"), {"tonight": tonight}).one_or_none()
    return _note(session, row, calendar, tonight) if row else _nothing(calendar, tonight)


def earlier_handovers(session: Session, *, now: datetime) -> list[HandoverLine]:
    """The notes and wordings before the one that counts, newest first."""
    calendar = firm_settings(session).calendar
    rows = session.execute(
        text(f"{_LATEST_FIRST} LIMIT :limit"),
        {"tonight": calendar.business_date(now), "limit": _EARLIER_SHOWN + 1},
    ).all()
    return [
        HandoverLine(
            note_id=row.id,
            evening=calendar.evening_label(row.business_date),
            text=row.text,
            writer=row.writer,
            written=calendar.moment_label(row.written_at),
            replaced=row.business_date == newer.business_date,
        )
        for newer, row in pairwise(rows)
    ]


def _note(session: Session, row: Any, calendar: Calendar, tonight: date) -> Handover:
    readers = session.execute(
        text(
            "SELECT r.person_id, p.name FROM handover_readings r JOIN people p ON p.id = r.person_id"
            " WHERE r.note_id = :id ORDER BY r.read_at, p.name"
        ),
        {"id": row.id},
    ).all()
    return Handover(
        note_id=row.id,
        version=row.version if row.business_date == tonight else 0,
        tonight=row.business_date == tonight,
        evening=calendar.evening_label(row.business_date),
        text=row.text,
        writer=row.writer,
        written=calendar.clock_label(row.written_at, row.business_date),
        written_at=row.written_at.isoformat(),
        seen_by=[row.written_by_id, *(reader.person_id for reader in readers)],
        read_by=", ".join(reader.name for reader in readers),
    )


def _nothing(calendar: Calendar, tonight: date) -> Handover:
    return Handover(
        note_id=0,
        version=0,
        tonight=False,
        evening=calendar.evening_label(tonight),
        text="",
        writer="",
        written="",
        written_at="",
        seen_by=[],
        read_by="",
    )
