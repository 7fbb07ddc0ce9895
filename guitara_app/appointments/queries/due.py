"""What has become due without anybody asking: each list names rows that nobody else has in hand at this moment."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once

# A caller ends its transaction before it works on the rows: everybody who changes a visit holds the people first and
# the rows last, and a list that kept its rows would wait for people the other way round. Whoever works on a row looks
# again, so that two who were given the same one do it once.
_SEARCHES = planned_once(
    "SELECT g.id FROM legs g JOIN appointments a ON a.id = g.to_appointment_id"
    " WHERE g.state = 'planned' AND a.closed_at IS NULL AND a.starts_at <= :until"
    " ORDER BY g.wanted_at, g.id LIMIT :limit FOR UPDATE OF g SKIP LOCKED"
)
_LEG_ANSWERS = planned_once(
    "SELECT o.leg_id FROM leg_offers o WHERE o.answer = 'open' AND o.due_at <= :now"
    " ORDER BY o.due_at, o.id LIMIT :limit FOR UPDATE OF o SKIP LOCKED"
)
_ANSWERS = planned_once(
    "SELECT g.id FROM assignments g WHERE g.answer = 'offered' AND g.released_at IS NULL AND g.due_at <= :now"
    " ORDER BY g.due_at, g.id LIMIT :limit FOR UPDATE OF g SKIP LOCKED"
)
_UNANSWERED = planned_once(
    "SELECT a.id FROM appointments a WHERE a.closed_at IS NULL AND a.state = 'pending' AND a.starts_at <= :now"
    " AND NOT EXISTS (SELECT 1 FROM assignments g WHERE g.appointment_id = a.id AND g.answer = 'accepted')"
    " ORDER BY a.starts_at, a.id LIMIT :limit FOR UPDATE OF a SKIP LOCKED"
)


def due_searches(session: Session, *, now: datetime, limit: int) -> list[int]:
    """The planned trips whose visit starts so soon that a driver is to be looked for, the earliest first."""
    until = now + timedelta(minutes=firm_settings(session).leg_search_minutes)
    return list(session.execute(_SEARCHES, {"until": until, "limit": limit}).scalars())


def due_leg_answers(session: Session, *, now: datetime, limit: int) -> list[int]:
    """The trips whose driver should have answered by now."""
    return list(session.execute(_LEG_ANSWERS, {"now": now, "limit": limit}).scalars())


def due_answers(session: Session, *, now: datetime, limit: int) -> list[int]:
    """The places whose therapist should have answered by now."""
    return list(session.execute(_ANSWERS, {"now": now, "limit": limit}).scalars())


def unanswered_visits(session: Session, *, now: datetime, limit: int) -> list[int]:
    """The visits that should have begun and that nobody has said yes to."""
    return list(session.execute(_UNANSWERED, {"now": now, "limit": limit}).scalars())
