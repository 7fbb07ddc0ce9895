"""Opening and closing alerts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.kit.database import hold_alone
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.monitoring.models import SystemAlert
from guitara_app.monitoring.queries import newest_alerts
from guitara_app.monitoring.rules import Key, Step, Verdict, decide
from guitara_app.monitoring.words import URGENT

TOPIC = "system"
OPENED = "system_alert_opened"

_ALONE = "system alerts"


def keep_alerts(session: Session, verdicts: Mapping[Key, Verdict], *, now: datetime, quiet: timedelta) -> list[Step]:
    """Open and close what ``verdicts`` ask for, and say what has changed.

    A new alert is an event of which every admin is told; one that opens again within ``quiet`` is not. Whoever comes
    while somebody else is at it does nothing.
    """
    if not hold_alone(session, _ALONE):
        return []
    steps = decide(newest_alerts(session, since=now - quiet), verdicts, now=now, quiet=quiet)
    for step in steps:
        _take(session, step, now)
    return steps


def _take(session: Session, step: Step, now: datetime) -> None:
    data: dict[str, Any] = {"alarm": step.key.alarm.value, "subject": step.key.subject}
    if step.id is None:
        session.add(SystemAlert(alarm=step.key.alarm, subject=step.key.subject, words=step.words, opened_at=now))
        data |= {"words": step.words, "urgent": step.key.alarm in URGENT}
        record(session, OPENED, by=SYSTEM, now=now, topics={TOPIC}, data=data)
        return
    change = "closed_at = NULL, times = times + 1" if step.opens else "closed_at = greatest(:now, opened_at)"
    session.execute(text(f"UPDATE system_alerts SET {change} WHERE id = :id"), {"now": now, "id": step.id})  # noqa: S608
    kind = "system_alert_closed"
    if step.opens:
        kind = "system_alert_reopened"
    record(session, kind, by=SYSTEM, now=now, topics={TOPIC}, data=data)
