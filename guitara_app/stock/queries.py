"""What lies on the shelf, what is out, and what services need."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.kit.statements import text
from guitara_app.stock.rules import Level, level

Bag = dict[int, int]
"""How many of each item, by the item's number."""


class ItemRow(NamedTuple):
    """An item of the inventory with its three counters."""

    id: int
    name: str
    unit: str
    kind: str
    available: int
    in_use: int
    empty: int
    minimum: int
    level: Level


class MovementRow(NamedTuple):
    """One line of an item's ledger; the changes have a sign."""

    id: int
    kind: str
    available: int
    in_use: int
    empty: int
    moved_at: datetime
    by: str
    reason: str
    appointment_id: int | None


def items(session: Session) -> list[ItemRow]:
    """Every item in use, by name."""
    rows = session.execute(
        text("SELECT id, name, unit, kind, available, in_use, empty, minimum FROM items WHERE active ORDER BY name, id")
    )
    return [ItemRow(**row._mapping, level=level(row.available, row.minimum)) for row in rows]


class KeptItem(NamedTuple):
    """A material as it is kept, in use or not; ``cost`` in pesos for one."""

    id: int
    name: str
    unit: str
    kind: str
    minimum: int
    cost: Decimal
    expires_on: date | None
    active: bool
    available: int
    in_use: int
    version: int


def kept_items(session: Session, only: int | None = None) -> list[KeptItem]:
    """Every material there ever was, by name; or one."""
    rows = session.execute(
        text(
            "SELECT id, name, unit, kind, minimum, cost, expires_on, active, available, in_use, version FROM items"
            " WHERE CAST(:only AS bigint) IS NULL OR id = :only ORDER BY lower(name), id"
        ),
        {"only": only},
    )
    return [KeptItem(*row) for row in rows]


def materials_of(session: Session, service_id: int) -> Bag:
    """How many of each item a service takes along by default."""
    rows = session.execute(
        text("SELECT item_id, quantity FROM service_materials WHERE service_id = :id"), {"id": service_id}
    )
    return {row.item_id: row.quantity for row in rows}


def materials_in_words(session: Session) -> dict[int, str]:
    """What each service takes along, such as ``2 Lavender Oil, Hot Stone Kit``, by the service's number."""
    rows = session.execute(
        text(
            "SELECT m.service_id, string_agg(CASE WHEN m.quantity > 1 THEN m.quantity || ' ' ELSE '' END || i.name,"
            " ', ' ORDER BY i.name) AS words FROM service_materials m JOIN items i ON i.id = m.item_id GROUP BY 1"
        )
    )
    return {row.service_id: row.words for row in rows}


def movements(session: Session, item_id: int, *, limit: int = 100, before: int | None = None) -> list[MovementRow]:
    """The ledger of an item, newest first; ``before`` is the number of the last line of the page above."""
    rows = session.execute(
        text(
            "SELECT m.id, m.kind, m.available_change, m.in_use_change, m.empty_change, m.moved_at,"
            " coalesce(p.name, ''), m.reason, m.appointment_id FROM stock_movements m"
            " LEFT JOIN people p ON p.id = m.moved_by_id"
            " WHERE m.item_id = :item AND (CAST(:before AS bigint) IS NULL OR m.id < :before)"
            " ORDER BY m.id DESC LIMIT :limit"
        ),
        {"item": item_id, "before": before, "limit": limit},
    )
    return [MovementRow(*row) for row in rows]


def bags_of(session: Session, appointment_id: int) -> dict[int, Bag]:
    """What is out with each place of a visit, by the assignment's number; places with nothing are left out."""
    rows = session.execute(
        text(
            "SELECT assignment_id, item_id, sum(in_use_change) AS many FROM stock_movements"
            " WHERE appointment_id = :visit AND assignment_id IS NOT NULL GROUP BY 1, 2 HAVING sum(in_use_change) > 0"
        ),
        {"visit": appointment_id},
    )
    found: dict[int, Bag] = {}
    for row in rows:
        found.setdefault(row.assignment_id, {})[row.item_id] = row.many
    return found


class OutItem(NamedTuple):
    """Something a therapist has along: how many, of what unit."""

    item_id: int
    name: str
    unit: str
    many: int


def out_with(session: Session, assignment_id: int) -> list[OutItem]:
    """What is out with one place of a visit, by name."""
    rows = session.execute(
        text(
            "SELECT i.id, i.name, i.unit, sum(m.in_use_change) AS many FROM stock_movements m"
            " JOIN items i ON i.id = m.item_id WHERE m.assignment_id = :place AND m.appointment_id ="
            " (SELECT appointment_id FROM assignments WHERE id = :place)"
            " GROUP BY i.id HAVING sum(m.in_use_change) > 0 ORDER BY i.name"
        ),
        {"place": assignment_id},
    )
    return [OutItem(*row) for row in rows]
