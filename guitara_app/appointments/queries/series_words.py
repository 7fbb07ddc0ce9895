"""What a visit's page says of the series it is part of."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.lifecycle import BEFORE_DEPARTURE
from guitara_app.appointments.models import BookingSeries
from guitara_app.appointments.recurrence import end_in_words, in_words
from guitara_app.appointments.views import SeriesInfo
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text

NO_SERIES = SeriesInfo(id=0, version=0, words="", ends="", place="", earlier=0, later=0, open=False)

_AROUND = text(
    "SELECT (array_agg(id ORDER BY series_date) FILTER (WHERE series_date > :day))[1] AS later,"
    " (array_agg(id ORDER BY series_date DESC) FILTER (WHERE series_date < :day))[1] AS before,"
    " count(*) FILTER (WHERE series_date <= :day) AS number, count(*) AS visits"
    " FROM appointments WHERE series_id = :id"
)
_REACHED = text(
    "SELECT count(*) AS everything, count(*) FILTER (WHERE a.series_date >= o.series_date) AS following, max(s.version)"
    " AS version, bool_or(a.id = o.id) AS itself FROM appointments o JOIN booking_series s ON s.id = o.series_id"
    " JOIN appointments a ON a.series_id = o.series_id AND a.closed_at IS NULL AND a.starts_at > :now"
    " AND a.state = ANY(:open) WHERE o.id = :id"
)


class Reached(NamedTuple):
    """How many visits to come "this and the following" and "all to come" are, and the version of the series."""

    following: int
    everything: int
    version: int


def series_info(session: Session, series_id: int | None, day: object) -> SeriesInfo:
    """The series of a visit in words; ``NO_SERIES`` when it is of none. ``day`` is the evening it stands for."""
    series = session.get(BookingSeries, series_id) if series_id else None
    if series is None:
        return NO_SERIES
    calendar = firm_settings(session).calendar
    row = session.execute(_AROUND, {"id": series_id, "day": day}).one()
    ended = f"ended {calendar.local(series.ended_at):%a %d %b}" if series.ended_at else ""
    return SeriesInfo(
        id=series.id,
        version=series.version,
        words=in_words(series.repeat, series.start),
        ends=ended or end_in_words(series.repeat),
        place=f"{row.number} of {row.visits}{' booked so far' if series.next_evening else ''}",
        earlier=row.before or 0,
        later=row.later or 0,
        open=series.ended_at is None,
    )


def reached(session: Session, appointment_id: int, *, now: datetime) -> Reached | None:
    """How far a change of this visit could go; None when it is of no series, under way or over."""
    values = {"id": appointment_id, "now": now, "open": sorted(BEFORE_DEPARTURE)}
    row = session.execute(_REACHED, values).one()
    return Reached(row.following, row.everything, row.version) if row.itself else None
