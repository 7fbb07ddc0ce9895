"""Jobs that last longer than planned grow with the clock, up to the next job of the same person.

What really happens is never refused because of the plan: where a growing job meets the next one, it stops there and a
clash opens, for the desk to settle.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import lock_people
from guitara_app.kit.events import record
from guitara_app.kit.time import minutes_between

_OVERDUE_ASSIGNMENTS = """
SELECT g.id, g.person_id, g.appointment_id, n.id AS next_id, n.starts_at AS next_starts,
  n.appointment_id AS next_appointment_id, upper(g.occupied) AS ends_at
FROM assignments g LEFT JOIN LATERAL (
  SELECT x.id, x.appointment_id, lower(x.occupied) AS starts_at FROM assignments x
  WHERE x.person_id = g.person_id AND x.id <> g.id AND x.answer IN ('offered', 'accepted') AND x.released_at IS NULL
  AND lower(x.occupied) >= upper(g.occupied) ORDER BY lower(x.occupied) LIMIT 1) n ON true
WHERE g.answer IN ('offered', 'accepted') AND g.released_at IS NULL AND g.progress <> 'waiting'
  AND upper(g.occupied) < :until AND (CAST(:people AS bigint[]) IS NULL OR g.person_id = ANY(:people))
ORDER BY g.person_id
"""
_OVERDUE_LEGS = """
SELECT g.id, g.driver_id AS person_id, coalesce(g.to_appointment_id, g.from_appointment_id) AS appointment_id,
  n.id AS next_id, n.starts_at AS next_starts, n.appointment_id AS next_appointment_id, upper(g.occupied) AS ends_at
FROM legs g LEFT JOIN LATERAL (
  SELECT x.id, coalesce(x.to_appointment_id, x.from_appointment_id) AS appointment_id, lower(x.occupied) AS starts_at
  FROM legs x WHERE x.driver_id = g.driver_id AND x.id <> g.id AND x.state IN ('offered', 'accepted', 'under_way')
  AND lower(x.occupied) >= upper(g.occupied) ORDER BY lower(x.occupied) LIMIT 1) n ON true
WHERE g.state = 'under_way' AND upper(g.occupied) < :until
  AND (CAST(:people AS bigint[]) IS NULL OR g.driver_id = ANY(:people))
ORDER BY g.driver_id
"""


def grow_overdue(session: Session, *, now: datetime, people: Collection[int] | None = None) -> int:
    """Let every job that has begun and is over its time last a few minutes more than now; returns how many grew.

    Args:
        session: the caller's transaction. When ``people`` is given, the caller holds their time already.
        now: the present moment.
        people: only the jobs of these; everybody's when None.
    """
    until = now + timedelta(minutes=firm_settings(session).overrun_step_minutes)
    grown = 0
    for table, overdue in (("assignments", _OVERDUE_ASSIGNMENTS), ("legs", _OVERDUE_LEGS)):
        values = {"until": until, "people": None if people is None else sorted(people)}
        rows = session.execute(text(overdue), values).all()
        if rows and people is None:
            # Found without a lock: hold these people's time, then look again.
            lock_people(session, {row.person_id for row in rows})
            rows = session.execute(text(overdue), {**values, "people": [row.person_id for row in rows]}).all()
        grown += sum(_grow(session, table, row, until, now) for row in rows)
    return grown


def _grow(session: Session, table: str, row: Row[Any], until: datetime, now: datetime) -> bool:
    clamped = until if row.next_starts is None else min(until, row.next_starts)
    if row.next_starts is not None and until > row.next_starts:
        _open_clash(session, table, row, minutes_between(row.next_starts, until), now)
    if clamped <= row.ends_at:
        return False
    session.execute(
        text(f"UPDATE {table} SET occupied = tstzrange(lower(occupied), :until, '[)') WHERE id = :id"),  # noqa: S608
        {"until": clamped, "id": row.id},
    )
    return True


def _open_clash(session: Session, table: str, row: Row[Any], minutes: int, now: datetime) -> None:
    this, following = ("assignment_id", "next_assignment_id") if table == "assignments" else ("leg_id", "next_leg_id")
    opened = session.execute(
        text(
            f"INSERT INTO clashes (person_id, {this}, {following}, minutes, opened_at)"  # noqa: S608
            " VALUES (:person, :this, :next, :minutes, :now)"
            f" ON CONFLICT ({this}, {following}) WHERE settled_at IS NULL DO UPDATE SET minutes = excluded.minutes"
            " RETURNING xmax = 0"
        ),
        {"person": row.person_id, "this": row.id, "next": row.next_id, "minutes": minutes, "now": now},
    ).scalar()
    if opened:
        record(
            session,
            "clash_opened",
            by=SYSTEM,
            now=now,
            topics=["desk", f"appointment:{row.appointment_id}", f"appointment:{row.next_appointment_id}"],
            appointment_id=row.appointment_id,
            person_id=row.person_id,
        )
