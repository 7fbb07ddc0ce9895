"""What visits take from the shelf and bring back, as movements and counters together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import NamedTuple

from sqlalchemy.orm import Session

from guitara_app.demo.rows import Rows
from guitara_app.kit.statements import text
from guitara_app.stock.models import ItemKind, StockMovement

_EMPTIED = 0.02
_REFILLED_FROM = 3


@dataclass(slots=True)
class _Shelf:
    kind: str
    available: int
    in_use: int
    empty: int


class _Carried(NamedTuple):
    seat: int
    item_id: int
    quantity: int


class Stockroom:
    """Counts along in memory; ``write`` adds to the counters what was moved."""

    def __init__(self, session: Session, rows: Rows, random: Random) -> None:
        self._session = session
        self._rows = rows
        self._random = random
        items = session.execute(text("SELECT id, kind, available, in_use, empty FROM items"))
        self._shelves = {row.id: _Shelf(row.kind, row.available, row.in_use, row.empty) for row in items}
        self._changes: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._materials: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for row in session.execute(text("SELECT service_id, item_id, quantity FROM service_materials")):
            self._materials[row.service_id].append((row.item_id, row.quantity))
        self._out: dict[int, list[_Carried]] = defaultdict(list)
        out = session.execute(
            text(
                "SELECT m.appointment_id, m.assignment_id, m.item_id, sum(m.in_use_change) AS out"
                " FROM stock_movements m JOIN appointments a ON a.id = m.appointment_id AND a.closed_at IS NULL"
                " GROUP BY 1, 2, 3 HAVING sum(m.in_use_change) > 0"
            )
        )
        for row in out:
            self._out[row.appointment_id].append(_Carried(row.assignment_id, row.item_id, row.out))

    def take(self, visit: int, seat: int, service_ids: list[int], at: datetime, by: int) -> None:
        """Put what the services need into somebody's bag; an empty shelf is skipped, as in life."""
        needs: dict[int, int] = {}
        for service_id in service_ids:
            for item_id, quantity in self._materials[service_id]:
                needs[item_id] = max(quantity, needs.get(item_id, 0))
        for item_id, quantity in needs.items():
            if self._shelves[item_id].available >= quantity:
                self._move(item_id, "take", (-quantity, quantity, 0), at, visit=visit, seat=seat, by=by)
                self._out[visit].append(_Carried(seat, item_id, quantity))

    def give_back(self, visit: int, at: datetime, *, seat: int | None = None) -> None:
        """Nothing was used, by one of them or by anybody."""
        out = self._out.pop(visit, [])
        back = [one for one in out if seat in (None, one.seat)]
        self._out[visit] = [one for one in out if one not in back]
        for one in back:
            changes = (one.quantity, -one.quantity, 0)
            self._move(one.item_id, "give_back", changes, at, visit=visit, seat=one.seat)

    def report(self, visit: int, at: datetime, by: int) -> None:
        """A container is now and then empty afterwards; empties are refilled a few at a time."""
        for seat, item_id, quantity in self._out.pop(visit, []):
            emptied = self._shelves[item_id].kind == ItemKind.CONTAINER and self._random.random() < _EMPTIED
            if not emptied:
                self._move(item_id, "give_back", (quantity, -quantity, 0), at, visit=visit, seat=seat, by=by)
                continue
            self._move(item_id, "use_up", (0, -quantity, quantity), at, visit=visit, seat=seat, by=by)
            empty = self._shelves[item_id].empty
            if empty >= _REFILLED_FROM:
                self._move(item_id, "refill", (empty, 0, -empty), at)

    def refill(self, at: datetime) -> None:
        """Fill whatever is empty."""
        for item_id, shelf in self._shelves.items():
            if shelf.empty:
                self._move(item_id, "refill", (shelf.empty, 0, -shelf.empty), at)

    def open(self, item_id: int, kind: str, many: int, at: datetime) -> None:
        """The first count of an item."""
        self._shelves[item_id] = _Shelf(kind, 0, 0, 0)
        self._move(item_id, "opening", (many, 0, 0), at)

    def write(self) -> None:
        """Bring the counters up to what was moved."""
        for item_id, (available, in_use, empty) in sorted(self._changes.items()):
            self._session.execute(
                text(
                    "UPDATE items SET available = available + :available, in_use = in_use + :in_use,"
                    " empty = empty + :empty, version = version + 1 WHERE id = :id"
                ),
                {"id": item_id, "available": available, "in_use": in_use, "empty": empty},
            )
        self._changes.clear()

    def _move(
        self,
        item_id: int,
        kind: str,
        changes: tuple[int, int, int],
        at: datetime,
        *,
        visit: int | None = None,
        seat: int | None = None,
        by: int | None = None,
    ) -> None:
        shelf, counted = self._shelves[item_id], self._changes[item_id]
        available, in_use, empty = changes
        shelf.available, shelf.in_use, shelf.empty = (
            shelf.available + available,
            shelf.in_use + in_use,
            shelf.empty + empty,
        )
        for place, change in enumerate(changes):
            counted[place] += change
        self._rows.add(
            StockMovement(
                item_id=item_id,
                kind=kind,
                available_change=available,
                in_use_change=in_use,
                empty_change=empty,
                appointment_id=visit,
                assignment_id=seat,
                moved_at=at,
                moved_by_id=by,
            )
        )
