"""Everything that is known of one client."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from guitara_app.kit.errors import NotFound
from guitara_app.kit.statements import text

_OWN = "SELECT id FROM clients WHERE :id IN (id, merged_into_id) ORDER BY id"
_PARTS = {
    "client": "SELECT id, name, phone, email, notes, preferred_gender, preferred_pressure, created_at, merged_into_id"
    " FROM clients WHERE id = ANY(:ids) ORDER BY id",
    "other_phones": "SELECT phone FROM client_phones WHERE client_id = ANY(:ids) ORDER BY id",
    "addresses": "SELECT d.line, l.name AS town, d.notes, d.latitude, d.longitude, d.last_used_at, d.retired_at"
    " FROM client_addresses d JOIN localities l ON l.id = d.locality_id WHERE d.client_id = ANY(:ids) ORDER BY d.id",
    "visits": "SELECT a.id, a.starts_at, a.ends_at, a.state, a.price, a.notes, d.line AS address,"
    " ARRAY(SELECT s.name FROM appointment_services x JOIN services s ON s.id = x.service_id"
    "  WHERE x.appointment_id = a.id ORDER BY s.name) AS services,"
    " ARRAY(SELECT p.name FROM assignments g JOIN people p ON p.id = g.person_id"
    "  WHERE g.appointment_id = a.id AND g.answer = 'accepted' ORDER BY p.name) AS therapists"
    " FROM appointments a JOIN client_addresses d ON d.id = a.address_id WHERE a.client_id = ANY(:ids) ORDER BY a.id",
    "payments": "SELECT y.appointment_id AS visit, y.kind, y.method, y.amount, y.extension_amount, y.recorded_at"
    " FROM payments y JOIN appointments a ON a.id = y.appointment_id WHERE a.client_id = ANY(:ids) ORDER BY y.id",
    "series": "SELECT id, frequency, every, weekdays, first_evening, last_evening, start, notes, made_at, ended_at"
    " FROM booking_series WHERE client_id = ANY(:ids) ORDER BY id",
    "wishes": "SELECT * FROM wishes WHERE client_id = ANY(:ids) ORDER BY id",
    "log": "SELECT e.kind, e.happened_at, e.appointment_id AS visit, d.reason, d.before, d.after FROM events e"
    " LEFT JOIN event_details d ON d.event_id = e.id WHERE e.client_id = ANY(:ids) ORDER BY e.id",
}


def same_client(session: Session, client_id: int) -> list[int]:
    """The client's own number and those of the cards that were merged into it.

    Raises:
        NotFound: there is no such client.
    """
    found = list(session.scalars(text(_OWN), {"id": client_id})) if 0 < client_id < 2**63 else []
    if client_id not in found:
        raise NotFound("There is no such client.")
    return found


def everything_of(session: Session, client_id: int) -> dict[str, list[dict[str, Any]]]:
    """Every row about one client, and about whoever was merged into them, part by part.

    Raises:
        NotFound: there is no such client.
    """
    ids = same_client(session, client_id)
    return {
        part: [dict(row) for row in session.execute(text(statement), {"ids": ids}).mappings()]
        for part, statement in _PARTS.items()
    }
