"""Which live jobs of somebody stand in a range."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Overlap
from guitara_app.kit.time import Calendar

_OVERLAPS = text(
    "SELECT g.person_id, p.name, a.id AS appointment_id, a.business_date, lower(g.occupied) AS starts_at,"
    " upper(g.occupied) AS ends_at, c.name AS client"
    " FROM assignments g JOIN appointments a ON a.id = g.appointment_id"
    " JOIN people p ON p.id = g.person_id JOIN clients c ON c.id = a.client_id"
    " WHERE g.person_id = ANY(:people) AND g.answer IN ('offered', 'accepted') AND g.released_at IS NULL"
    " AND g.occupied && tstzrange(:starts, :ends, '[)') AND g.appointment_id IS DISTINCT FROM :but"
    " ORDER BY lower(g.occupied), g.person_id"
)


def overlaps(
    session: Session, people: Collection[int], taken: Range[datetime], *, but_appointment: int | None = None
) -> list[Overlap]:
    """Live assignments of ``people`` that overlap ``taken``, earliest first, except those of one appointment."""
    rows = session.execute(
        _OVERLAPS, {"people": sorted(people), "starts": taken.lower, "ends": taken.upper, "but": but_appointment}
    )
    calendar = firm_settings(session).calendar
    return [
        Overlap(
            person_id=row.person_id,
            person_name=row.name,
            job=job_words(calendar, row),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            appointment_id=row.appointment_id,
        )
        for row in rows
    ]


def overlap_sentence(found: Collection[Overlap]) -> str:
    """Names who is taken by what: ``Ana Cruz is taken by Mrs Reyes, 21:30 to 22:30 (#214).``."""
    return " ".join(f"{clash.person_name} is taken by {clash.job}." for clash in found)


def job_words(calendar: Calendar, row: Row[Any]) -> str:
    """A job in a few words, from a row with client, business_date, starts_at, ends_at and appointment_id."""
    start = calendar.clock_label(row.starts_at, row.business_date)
    end = calendar.clock_label(row.ends_at, row.business_date)
    return f"{row.client}, {start} to {end} (#{row.appointment_id})"
