"""Reminding whoever is asked that their time to answer is nearly over; once for each question."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import TextClause
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.events import record
from guitara_app.kit.statements import text

# The set minutes before the end; where there are no more than these to answer in, when half of them is over.
# Nobody waits for a row: who is answering at this moment, or is being reminded by another worker, is left out.
_NEARLY_OVER = (
    " o.warned_at IS NULL AND o.due_at > :now AND o.due_at <= :now + make_interval(mins => :minutes)"
    " AND (o.due_at - o.offered_at > make_interval(mins => :minutes)"
    "   OR o.offered_at + (o.due_at - o.offered_at) / 2 <= :now)"
    " ORDER BY o.due_at, o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED"
)
_PLACES = text(
    "WITH due AS (SELECT o.id FROM assignments o WHERE o.answer = 'offered' AND o.released_at IS NULL AND"  # noqa: S608
    f"{_NEARLY_OVER}) UPDATE assignments g SET warned_at = :now FROM due WHERE g.id = due.id"
    " RETURNING g.appointment_id, g.id AS assignment_id, NULL::bigint AS leg_id, g.person_id,"
    " (SELECT series_id FROM appointments WHERE id = g.appointment_id) AS series_id"
)
_TRIPS = text(
    "WITH due AS (SELECT o.id, o.leg_id, coalesce(t.to_appointment_id, t.from_appointment_id) AS appointment_id"  # noqa: S608
    f" FROM leg_offers o JOIN legs t ON t.id = o.leg_id WHERE o.answer = 'open' AND {_NEARLY_OVER})"
    " UPDATE leg_offers g SET warned_at = :now FROM due WHERE g.id = due.id"
    " RETURNING due.appointment_id, NULL::bigint AS assignment_id, due.leg_id, g.driver_id AS person_id,"
    " NULL::bigint AS series_id"
)


def remind_unanswered(session: Session, *, now: datetime, limit: int) -> int:
    """Tell therapists, then drivers, whose time to answer is nearly over, and the desk; how many were told."""
    told = _remind(session, "offer_due_soon", _PLACES, now=now, limit=limit)
    return told + _remind(session, "leg_offer_due_soon", _TRIPS, now=now, limit=limit - told)


def _remind(session: Session, kind: str, statement: TextClause, *, now: datetime, limit: int) -> int:
    values = {"now": now, "minutes": firm_settings(session).warn_minutes, "limit": limit}
    rows = session.execute(statement, values).all()
    told: set[tuple[int, int]] = set()
    for row in sorted(rows, key=lambda one: (one.appointment_id, one.person_id)):
        own = (row.series_id or 0, row.person_id)
        like_another = row.series_id is not None and own in told
        told.add(own)
        record(
            session,
            kind,
            by=SYSTEM,
            now=now,
            topics={"desk", f"appointment:{row.appointment_id}", f"person:{row.person_id}"},
            appointment_id=row.appointment_id,
            assignment_id=row.assignment_id,
            leg_id=row.leg_id,
            person_id=row.person_id,
            data={"like_another": True} if like_another else None,
        )
    return len(rows)
