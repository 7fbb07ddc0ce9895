"""Evenings of series that could not be booked and wait for the desk."""

from __future__ import annotations

from typing import Any, TypedDict

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.queries.waiting import Entry
from guitara_app.appointments.queries.ways import call
from guitara_app.appointments.views import Way
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_GAPS = text(
    "SELECT x.id, x.series_id, x.business_date, x.because, x.instead, x.found_at, s.start, s.client_id, s.address_id,"
    " s.service_ids, s.therapist_ids, s.automatic, s.minutes, s.price, s.driver_needed, s.car_needed, s.notes,"
    " c.name AS client, c.phone FROM series_gaps x JOIN booking_series s ON s.id = x.series_id"
    " JOIN clients c ON c.id = s.client_id WHERE x.state = 'open' ORDER BY x.business_date, x.id"
)


class GapRow(TypedDict):
    """An evening of a series without a visit: ``draft`` is what the booking form begins with."""

    id: int
    client_id: int
    client: str
    phone: str
    when: str
    because: str
    instead: str
    since: str
    draft: dict[str, Any]


def gap_rows(session: Session) -> list[GapRow]:
    """Those that wait for the desk, the nearest first."""
    calendar = firm_settings(session).calendar
    return [
        GapRow(
            id=row.id,
            client_id=row.client_id,
            client=row.client,
            phone=shown_phone(row.phone),
            when=_when(row, calendar),
            because=row.because,
            instead=row.instead,
            since=row.found_at.isoformat(),
            draft=_draft(row),
        )
        for row in session.execute(_GAPS)
    ]


def is_open(session: Session, gap_id: int) -> bool:
    """Whether this evening still waits."""
    return bool(
        session.execute(
            text("SELECT EXISTS (SELECT 1 FROM series_gaps WHERE id = :id AND state = 'open')"), {"id": gap_id}
        ).scalar()
    )


def open_gaps(session: Session, calendar: Calendar) -> list[Entry]:
    """The same for needs-me-now."""
    return [
        Entry(
            key=f"series-{row.id}",
            kind="series",
            tone="pending",
            title=f"Series of {row.client}: not booked",
            detail=f"{_when(row, calendar)}. {row.because}",
            more=f"Free instead: {row.instead}" if row.instead else "",
            visits=(),
            began=row.found_at,
            ways=(
                Way(label="Book it", to=f"/waiting?gap={row.id}", first=True),
                *call("Client", row.phone),
                Way(label="Waiting list", to="/waiting", first=False),
            ),
        )
        for row in session.execute(_GAPS)
    ]


def _when(row: Row[Any], calendar: Calendar) -> str:
    return calendar.night_label(calendar.at(row.business_date, row.start), row.business_date)


def _draft(row: Row[Any]) -> dict[str, Any]:
    return {
        "gap_id": row.id,
        "client_id": row.client_id,
        "client_mode": "",
        "evening": row.business_date.isoformat(),
        "start": f"{row.start:%H:%M}",
        "service_ids": list(row.service_ids),
        "therapist_ids": list(row.therapist_ids),
        "automatic": str(row.automatic or ""),
        "minutes": "" if row.minutes is None else str(row.minutes),
        "price": "" if row.price is None else f"{row.price:.2f}".removesuffix(".00"),
        "driver_needed": row.driver_needed,
        "car_needed": row.car_needed,
        "address_id": row.address_id,
        "notes": row.notes,
    }
