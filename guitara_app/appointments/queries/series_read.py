"""One series with its visits and the evenings that have none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.models import BookingSeries
from guitara_app.kit.errors import NotFound
from guitara_app.kit.statements import text


class WholeSeries(NamedTuple):
    """The series, its visits by the evening each stands for, and evenings without one."""

    series: BookingSeries
    visits: Sequence[Row[Any]]
    gaps: Sequence[Row[Any]]


def whole_series(session: Session, series_id: int) -> WholeSeries:
    """The series of this number.

    Raises:
        NotFound: there is none.
    """
    series = session.get(BookingSeries, series_id) if 0 < series_id < 2**63 else None
    if series is None:
        raise NotFound("There is no such series.")
    values = {"id": series_id}
    visits = session.execute(
        text(
            "SELECT id, series_date, business_date, starts_at, ends_at, state FROM appointments WHERE series_id = :id"
            " ORDER BY series_date"
        ),
        values,
    ).all()
    gaps = session.execute(
        text("SELECT business_date, state, because FROM series_gaps WHERE series_id = :id ORDER BY business_date"),
        values,
    ).all()
    return WholeSeries(series, visits, gaps)
