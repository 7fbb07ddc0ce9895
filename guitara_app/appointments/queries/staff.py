"""Everybody who can be sent or asked to drive: what they can do, when they work tonight, and where they were last."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Role
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once

_STAFF = """
SELECT p.id, p.name, p.role, p.vehicle, coalesce(p.phone, '') AS phone, s.starts, s.ends,
  coalesce(s.covers, false) AS on_shift, w.locality, w.zone,
  (SELECT json_agg(json_build_object('id', v.id, 'name', v.name) ORDER BY v.name) FROM person_services k
   JOIN services v ON v.id = k.service_id WHERE k.person_id = p.id) AS services
FROM people p
LEFT JOIN LATERAL (SELECT min(lower(period)) AS starts, max(upper(period)) AS ends,
  bool_or(period @> CAST(:now AS timestamptz)) AS covers
  FROM shifts WHERE person_id = p.id AND business_date = :day) s ON true
LEFT JOIN LATERAL (SELECT l.name AS locality, z.name AS zone FROM assignments g
  JOIN appointments a ON a.id = g.appointment_id JOIN client_addresses d ON d.id = a.address_id
  JOIN localities l ON l.id = d.locality_id JOIN zones z ON z.id = l.zone_id
  WHERE g.person_id = p.id AND g.planned_start BETWEEN :day_starts AND :now
  AND g.answer IN ('accepted', 'released') ORDER BY g.planned_start DESC LIMIT 1) w ON true
WHERE p.disabled_at IS NULL AND (CAST(:role AS text) IS NULL OR p.role = :role)
  AND (CAST(:id AS bigint) IS NULL OR p.id = :id)
ORDER BY p.role, p.name, p.id
"""


class StaffRow(NamedTuple):
    """Somebody who works here; ``locality`` and ``zone`` are those of the last job that began tonight."""

    id: int
    name: str
    role: str
    vehicle: str | None
    phone: str
    starts: datetime | None
    ends: datetime | None
    on_shift: bool
    locality: str | None
    zone: str | None
    services: list[dict[str, Any]] | None


def staff(session: Session, *, now: datetime, role: Role | None = None, person_id: int | None = None) -> list[StaffRow]:
    """Everybody in use, by role and name; only one role, or one person, when it is given."""
    calendar = firm_settings(session).calendar
    day = calendar.business_date(now)
    values = {
        "now": now,
        "day": day,
        "day_starts": calendar.day_period(day).lower,
        "role": role,
        "id": person_id,
    }
    return [StaffRow(*row) for row in session.execute(planned_once(_STAFF), values)]
