"""What is known of a client, for the booking form and for the client's own page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.clients.rules import FIELD_WORDS, shown_phone
from guitara_app.clients.views import AddressRow, Card, ChangeRow, ClientFacts, VisitRow
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.planned import planned_once
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar

_GONE = "This client is not there any more. Search again."
_CHANGES = {"client_added": "Added", "clients_merged": "Merged"}


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


class FieldsChanged(NamedTuple):
    """A change of a client's card: which fields, by whom and when."""

    fields: list[str]
    who: str
    at: datetime


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
    favourite_id: int
    favourite: str


def living_id(session: Session, client_id: int) -> int:
    """The client's own number, or that of whom they were merged into.

    Raises:
        NotFound: there is no such client.
    """
    found = (
        session.execute(
            planned_once("SELECT coalesce(merged_into_id, id) FROM clients WHERE id = :id"), {"id": client_id}
        ).scalar()
        if 0 < client_id < 2**63
        else None
    )
    if found is None:
        raise NotFound(_GONE, field="client")
    return int(found)


def card(session: Session, client_id: int) -> ClientCard:
    """Everything the booking form shows of a client, or of whom they were merged into.

    Raises:
        NotFound: there is no such client.
    """
    row = _facts(session, living_id(session, client_id))
    return ClientCard(
        id=row.id,
        name=row.name,
        phone=", ".join(shown_phone(phone) for phone in (row.phone, *row.other_phones)),
        email=row.email or "",
        notes=row.notes,
        preferences=preferences(row),
        addresses=[
            AddressChoice(place.id, place.line, place.locality_id, place.locality, place.notes)
            for place in _addresses(session, row.id, limit=8)
        ],
        history=[
            PastVisit(visit["id"], visit["when"], visit["services"], visit["therapists"], visit["state"])
            for visit in visits(session, row.id, limit=6)
        ],
        favourite_id=row.preferred_therapist_id or 0,
        favourite=row.therapist or "",
    )


def client_page(session: Session, client_id: int, *, shown: int = 20) -> Card | None:
    """The client's own page with the newest ``shown`` visits; None when there is no such client."""
    try:
        living = living_id(session, client_id)
    except NotFound:
        return None
    row = _facts(session, living)
    calendar = firm_settings(session).calendar
    return Card(
        missing=False,
        client=ClientFacts(
            id=row.id,
            name=row.name,
            phone=shown_phone(row.phone),
            other_phones=", ".join(shown_phone(phone) for phone in row.other_phones),
            email=row.email or "",
            notes=row.notes,
            preferred_gender=row.preferred_gender,
            preferred_pressure=row.preferred_pressure,
            preferred_therapist_id=str(row.preferred_therapist_id or ""),
            therapist=row.therapist or "",
            since=f"{calendar.local(row.created_at):%B %Y}",
            visits=row.visits,
            version=row.version,
            moved_to=0 if living == client_id else living,
        ),
        addresses=[_address_row(place, calendar) for place in _addresses(session, living, limit=50)],
        history=visits(session, living, limit=shown),
        changes=_changes(session, living, calendar),
    )


def visits(session: Session, client_id: int, *, after: str = "", limit: int = 20) -> list[VisitRow]:
    """The client's visits, newest first, from where ``after`` (of the last one shown) says.

    Raises:
        Invalid: ``after`` is nothing this function gave out.
    """
    # The visits are the table of a higher package; only its columns are read here, none of its code.
    starts_at, number = _after(after) if after else (None, None)
    rows = session.execute(
        planned_once(
            "SELECT a.id, a.starts_at, a.state, a.price + a.extension_price AS price,"
            " d.line || ', ' || l.name AS place,"
            " (SELECT string_agg(s.name, ' + ' ORDER BY x.id) FROM appointment_services x"
            "  JOIN services s ON s.id = x.service_id WHERE x.appointment_id = a.id) AS services,"
            " (SELECT string_agg(DISTINCT p.name, ', ') FROM assignments g JOIN people p ON p.id = g.person_id"
            "  WHERE g.appointment_id = a.id AND g.answer IN ('offered', 'accepted', 'released')) AS therapists"
            " FROM appointments a JOIN client_addresses d ON d.id = a.address_id"
            " JOIN localities l ON l.id = d.locality_id"
            " WHERE a.client_id = :client AND (CAST(:starts_at AS timestamptz) IS NULL"
            "  OR (a.starts_at, a.id) < (CAST(:starts_at AS timestamptz), CAST(:id AS bigint)))"
            " ORDER BY a.starts_at DESC, a.id DESC LIMIT :limit"
        ),
        {"client": client_id, "starts_at": starts_at, "id": number, "limit": limit},
    )
    calendar = firm_settings(session).calendar
    return [
        VisitRow(
            id=row.id,
            when=_moment(row.starts_at, calendar),
            services=row.services or "",
            therapists=row.therapists or "",
            place=row.place,
            price=f"\u20b1{row.price:,.2f}".removesuffix(".00"),
            state=row.state,
            after=f"{row.starts_at.isoformat()} {row.id}",
        )
        for row in rows
    ]


