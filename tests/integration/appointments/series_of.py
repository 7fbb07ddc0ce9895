"""A firm with weeks of shifts, and series in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from guitara_app.appointments.queries.series import SeriesPreview, preview_series
from guitara_app.appointments.recurrence import Repeat
from guitara_app.appointments.series_requests import Instead, SeriesRequest
from guitara_app.appointments.services import book_ahead, book_series
from guitara_app.kit.database import reading, run, transaction
from tests.support.firm import EVENING, NOW, Firm

Rows = Callable[..., list[Any]]
MONDAYS = {"frequency": "weekly", "weekdays": (0,)}
WEEK = timedelta(days=7)


def weeks_of_shifts(firm: Firm, days: int = 120) -> None:
    """Everybody works from 13:00 to 01:00, day after day."""
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO shifts (person_id, business_date, period, source, version)"
                " SELECT p.id, CAST(:day AS date) + n, tstzrange(d.at, d.at + interval '12 hours', '[)'), 'by_hand', 1"
                " FROM people p, generate_series(1, :days) n,"
                " LATERAL (SELECT CAST(:at AS timestamptz) + make_interval(days => n) AS at) d"
                " WHERE p.role IN ('therapist', 'driver')"
            ),
            {"day": EVENING, "at": NOW - timedelta(hours=7), "days": days},
        )


def evening(week: int) -> date:
    return EVENING + week * WEEK


def asked(firm: Firm, *therapists: int, instead: dict[date, Instead] | None = None, **more: Any) -> SeriesRequest:
    rule = {**MONDAYS, "times": 6, **more.pop("repeat", {})}
    rule = {name: value for name, value in rule.items() if value is not None}
    otherwise = more.pop("otherwise", "refuse")
    return SeriesRequest(
        booking=firm.request(*(therapists or (0,)), **more),
        repeat=Repeat(**rule),
        instead=instead or {},
        otherwise=otherwise,
    )


def series(firm: Firm, *therapists: int, now: datetime = NOW, **more: Any) -> int:
    """Book one, every Monday at 21:00 for six weeks unless said otherwise."""
    request = asked(firm, *therapists, **more)
    return run(lambda session: book_series(session, firm.operator, request, now=now))


def seen(firm: Firm, *therapists: int, now: datetime = NOW, **more: Any) -> SeriesPreview:
    request = asked(firm, *therapists, **more)
    with reading() as session:
        return preview_series(session, request.booking, request.repeat, now=now)


def ahead(number: int, now: datetime) -> int:
    return run(lambda session: book_ahead(session, number, now=now))


VISITS = (
    "SELECT a.id, a.series_date, a.business_date, a.starts_at, a.state, a.notes, a.series_id, a.version, array_agg("
    " g.person_id ORDER BY g.person_id) FILTER (WHERE g.answer IN ('offered', 'accepted')) AS people"
    " FROM appointments a LEFT JOIN assignments g ON g.appointment_id = a.id WHERE a.series_id = :id"
    " GROUP BY a.id ORDER BY a.series_date"
)
