"""Forgetting what the firm has set to be forgotten: once in a business day, batch by batch.

What a batch did and how far the day has come are one transaction. So a run that is killed loses nothing and counts
nothing twice, and the next one goes on where it stood.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

import structlog
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.firm.queries import firm_settings
from guitara_app.firm.services import keep_setting
from guitara_app.kit.database import hold_alone
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.notifications.services import purge_notifications
from guitara_app.privacy.rules import forgotten_before
from guitara_app.privacy.services import forget_client

log = structlog.get_logger(__name__)

MOST_CLIENTS_A_DAY = 200
"""A wrong number in the settings is seen before it has cost everything."""
_CLIENTS, _ROWS = 20, 5_000
_KEY = "retention"


class Applied(TypedDict):
    """What was forgotten on a business day (ISO) so far, and when that was last looked at (ISO, UTC)."""

    day: str
    at: str
    over: bool
    clients: int
    notices: int
    sign_ins: int


_DUE = text(
    "SELECT c.id FROM clients c WHERE c.erased_at IS NULL AND c.merged_into_id IS NULL AND c.created_at < :before"
    " AND c.id NOT IN (SELECT merged_into_id FROM clients WHERE merged_into_id IS NOT NULL AND created_at >= :before)"
    " AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.client_id = c.id"
    "  AND (a.closed_at IS NULL OR a.ends_at >= :before))"
    " AND NOT EXISTS (SELECT 1 FROM booking_series s WHERE s.client_id = c.id"
    "  AND (s.ended_at IS NULL OR s.ended_at >= :before))"
    " AND NOT EXISTS (SELECT 1 FROM wishes w WHERE w.client_id = c.id"
    "  AND (w.state = 'waiting' OR w.made_at >= :before))"
    " ORDER BY c.id LIMIT :limit"
)


def due_clients(session: Session, *, before: datetime, limit: int) -> list[int]:
    """Clients, by number, who have nothing to come and whose every sign of life is from before ``before``.

    Signs of life are that they, or a card that was merged into theirs, were added, visited, or wanted a visit; what a
    merged card had is the other's.
    """
    return list(session.scalars(_DUE, {"before": before, "limit": limit}))


def last_retention(session: Session) -> Applied | None:
    """What was forgotten when it was last looked."""
    found: Applied | None = session.execute(text("SELECT value FROM settings WHERE key = :key"), {"key": _KEY}).scalar()
    return found


def apply_retention(session: Session, *, now: datetime) -> Applied | None:
    """Forget one batch of what is due; what the day has come to by it, or None when nothing is left to look at today.

    Another process that is at it is left to it.
    """
    if not hold_alone(session, _KEY):
        return None
    firm = firm_settings(session)
    day = firm.calendar.business_date(now).isoformat()
    so_far = last_retention(session)
    if so_far is None or so_far["day"] != day:
        so_far = Applied(day=day, at="", over=False, clients=0, notices=0, sign_ins=0)
    elif so_far["over"]:
        return None
    # What an admin has set today begins tomorrow, so that it can be set otherwise before it costs anything.
    set_on = session.execute(text("SELECT changed_at FROM settings WHERE key = 'keep_clients_months'")).scalar()
    is_settled = set_on is not None and firm.calendar.business_date(set_on).isoformat() < day
    before = forgotten_before(now, months=firm.keep_clients_months) if is_settled else None
    room = min(_CLIENTS, MOST_CLIENTS_A_DAY - so_far["clients"])
    clients = _forget_clients(session, before, room, now) if before and room > 0 else 0
    notices = purge_notifications(
        session, now=now, read_days=firm.keep_read_notices_days, days=firm.keep_notices_days, limit=_ROWS
    )
    before = forgotten_before(now, days=firm.keep_sign_ins_days)
    sign_ins = _forget_sign_ins(session, before) if before else 0
    applied = Applied(
        day=day,
        at=now.isoformat(timespec="seconds"),
        over=(clients, notices, sign_ins) == (0, 0, 0),
        clients=so_far["clients"] + clients,
        notices=so_far["notices"] + notices,
        sign_ins=so_far["sign_ins"] + sign_ins,
    )
    keep_setting(session, _KEY, applied, now=now)
    if applied["over"] and any(applied[what] for what in ("clients", "notices", "sign_ins")):
        counts = {"clients": applied["clients"], "notices": applied["notices"], "sign_ins": applied["sign_ins"]}
        record(session, "retention_applied", by=SYSTEM, now=now, topics=["system"], data=counts)
    return applied


def _forget_clients(session: Session, before: datetime, limit: int, now: datetime) -> int:
    gone = 0
    for client in due_clients(session, before=before, limit=limit):
        try:
            with session.begin_nested():
                forget_client(session, SYSTEM, client, now=now, reason="Not visited for as long as the settings say")
        except GuitaraError as error:
            # They have just booked, so tomorrow they are not due.
            log.info("not forgotten", client=client, why=error.sentence)
        else:
            gone += 1
    return gone


def _forget_sign_ins(session: Session, before: datetime) -> int:
    """The trail itself may only grow; a function of its owner forgets these kinds, and none of the last 30 days."""
    return int(
        session.execute(text("SELECT forget_sign_ins(:before, :most)"), {"before": before, "most": _ROWS}).scalar_one()
    )
