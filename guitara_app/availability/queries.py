"""Who is on shift when."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.availability.views import ShiftRow
from guitara_app.firm.queries import firm_settings


def shifts_of(session: Session, evening: date) -> list[ShiftRow]:
    """Every therapist and driver in use with the hours of ``evening``; therapists first, then by name."""
    rows = session.execute(
        text(
            "SELECT p.id, p.name, p.role, min(lower(s.period)) AS starts, max(upper(s.period)) AS ends FROM people p"
            " LEFT JOIN shifts s ON s.person_id = p.id AND s.business_date = :evening"
            " WHERE p.role IN ('therapist', 'driver') AND p.disabled_at IS NULL"
            " GROUP BY p.id, p.name, p.role ORDER BY p.role DESC, p.name, p.id"
        ),
        {"evening": evening},
    )
    calendar = firm_settings(session).calendar
    return [
        ShiftRow(
            person_id=row.id,
            name=row.name,
            role=row.role,
            starts=f"{calendar.local(row.starts):%H:%M}" if row.starts else "",
            ends=f"{calendar.local(row.ends):%H:%M}" if row.ends else "",
        )
        for row in rows
    ]
