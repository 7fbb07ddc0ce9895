"""One visit as the desk sees it, with its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.appointments.happenings import WHAT_HAPPENED
from guitara_app.appointments.queries import possible
from guitara_app.appointments.queries.automatic import BECAUSE
from guitara_app.appointments.queries.rows import VisitRow, pesos, visits
from guitara_app.appointments.queries.series_words import series_info
from guitara_app.appointments.views import Detail, HistoryRow, LegRow, Place
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar


def detail(session: Session, appointment_id: int, *, now: datetime) -> Detail | None:
    """The visit, or None when there is none of this number. ``now`` only says what is still possible."""
    if not 0 < appointment_id < 2**63:
        return None
    found = visits(session, "a.id = :id", {"id": appointment_id})
    if not found:
        return None
    visit, calendar = found[0], firm_settings(session).calendar
    row = visit.row
    start, end = (calendar.clock_label(at, row.business_date) for at in (row.starts_at, row.ends_at))
    return Detail(
        id=row.id,
        state=row.state,
        evening=calendar.evening_label(row.business_date),
        when=f"{start} to {end}",
        starts_at=row.starts_at.isoformat(),
        ends_at=row.ends_at.isoformat(),
        client_id=row.client_id,
        client=row.client,
        phone=shown_phone(row.phone),
        client_notes=row.client_notes,
        address=f"{row.line}, {row.locality}",
        address_notes=row.address_notes,
        services=row.services or "",
        price=pesos(row.price + row.extension_price),
        notes=row.notes,
        driver_needed=row.driver_needed,
        car_needed=row.car_needed,
        ending_reason=row.ending_reason,
        booked=f"{calendar.moment_label(row.booked_at)} by {row.booked_by}",
        possible=possible.of_visit(visit),
        can_change=possible.can_change(visit),
        version=row.version,
        series=series_info(session, row.series_id, row.series_date),
        places=_places(visit, calendar),
        legs=_legs(visit, calendar),
        history=_history(session, row.id, calendar),
    )


def _places(visit: VisitRow, calendar: Calendar) -> list[Place]:
    return [
        Place(
            assignment_id=seat["id"],
            person_id=seat["person_id"],
            name=seat["name"],
            answer=seat["answer"],
            progress=seat["progress"],
            due_at=(seat["due_at"] or "") if seat["answer"] == "offered" else "",
            reason=seat["reason"],
            because=seat["because"],
            times=_times(seat, calendar),
            override=seat["override"],
            possible=possible.of_place(visit, seat),
        )
        for seat in visit.seats
    ]


def _times(seat: dict[str, Any], calendar: Calendar) -> str:
    """What really happened so far: ``left 20:31, there 20:58, began 21:04``."""
    told = (("left", "departed_at"), ("there", "arrived_at"), ("began", "started_at"), ("ended", "ended_at"))
    return ", ".join(
        f"{word} {calendar.local(datetime.fromisoformat(seat[name])):%H:%M}" for word, name in told if seat[name]
    )


def _legs(visit: VisitRow, calendar: Calendar) -> list[LegRow]:
    return [
        LegRow(
            leg_id=leg["id"],
            direction="outbound" if leg["outbound"] else "return",
            state=leg["state"],
            driver=leg["driver"] or "",
            passengers=leg["passengers"] or "",
            when=calendar.clock_label(datetime.fromisoformat(leg["wanted_at"]), visit.row.business_date),
            possible=possible.of_trip(visit, leg),
        )
        for leg in visit.legs
    ]


def _history(session: Session, appointment_id: int, calendar: Calendar) -> list[HistoryRow]:
    rows = session.execute(
        planned_once(
            "SELECT e.id, e.kind, e.happened_at, a.name AS actor, o.name AS for_whom, p.name AS person, d.reason,"  # noqa: S608
            f" {BECAUSE} AS because"
            " FROM events e LEFT JOIN people a ON a.id = e.actor_id LEFT JOIN people o ON o.id = e.on_behalf_of_id"
            " LEFT JOIN people p ON p.id = e.person_id LEFT JOIN event_details d ON d.event_id = e.id"
            " WHERE e.appointment_id = :id ORDER BY e.happened_at DESC, e.id DESC LIMIT 100"
        ),
        {"id": appointment_id},
    )
    return [_history_row(row, calendar) for row in rows]


def _history_row(row: Any, calendar: Calendar) -> HistoryRow:
    what = WHAT_HAPPENED.get(row.kind, row.kind.replace("_", " ").capitalize())
    who = row.actor or "The system"
    return HistoryRow(
        event_id=row.id,
        when=calendar.moment_label(row.happened_at),
        what=f"{what}: {row.person}" if row.person and row.person != row.actor else what,
        who=f"{who} for {row.for_whom}" if row.for_whom else who,
        reason=row.reason or "",
        because=row.because,
    )
