"""Everybody's hours of one evening."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.availability.queries.present import on_shift_now
from guitara_app.availability.views import OnNow, ShiftRow
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_EVENING = text(
    "SELECT p.id, p.name, p.role, s.spans, e.id IS NOT NULL AS by_hand, e.starts AS set_starts, e.ends AS set_ends,"
    " w.starts AS usual_starts, w.ends AS usual_ends, o.reason AS off_reason, c.in_at, c.out_at, s.loose"
    " FROM people p"
    " LEFT JOIN LATERAL (SELECT array_agg(ARRAY[lower(period), upper(period)] ORDER BY lower(period)) AS spans,"
    "   bool_or(source = 'by_hand') AS loose FROM shifts WHERE person_id = p.id AND business_date = :evening) s ON true"
    " LEFT JOIN shift_exceptions e ON e.person_id = p.id AND e.business_date = :evening"
    " LEFT JOIN weekly_patterns w ON w.person_id = p.id AND w.weekday = :weekday"
    " LEFT JOIN LATERAL (SELECT reason FROM time_off WHERE person_id = p.id AND state = 'approved'"
    "   AND period && tstzrange(:turns, :over, '[)') ORDER BY lower(period) LIMIT 1) o ON true"
    " LEFT JOIN check_ins c ON c.person_id = p.id AND c.business_date = :evening"
    " WHERE p.role IN ('therapist', 'driver') AND p.disabled_at IS NULL"
    " ORDER BY p.role DESC, p.name, p.id"
)


def shifts_of(
    session: Session, evening: date, *, now: datetime, outside: Mapping[int, Sequence[str]] | None = None
) -> list[ShiftRow]:
    """Every therapist and driver in use with the hours of ``evening``; therapists first, then by name.

    ``outside`` names the booked jobs outside them by person, which only a package above this one can know.
    """
    calendar = firm_settings(session).calendar
    day = calendar.day_period(evening)
    values = {"evening": evening, "weekday": evening.weekday(), "turns": day.lower, "over": day.upper}
    at = now if calendar.business_date(now) == evening else None
    left_over = outside or {}
    return [
        _row(row, evening, calendar, at, list(left_over.get(row.id, ()))) for row in session.execute(_EVENING, values)
    ]


def on_now(session: Session, *, now: datetime) -> OnNow:
    """How many are on shift at ``now``; missing are those who have not checked in, or have checked out."""
    found = on_shift_now(session, now)
    return OnNow(
        therapists=sum(one.role == "therapist" for one in found),
        drivers=sum(one.role == "driver" for one in found),
        missing=sum(one.in_at is None or one.out_at is not None for one in found),
    )


def _row(row: Row[Any], evening: date, calendar: Calendar, now: datetime | None, outside: list[str]) -> ShiftRow:
    spans: list[tuple[datetime, datetime]] = [(start, end) for start, end in row.spans or []]
    starts, ends = _said(row, spans, calendar)
    by_hand = row.by_hand or bool(row.loose)
    words = ", ".join(
        f"{calendar.clock_label(start, evening)} to {calendar.clock_label(end, evening)}" for start, end in spans
    )
    return ShiftRow(
        person_id=row.id,
        name=row.name,
        role=row.role,
        starts=starts,
        ends=ends,
        hours=words,
        source="by_hand" if by_hand else "usual" if row.usual_starts else "",
        state=_state(spans, now),
        note=f"time off: {row.off_reason}" if row.off_reason else "",
        came=f"{calendar.local(row.in_at):%H:%M}" if row.in_at else "",
        left=f"{calendar.local(row.out_at):%H:%M}" if row.out_at else "",
        outside=outside,
    )


def _said(row: Row[Any], spans: list[tuple[datetime, datetime]], calendar: Calendar) -> tuple[str, str]:
    """What was said about the evening, before breaks and time off took their part."""
    if row.by_hand:
        return (f"{row.set_starts:%H:%M}", f"{row.set_ends:%H:%M}") if row.set_starts else ("", "")
    if row.usual_starts and not row.loose:
        return f"{row.usual_starts:%H:%M}", f"{row.usual_ends:%H:%M}"
    if spans:
        return f"{calendar.local(spans[0][0]):%H:%M}", f"{calendar.local(spans[-1][1]):%H:%M}"
    return "", ""


def _state(spans: list[tuple[datetime, datetime]], now: datetime | None) -> str:
    if not spans:
        return "off"
    if now is None:
        return "planned"
    if any(start <= now < end for start, end in spans):
        return "now"
    if now < spans[0][0]:
        return "later"
    return "break" if now < spans[-1][1] else "over"
