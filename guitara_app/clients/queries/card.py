"""What is known of a client."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotFound


class AddressChoice(NamedTuple):
    """A place the client was visited at."""

    id: int
    line: str
    locality_id: int
    locality: str
    notes: str


class PastVisit(NamedTuple):
    """A visit of the client, newest first."""

    appointment_id: int
    when: str
    services: str
    therapists: str
    state: str


class ClientCard(NamedTuple):
    """What an operator wants to see of a client at once."""

    id: int
    name: str
    phone: str
    email: str
    notes: str
    preferences: str
    addresses: list[AddressChoice]
    history: list[PastVisit]


def card(session: Session, client_id: int) -> ClientCard:
    """Everything the booking form shows of a client.

    Raises:
        NotFound: there is no such client.
    """
    row = session.execute(
        text(
            "SELECT c.*, p.name AS therapist FROM clients c LEFT JOIN people p ON p.id = c.preferred_therapist_id"
            " WHERE c.id = :id AND c.merged_into_id IS NULL"
        ),
        {"id": client_id},
    ).one_or_none()
    if row is None:
        raise NotFound("This client is not there any more. Search again.", field="client")
    liked = [
        f"{row.preferred_pressure} pressure" if row.preferred_pressure else "",
        f"{row.preferred_gender} therapist" if row.preferred_gender else "",
        f"likes {row.therapist}" if row.therapist else "",
    ]
    return ClientCard(
        id=row.id,
        name=row.name,
        phone=shown_phone(row.phone),
        email=row.email or "",
        notes=row.notes,
        preferences=", ".join(part for part in liked if part),
        addresses=_addresses(session, client_id),
        history=_history(session, client_id),
    )


def check_not_taken(session: Session, *, phone: str = "", email: str | None = None) -> None:
    """Refuse a phone or an e-mail that a client has already.

    Raises:
        Invalid: it is taken; the sentence names the client.
    """
    taken = session.execute(
        text(
            "SELECT name, phone = :phone AS by_phone FROM clients WHERE phone = :phone OR email = :email"
            " ORDER BY 2 DESC LIMIT 1"
        ),
        {"phone": phone, "email": email},
    ).one_or_none()
    if taken is None:
        return
    if taken.by_phone:
        sentence = f"{taken.name} already has this phone. Choose that client instead of adding a new one."
        raise Invalid(sentence, field="phone")
    raise Invalid(
        f"{taken.name} already has this e-mail. Choose that client, or leave the e-mail empty.", field="email"
    )


def _addresses(session: Session, client_id: int) -> list[AddressChoice]:
    rows = session.execute(
        text(
            "SELECT a.id, a.line, a.locality_id, l.name AS locality, a.notes FROM client_addresses a"
            " JOIN localities l ON l.id = a.locality_id WHERE a.client_id = :id"
            " ORDER BY a.last_used_at DESC NULLS LAST, a.id DESC LIMIT 8"
        ),
        {"id": client_id},
    )
    return [AddressChoice(row.id, row.line, row.locality_id, row.locality, row.notes) for row in rows]


def _history(session: Session, client_id: int) -> list[PastVisit]:
    # The visits are the table of a higher package; only its columns are read here, none of its code.
    rows = session.execute(
        text(
            "SELECT a.id, a.starts_at, a.state,"
            " (SELECT string_agg(s.name, ' + ' ORDER BY x.id) FROM appointment_services x"
            "  JOIN services s ON s.id = x.service_id WHERE x.appointment_id = a.id) AS services,"
            " (SELECT string_agg(DISTINCT p.name, ', ') FROM assignments g JOIN people p ON p.id = g.person_id"
            "  WHERE g.appointment_id = a.id AND g.answer IN ('offered', 'accepted', 'released')) AS therapists"
            " FROM appointments a WHERE a.client_id = :id ORDER BY a.starts_at DESC LIMIT 6"
        ),
        {"id": client_id},
    )
    calendar = firm_settings(session).calendar
    return [
        PastVisit(row.id, calendar.moment_label(row.starts_at), row.services or "", row.therapists or "", row.state)
        for row in rows
    ]
