"""Visits by the page, for whoever asks for many of them, and one visit's history as facts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.automatic import BECAUSE
from guitara_app.appointments.queries.rows import VisitRow, visits
from guitara_app.appointments.words import AppointmentState
from guitara_app.kit.statements import text

_CONDITIONS = {
    "evening": "a.business_date = :evening",
    "starts_from": "a.starts_at >= :starts_from",
    "starts_before": "a.starts_at < :starts_before",
    "states": "a.state = ANY(:states)",
    "client_id": "a.client_id = :client_id",
    "therapist_or_driver": "(a.id IN (SELECT g.appointment_id FROM assignments g WHERE g.person_id = :person_id)"
    " OR a.id IN (SELECT t.to_appointment_id FROM legs t WHERE t.driver_id = :person_id)"
    " OR a.id IN (SELECT t.from_appointment_id FROM legs t WHERE t.driver_id = :person_id))",
    "earliest": "(a.starts_at, a.id) > (:after_start, :after_id)",
    "latest": "(a.starts_at, a.id) < (:after_start, :after_id)",
}


class ListAsk(NamedTuple):
    """Which visits, in which order, and after which one. Empty means any."""

    evening: date | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    states: Sequence[AppointmentState] = ()
    person_id: int | None = None
    client_id: int | None = None
    latest_first: bool = False
    after: tuple[datetime, int] | None = None


class ServiceOf(NamedTuple):
    """A service of a visit as it was booked."""

    appointment_id: int
    service_id: int
    name: str
    minutes: int
    price: Any


class Happened(NamedTuple):
    """One entry of a visit's history."""

    event_id: int
    kind: str
    happened_at: datetime
    recorded_at: datetime
    actor: str | None
    on_behalf_of: str | None
    person: str | None
    reason: str
    because: str


def listed(session: Session, ask: ListAsk, *, limit: int) -> list[VisitRow]:
    """At most ``limit`` visits in the order asked for; a page starts after the last one of the page before."""
    order = "latest" if ask.latest_first else "earliest"
    given: dict[str, object] = {
        "evening": ask.evening,
        "starts_from": ask.starts_from,
        "starts_before": ask.starts_before,
        "states": list(ask.states) or None,
        "client_id": ask.client_id,
        "therapist_or_driver": ask.person_id,
        order: ask.after,
    }
    wheres = [_CONDITIONS[name] for name, value in given.items() if value is not None]
    direction = "DESC" if ask.latest_first else "ASC"
    # The numbers first and the rows of these alone: joined, the planner reads every visit there ever was.
    page = (
        f"a.id = ANY(ARRAY(SELECT a.id FROM appointments a WHERE {' AND '.join(wheres) or 'true'}"  # noqa: S608
        f" ORDER BY a.starts_at {direction}, a.id {direction} LIMIT :limit))"
    )
    after_start, after_id = ask.after or (None, None)
    values = {
        "evening": ask.evening,
        "starts_from": ask.starts_from,
        "starts_before": ask.starts_before,
        "states": given["states"],
        "client_id": ask.client_id,
        "person_id": ask.person_id,
        "after_start": after_start,
        "after_id": after_id,
        "limit": limit,
    }
    found = visits(session, page, {name: value for name, value in values.items() if f":{name}" in page})
    return found[::-1] if ask.latest_first else found


def services_of(session: Session, appointment_ids: Sequence[int]) -> dict[int, list[ServiceOf]]:
    """The services of each of these visits, in the order they were booked."""
    rows = session.execute(
        text(
            "SELECT x.appointment_id, x.service_id, s.name, x.minutes, x.price FROM appointment_services x"
            " JOIN services s ON s.id = x.service_id WHERE x.appointment_id = ANY(:ids) ORDER BY x.id"
        ),
        {"ids": list(appointment_ids)},
    )
    found: dict[int, list[ServiceOf]] = {number: [] for number in appointment_ids}
    for row in rows:
        found[row.appointment_id].append(ServiceOf(*row))
    return found


def history(session: Session, appointment_id: int, *, after_id: int = 0, limit: int = 200) -> list[Happened]:
    """What happened to a visit, oldest first, from after the entry ``after_id`` on."""
    rows = session.execute(
        text(
            "SELECT e.id, e.kind, e.happened_at, e.recorded_at, a.name AS actor, o.name AS on_behalf_of,"  # noqa: S608
            f" p.name AS person, coalesce(d.reason, '') AS reason, {BECAUSE} AS because"
            " FROM events e LEFT JOIN people a ON a.id = e.actor_id LEFT JOIN people o ON o.id = e.on_behalf_of_id"
            " LEFT JOIN people p ON p.id = e.person_id LEFT JOIN event_details d ON d.event_id = e.id"
            " WHERE e.appointment_id = :id AND e.id > :after ORDER BY e.id LIMIT :limit"
        ),
        {"id": appointment_id, "after": after_id, "limit": limit},
    )
    return [Happened(*row) for row in rows]


def last_event(session: Session, appointment_id: int) -> int:
    """The number of the newest entry of a visit's history; 0 when there is none."""
    newest = session.execute(
        text("SELECT max(id) FROM events WHERE appointment_id = :id"), {"id": appointment_id}
    ).scalar()
    return newest or 0
