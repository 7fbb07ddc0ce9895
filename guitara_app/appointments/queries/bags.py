"""What visits take along, what is missing for them, and what later evenings will need."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.appointments.models.appointment import IS_LIVE
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.statements import text

# One therapist's bag: a bottle serves all services of the visit, so the largest quantity counts, not the sum.
_NEEDS = f"""
SELECT a.id AS visit, g.id AS seat, m.item_id, max(m.quantity) AS quantity
FROM appointments a JOIN assignments g ON g.appointment_id = a.id AND {IS_LIVE}
JOIN appointment_services x ON x.appointment_id = a.id JOIN service_materials m ON m.service_id = x.service_id
JOIN items i ON i.id = m.item_id AND i.active
"""  # noqa: S608
_OUT = (
    "coalesce((SELECT sum(s.in_use_change) FROM stock_movements s WHERE s.appointment_id = n.visit"
    " AND s.assignment_id = n.seat AND s.item_id = n.item_id), 0)"
)
_BEFORE_SESSION = "g.progress NOT IN ('in_session', 'ended')"


class Needed(NamedTuple):
    """An item that bookings of later evenings will take: how many, and how many lie on the shelf."""

    item_id: int
    name: str
    unit: str
    needed: int
    available: int

    @property
    def missing(self) -> int:
        """How many more are needed than there are."""
        return max(0, self.needed - self.available)


class Short(NamedTuple):
    """An item that a visit needs and did not get."""

    name: str
    unit: str
    quantity: int


def forecast(session: Session, until: date, *, now: datetime) -> list[Needed]:
    """What the bookings after tonight, up to the evening ``until``, will take of each item; most missing first."""
    rows = session.execute(
        text(
            f"WITH n AS ({_NEEDS} WHERE a.closed_at IS NULL AND a.business_date > :today"  # noqa: S608
            " AND a.business_date <= :until GROUP BY 1, 2, 3)"
            " SELECT i.id, i.name, i.unit, sum(n.quantity) AS needed, i.available FROM n JOIN items i"
            " ON i.id = n.item_id GROUP BY i.id ORDER BY sum(n.quantity) - i.available DESC, i.name"
        ),
        {"today": firm_settings(session).calendar.business_date(now), "until": until},
    )
    return [Needed(*row) for row in rows]


def shortages(session: Session, appointment_id: int, *, now: datetime) -> list[Short]:
    """What the therapists of a visit should carry by now and do not, because the shelf was empty."""
    rows = session.execute(
        text(
            f"WITH n AS ({_NEEDS} WHERE a.id = :visit AND a.closed_at IS NULL AND a.business_date <= :today"  # noqa: S608
            f" AND {_BEFORE_SESSION} GROUP BY 1, 2, 3)"
            f" SELECT i.name, i.unit, sum(n.quantity - {_OUT}) FROM n JOIN items i ON i.id = n.item_id"
            f" WHERE n.quantity > {_OUT} GROUP BY i.id ORDER BY i.name"
        ),
        {"visit": appointment_id, "today": firm_settings(session).calendar.business_date(now)},
    )
    return [Short(*row) for row in rows]


def unpacked(session: Session, today: date, *, limit: int) -> list[int]:
    """Open visits up to tonight whose therapists lack something that can be taken now, or was not told of yet."""
    found = session.execute(
        text(
            f"WITH n AS ({_NEEDS} WHERE a.closed_at IS NULL AND a.business_date <= :today"  # noqa: S608
            f" AND {_BEFORE_SESSION} GROUP BY 1, 2, 3)"
            f" SELECT DISTINCT n.visit FROM n JOIN items i ON i.id = n.item_id WHERE n.quantity > {_OUT}"
            " AND (i.available > 0 OR NOT EXISTS (SELECT FROM events e WHERE e.appointment_id = n.visit"
            " AND e.assignment_id = n.seat AND e.kind = 'stock_short' AND CAST(e.data->>'item_id' AS bigint) = i.id))"
            " ORDER BY 1 LIMIT :limit"
        ),
        {"today": today, "limit": limit},
    )
    return list(found.scalars())
