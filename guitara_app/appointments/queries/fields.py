"""What can be changed of a visit as it stands, and which of it a colleague changed since somebody looked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.models.appointment import IS_LIVE
from guitara_app.appointments.requests import VisitFields
from guitara_app.appointments.rules import follows
from guitara_app.appointments.words import Answer, AppointmentState
from guitara_app.catalog.queries import services_of
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import FieldClash, NotFound
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar, minutes_between

_FIELDS = f"""
SELECT a.client_id, a.state, a.business_date, a.starts_at, a.ends_at, a.price, a.driver_needed, a.car_needed,
  a.address_id, a.notes,
  coalesce((SELECT array_agg(x.service_id ORDER BY x.id) FROM appointment_services x
    WHERE x.appointment_id = a.id), '{{}}') AS service_ids,
  coalesce((SELECT array_agg(g.person_id ORDER BY g.person_id) FROM assignments g
    WHERE g.appointment_id = a.id AND {IS_LIVE}), '{{}}') AS therapist_ids
FROM appointments a WHERE a.id = :id
"""  # noqa: S608
_SEATS = f"""
SELECT g.id, g.person_id, p.name, g.answer, g.override_reason FROM assignments g JOIN people p ON p.id = g.person_id
WHERE g.appointment_id = :id AND {IS_LIVE} ORDER BY g.id
"""  # noqa: S608
_LAST_CHANGE = text(
    "SELECT p.name, e.happened_at FROM events e LEFT JOIN people p ON p.id = e.actor_id"
    " WHERE e.appointment_id = :id AND (e.data->'fields' ? :field OR (:people AND e.kind <> 'booked'))"
    " ORDER BY e.id DESC LIMIT 1"
)


class LiveSeat(NamedTuple):
    """Somebody who is to go, with their answer, and why they go outside their shift or skills."""

    id: int
    person_id: int
    name: str
    answer: Answer
    override_reason: str


class Standing(NamedTuple):
    """A visit as somebody who wants to change it finds it.

    ``follows_minutes`` and ``follows_price`` say that nobody has overridden what its services and people come to.
    """

    id: int
    client_id: int
    state: AppointmentState
    starts_at: datetime
    fields: VisitFields
    seats: tuple[LiveSeat, ...]
    follows_minutes: bool
    follows_price: bool


def fields_of(session: Session, appointment_id: int) -> VisitFields:
    """What can be changed of the visit, as it stands.

    Raises:
        NotFound: there is none of this number.
    """
    return _fields(_row(session, appointment_id), firm_settings(session).calendar)


def standing(session: Session, appointment_id: int) -> Standing:
    """The visit as it is to be changed.

    Raises:
        NotFound: there is none of this number.
    """
    row = _row(session, appointment_id)
    fields = _fields(row, firm_settings(session).calendar)
    seats = session.execute(text(_SEATS), {"id": appointment_id})
    minutes, price = follows(fields, services_of(session, fields.service_ids))
    return Standing(
        id=appointment_id,
        client_id=row.client_id,
        state=AppointmentState(row.state),
        starts_at=row.starts_at,
        fields=fields,
        seats=tuple(LiveSeat(seat.id, seat.person_id, seat.name, Answer(seat.answer), seat[4]) for seat in seats),
        follows_minutes=minutes,
        follows_price=price,
    )


def overtaken(
    session: Session, appointment_id: int, wanted: dict[str, Any], seen: dict[str, Any], stands: dict[str, Any]
) -> list[FieldClash]:
    """The fields of ``wanted`` that somebody changed since they were ``seen``, unless to the same: by whom and when."""
    names = [name for name, value in wanted.items() if stands[name] not in (seen[name], value)]
    calendar = firm_settings(session).calendar
    return [
        FieldClash(name, *_last_change(session, appointment_id, name, calendar), said(session, name, stands[name]))
        for name in names
    ]


def said(session: Session, name: str, value: Any) -> str:
    """A field's value in words."""
    if name == "service_ids":
        return " + ".join(service.name for service in services_of(session, value))
    if name == "therapist_ids":
        return _names(session, value) or "nobody"
    if name == "address_id":
        return _address(session, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return firm_settings(session).calendar.evening_label(value)
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return f"{value:%H:%M}" if name == "start" else str(value)


def different(before: VisitFields, after: VisitFields) -> list[str]:
    """The names of the fields that are not the same."""
    return [name for name in VisitFields.model_fields if getattr(before, name) != getattr(after, name)]


def _row(session: Session, appointment_id: int) -> Row[Any]:
    known = 0 < appointment_id < 2**63
    found = session.execute(text(_FIELDS), {"id": appointment_id}).one_or_none() if known else None
    if found is None:
        raise NotFound("There is no such visit.")
    return found


def _fields(row: Row[Any], calendar: Calendar) -> VisitFields:
    return VisitFields(
        evening=row.business_date,
        start=calendar.local(row.starts_at).time(),
        minutes=minutes_between(row.starts_at, row.ends_at),
        price=row.price,
        service_ids=row.service_ids,
        therapist_ids=row.therapist_ids,
        driver_needed=row.driver_needed,
        car_needed=row.car_needed,
        address_id=row.address_id,
        notes=row.notes,
    )


def _last_change(session: Session, appointment_id: int, name: str, calendar: Calendar) -> tuple[str, str]:
    values = {"id": appointment_id, "field": name, "people": name == "therapist_ids"}
    row = session.execute(_LAST_CHANGE, values).one_or_none()
    if row is None:
        return "somebody", "some time"
    return row.name or "the system", f"{calendar.local(row.happened_at):%H:%M}"


def _names(session: Session, people: Collection[int]) -> str:
    found = session.execute(text("SELECT name FROM people WHERE id = ANY(:ids) ORDER BY name"), {"ids": list(people)})
    return ", ".join(found.scalars())


def _address(session: Session, address_id: int) -> str:
    row = session.execute(
        text(
            "SELECT d.line, l.name FROM client_addresses d JOIN localities l ON l.id = d.locality_id WHERE d.id = :id"
        ),
        {"id": address_id},
    ).one_or_none()
    return "" if row is None else f"{row.line}, {row.name}"
