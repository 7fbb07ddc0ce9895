"""Tables of oils, lotions and kits: three counters each, and every movement between them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text

from guitara_app.kit.columns import Table, identity, moment, money, one_of, reference, word, words


class ItemKind(StrEnum):
    """A container is emptied by use; a reusable comes back."""

    CONTAINER = "container"
    REUSABLE = "reusable"


class Item(Table, table=True):
    """Something therapists carry."""

    __tablename__ = "items"
    __table_args__ = (
        one_of("kind", ItemKind),
        CheckConstraint("available >= 0 AND in_use >= 0 AND empty >= 0", name="counters"),
        CheckConstraint("minimum >= 0", name="minimum"),
        Index("uq_items_name", "name", unique=True),
    )

    id: int = identity()
    name: str = word()
    unit: str = word()
    kind: str = word()
    available: int = 0
    in_use: int = 0
    empty: int = 0
    minimum: int = 0
    cost: Decimal = money(default="0")
    expires_on: date | None = None
    active: bool = True
    version: int = 1


class ServiceMaterial(Table, table=True):
    """What a service takes along by default."""

    __tablename__ = "service_materials"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    service_id: int = reference("services.id", primary_key=True)
    item_id: int = reference("items.id", primary_key=True)
    quantity: int = 1


class StockMovement(Table, table=True):
    """A change of an item's counters. Rows are only ever added."""

    __tablename__ = "stock_movements"
    __table_args__ = (
        one_of("kind", ("opening", "take", "give_back", "use_up", "refill", "restock", "correct", "discard")),
        Index("ix_stock_movements_item_id", "item_id", "id"),
        Index(
            "ix_stock_movements_appointment_id",
            "appointment_id",
            postgresql_where=text("appointment_id IS NOT NULL"),
        ),
    )

    id: int = identity()
    item_id: int = reference("items.id")
    kind: str = word()
    available_change: int = 0
    in_use_change: int = 0
    empty_change: int = 0
    appointment_id: int | None = None
    assignment_id: int | None = None
    moved_at: datetime = moment()
    moved_by_id: int | None = reference("people.id", nullable=True)
    reason: str = words()