def changes_since(session: Session, client_id: int, version: int) -> list[FieldsChanged]:
    """What was changed on a client's card after ``version``, oldest first."""
    rows = session.execute(
        text(
            "SELECT e.data, e.happened_at, p.name FROM events e LEFT JOIN people p ON p.id = e.actor_id"
            " WHERE e.client_id = :id AND e.appointment_id IS NULL AND (e.data->>'version')::int > :version"
            " ORDER BY e.id LIMIT 50"
        ),
        {"id": client_id, "version": version},
    )
    return [FieldsChanged(row.data["fields"], row.name or "the system", row.happened_at) for row in rows]


def preferences(row: Row[Any]) -> str:
    """What a client likes, in one line."""
    liked = [
        f"{row.preferred_pressure} pressure" if row.preferred_pressure else "",
        f"{row.preferred_gender} therapist" if row.preferred_gender else "",
        f"likes {row.therapist}" if row.therapist else "",
    ]
    return ", ".join(part for part in liked if part)


def check_not_taken(session: Session, *, phone: str = "", email: str | None = None, but: int = 0) -> None:
    """Refuse a phone or an e-mail that a client other than ``but`` has already.

    Raises:
        Invalid: it is taken; the sentence names the client.
    """
    taken = session.execute(
        text(
            "SELECT name, phone = :phone AS by_phone FROM clients"
            " WHERE (phone = :phone OR email = :email) AND merged_into_id IS NULL AND id <> :but"
            " UNION ALL SELECT c.name, true FROM client_phones p JOIN clients c ON c.id = p.client_id"
            " WHERE p.phone = :phone AND c.id <> :but ORDER BY 2 DESC LIMIT 1"
        ),
        {"phone": phone, "email": email, "but": but},
    ).one_or_none()
    if taken is None:
        return
    if taken.by_phone:
        instead = "If it is the same person, merge the two." if but else "Choose that client instead of adding one."
        raise Invalid(f"{taken.name} already has this phone. {instead}", field="phone")
    instead = "If it is the same person, merge the two." if but else "Choose that client, or leave the e-mail empty."
    raise Invalid(f"{taken.name} already has this e-mail. {instead}", field="email")


def _facts(session: Session, client_id: int) -> Row[Any]:
    return session.execute(
        planned_once(
            "SELECT c.*, p.name AS therapist,"
            " (SELECT coalesce(array_agg(x.phone ORDER BY x.id), '{}') FROM client_phones x WHERE x.client_id = c.id)"
            "  AS other_phones,"
            " (SELECT count(*) FROM appointments a WHERE a.client_id = c.id) AS visits"
            " FROM clients c LEFT JOIN people p ON p.id = c.preferred_therapist_id WHERE c.id = :id"
        ),
        {"id": client_id},
    ).one()


def _addresses(session: Session, client_id: int, *, limit: int) -> list[Row[Any]]:
    # After a merge the same door may be there twice: it is shown once, as it was used last.
    return list(
        session.execute(
            planned_once(
                "SELECT * FROM (SELECT DISTINCT ON (a.locality_id, lower(a.line)) a.*, l.name AS locality"
                "  FROM client_addresses a JOIN localities l ON l.id = a.locality_id"
                "  WHERE a.client_id = :id AND a.retired_at IS NULL"
                "  ORDER BY a.locality_id, lower(a.line), a.last_used_at DESC NULLS LAST, a.id DESC) a"
                " ORDER BY last_used_at DESC NULLS LAST, id DESC LIMIT :limit"
            ),
            {"id": client_id, "limit": limit},
        )
    )


def _address_row(place: Row[Any], calendar: Calendar) -> AddressRow:
    used = place.last_used_at
    return AddressRow(
        id=place.id,
        line=place.line,
        locality_id=str(place.locality_id),
        locality=place.locality,
        notes=place.notes,
        used=_moment(used, calendar) if used else "",
    )


def _changes(session: Session, client_id: int, calendar: Calendar) -> list[ChangeRow]:
    rows = session.execute(
        text(
            "SELECT e.id, e.kind, e.happened_at, e.data, p.name AS who FROM events e"
            " LEFT JOIN people p ON p.id = e.actor_id"
            " WHERE e.client_id = :id AND e.appointment_id IS NULL AND e.kind <> 'client_viewed'"
            " ORDER BY e.id DESC LIMIT 20"
        ),
        {"id": client_id},
    )
    return [
        ChangeRow(id=row.id, what=_what(row), who=row.who or "The system", when=calendar.moment_label(row.happened_at))
        for row in rows
    ]


def _what(row: Row[Any]) -> str:
    if row.kind in _CHANGES:
        return _CHANGES[row.kind]
    words = [FIELD_WORDS.get(field, field) for field in row.data.get("fields", [])]
    return f"Changed {', '.join(words)}" if words else str(row.kind).replace("_", " ").capitalize()


def _moment(at: datetime, calendar: Calendar) -> str:
    """``Mon 23 Nov 2026, 21:30``: histories go back for years."""
    local = calendar.local(at)
    return f"{local:%a} {local.day} {local:%b} {local.year}, {local:%H:%M}"


def _after(typed: str) -> tuple[datetime, int]:
    try:
        moment, _, number = typed[:60].partition(" ")
        return datetime.fromisoformat(moment), int(number)
    except ValueError as error:
        raise Invalid("These visits have changed. Reload the page.") from error
