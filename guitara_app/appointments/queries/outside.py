"""Booked jobs that lie outside their person's hours: they stay booked, and the desk must know of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.overlaps import job_words
from guitara_app.availability.queries import planned_spans
from guitara_app.availability.rules import Edit, uncovered
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar


class OutsideJob(NamedTuple):
    """Whose job it is, which, of which evening, and in a few words."""

    person_id: int
    appointment_id: int
    evening: date
    words: str
    person: str


# Hours that touch count as one, whichever evening they belong to. The jobs are chosen first, since to look into
# somebody's hours for each takes longer than all the rest.
_CHOSEN = (
    "WITH chosen AS MATERIALIZED (SELECT j.*, a.business_date, a.client_id FROM ("
    "  SELECT g.person_id, g.appointment_id, g.planned_start AS starts_at, g.planned_end AS ends_at FROM assignments g"
    "  WHERE g.answer IN ('offered', 'accepted') AND g.released_at IS NULL AND g.planned_end > :now"
    "  AND (CAST(:people AS bigint[]) IS NULL OR g.person_id = ANY(:people))"
    "  UNION ALL SELECT t.driver_id, coalesce(t.to_appointment_id, t.from_appointment_id), lower(t.occupied),"
    "  upper(t.occupied) FROM legs t WHERE t.state IN ('offered', 'accepted', 'under_way')"
    "  AND upper(t.occupied) > :now AND (CAST(:people AS bigint[]) IS NULL OR t.driver_id = ANY(:people))"
    " ) j JOIN appointments a ON a.id = j.appointment_id"
    " WHERE CAST(:evening AS date) IS NULL OR a.business_date = :evening)"
    " SELECT j.person_id, j.appointment_id, j.starts_at, j.ends_at, j.business_date, c.name AS client, p.name AS person"
    " FROM chosen j JOIN clients c ON c.id = j.client_id JOIN people p ON p.id = j.person_id"
)
_IS_COVERED = (
    "coalesce((SELECT range_agg(s.period) FROM shifts s WHERE s.person_id = j.person_id"
    " AND s.period && tstzrange(j.starts_at, j.ends_at, '[)')) @> tstzrange(j.starts_at, j.ends_at, '[)'), false)"
)
_IN_ORDER = " ORDER BY j.starts_at, j.appointment_id, j.person_id"
_OUTSIDE = planned_once(f"{_CHOSEN} WHERE NOT {_IS_COVERED}{_IN_ORDER}")
_INSIDE = planned_once(f"{_CHOSEN} WHERE {_IS_COVERED}{_IN_ORDER}")


def outside_hours(
    session: Session, *, now: datetime, people: Collection[int] | None = None, evening: date | None = None
) -> list[OutsideJob]:
    """Live jobs that are not over and not inside their person's shifts, by start.

    Those of ``people`` and of ``evening``, when these are given.
    """
    values = {"now": now, "people": None if people is None else sorted(people), "evening": evening}
    calendar = firm_settings(session).calendar
    return [_job(row, calendar) for row in session.execute(_OUTSIDE, values)]


def would_be_outside(
    session: Session, edits: Mapping[int, Edit], *, now: datetime, firm: FirmSettings | None = None
) -> list[OutsideJob]:
    """Live jobs inside their person's shifts that would no longer be once the edits were saved, by start.

    Nothing is changed. ``firm`` are other settings than those in force, when it is those that are to be saved.
    """
    values = {"now": now, "people": sorted(edits), "evening": None}
    rows = list(session.execute(_INSIDE, values))
    if not rows:
        return []
    concerned = {row.person_id for row in rows}
    spans = planned_spans(
        session, {person: edit for person, edit in edits.items() if person in concerned}, now=now, firm=firm
    )
    calendar = firm_settings(session).calendar
    return [_job(row, calendar) for row in rows if uncovered([(row.starts_at, row.ends_at)], spans[row.person_id])]


def _job(row: Row[Any], calendar: Calendar) -> OutsideJob:
    return OutsideJob(
        row.person_id,
        row.appointment_id,
        row.business_date,
        job_words(calendar, row.client, row.appointment_id, row.business_date, row.starts_at, row.ends_at),
        row.person,
    )
