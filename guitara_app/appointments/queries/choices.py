"""What there is to choose from when something is done with a visit, and whom it is about."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.lifecycle import Target
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import NotFound
from guitara_app.kit.statements import text

_ABOUT = {
    Target.VISIT: "SELECT id, '' AS who, NULL AS person_id FROM appointments WHERE id = :id",
    Target.PLACE: "SELECT g.appointment_id AS id, p.name AS who, p.id AS person_id FROM assignments g"
    " JOIN people p ON p.id = g.person_id WHERE g.id = :id",
    Target.TRIP: "SELECT coalesce(l.to_appointment_id, l.from_appointment_id) AS id, coalesce(p.name, '') AS who,"
    " p.id AS person_id"
    " FROM legs l LEFT JOIN people p ON p.id = l.driver_id WHERE l.id = :id",
}


class OtherPlace(NamedTuple):
    """Somebody's place in another visit, in words."""

    id: int
    name: str
    words: str


def about(session: Session, actor: Actor, target: Target, target_id: int) -> tuple[int, str]:
    """The visit that a place or trip belongs to, and whose it is (empty for the visit itself).

    Raises:
        NotFound: there is none of this number, or it is somebody else's; therapists and drivers learn of none of those.
    """
    known = 0 < target_id < 2**63
    row = session.execute(text(_ABOUT[target]), {"id": target_id}).one_or_none() if known else None
    if row is None or not (actor.is_desk or row.person_id == actor.person_id):
        raise NotFound("This is not there any more. Reload the page.")
    return row.id, row.who


def person_of(session: Session, assignment_id: int) -> int:
    """Whose place it is; 0 when there is no such place."""
    return (
        session.execute(text("SELECT person_id FROM assignments WHERE id = :id"), {"id": assignment_id}).scalar() or 0
    )


def due(session: Session, appointment_id: int) -> tuple[Decimal, Decimal]:
    """What the visit costs in pesos, and its extensions besides; nothing when there is no such visit."""
    row = session.execute(
        text("SELECT price, extension_price FROM appointments WHERE id = :id"), {"id": appointment_id}
    ).one_or_none()
    return (row.price, row.extension_price) if row else (Decimal(0), Decimal(0))


def others_of_the_evening(session: Session, appointment_id: int, assignment_id: int) -> list[OtherPlace]:
    """Other people's places in other visits of the same evening that are still to come, by time."""
    rows = session.execute(
        text(
            "SELECT g.id, p.name, a.id AS visit, a.starts_at, a.business_date, c.name AS client FROM appointments v"
            " JOIN appointments a ON a.business_date = v.business_date AND a.id <> v.id AND a.closed_at IS NULL"
            " JOIN assignments g ON g.appointment_id = a.id AND g.answer IN ('offered', 'accepted')"
            " AND g.released_at IS NULL AND g.progress = 'waiting' JOIN people p ON p.id = g.person_id"
            " JOIN clients c ON c.id = a.client_id JOIN assignments mine ON mine.id = :mine"
            " WHERE v.id = :visit AND g.person_id <> mine.person_id ORDER BY a.starts_at, p.name"
        ),
        {"visit": appointment_id, "mine": assignment_id},
    )
    calendar = firm_settings(session).calendar
    return [
        OtherPlace(
            row.id, row.name, f"{calendar.clock_label(row.starts_at, row.business_date)}, {row.client} (#{row.visit})"
        )
        for row in rows
    ]
