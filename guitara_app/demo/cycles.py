"""Some weeks that were told, repeated through the years before by the database itself: no row leaves it.

Every row of every visit comes back as it was, so many days earlier and with numbers of its own, for another client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Date, DateTime, Table
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlmodel import SQLModel

import guitara_app.tables  # noqa: F401  fills SQLModel.metadata

FIRST_CLIENT = 1000
"""Number of the first of the many clients; each has one address, of the same number, in town ``1 + number % 8``."""

TOWNS = 8
REPEATED = (
    "appointments",
    "appointment_services",
    "assignments",
    "legs",
    "leg_passengers",
    "leg_offers",
    "payments",
    "reviews",
    "stock_movements",
    "events",
    "event_details",
    "shifts",
    "check_ins",
)
# The log points without foreign keys; and the shelves were filled once, at the very beginning.
_POINTS_AT = {"appointment_id": "appointments", "assignment_id": "assignments", "leg_id": "legs"}
_ONCE = {"stock_movements": "kind = 'opening'"}
# Every third visit is one of a regular's.
_REGULARS = 50


def repeat(cursor: Any, *, cycles: int, days: int, clients: int) -> None:
    """Move what was told to the last of ``cycles`` times ``days``, and fill those before it with copies."""
    tables = [SQLModel.metadata.tables[name] for name in REPEATED]
    for table in tables:
        cursor.execute(f"CREATE TEMP TABLE told_{table.name} AS SELECT * FROM {table.name}")
    spans = {table.name: _span(cursor, table) for table in tables}
    cursor.execute(f"TRUNCATE {', '.join(table.name for table in tables)} CASCADE")
    copies = _Copies(spans, cycles, days, clients)
    for table in tables:
        for statement in copies.statements(table):
            cursor.execute(statement)


def _span(cursor: Any, table: Table) -> tuple[int, int]:
    """The first number told, and how many numbers a copy needs."""
    if "id" not in table.columns:
        return 0, 0
    cursor.execute(f"SELECT coalesce(min(id), 1), coalesce(max(id), 0) FROM told_{table.name}")
    first, last = cursor.fetchone()
    return first, last - first + 1


@dataclass(frozen=True, slots=True)
class _Copies:
    """Writes the statements; in each, ``ago`` is how many cycles before the last a row goes."""

    spans: dict[str, tuple[int, int]]
    cycles: int
    days: int
    clients: int

    def statements(self, table: Table) -> Iterator[str]:
        """All that is done to one table: the oldest copy comes first, as it would have."""
        name, counts = table.name, "id" in table.columns
        columns = [column for column in table.columns if column.computed is None]
        once = f" WHERE NOT ({_ONCE[name]}) OR ago = {self.cycles - 1}" if name in _ONCE else ""
        yield (
            f"INSERT INTO {name} ({', '.join(column.name for column in columns)})"
            f" SELECT {', '.join(self._value(table, column) for column in columns)}"
            f" FROM told_{name} t, generate_series({self.cycles - 1}, 0, -1) ago{once}"
            f" ORDER BY ago DESC{', t.id' if counts else ''}"
        )
        if counts:
            yield f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"

    def _value(self, table: Table, column: Column[Any]) -> str:
        value, back = f"t.{column.name}", f"make_interval(days => ago * {self.days})"
        if table.name == "appointments" and column.name in ("client_id", "address_id"):
            return self._client()
        if column.name == "client_id":
            visit = self._number("t.appointment_id", "appointments")
            return f"(SELECT client_id FROM appointments WHERE id = {visit})"
        if isinstance(column.type, DateTime):
            return f"{value} - {back}"
        if isinstance(column.type, Date):
            return f"{value} - ago * {self.days}"
        if isinstance(column.type, TSTZRANGE):
            moved = f"tstzrange(lower({value}) - {back}, upper({value}) - {back})"
            return f"CASE WHEN isempty({value}) THEN {value} ELSE {moved} END"
        pointed_at = next(_pointed_at(table, column), None)
        return self._number(value, pointed_at) if pointed_at else value

    def _number(self, value: str, table: str) -> str:
        first, span = self.spans[table]
        return f"{value} - {first - 1} + ({self.cycles - 1} - ago) * {span}"

    def _client(self) -> str:
        """Somebody in the same town, so that the trip takes as long as it took."""
        visit, many = self._number("t.id", "appointments"), self.clients // TOWNS
        among = f"CASE ({visit}) % 3 WHEN 0 THEN {max(1, many // _REGULARS)} ELSE {many} END"
        chosen = f"(hashint8({visit}) & 2147483647) % {among}"
        town = "(SELECT locality_id - 1 FROM client_addresses WHERE id = t.address_id)"
        return f"{FIRST_CLIENT} + {TOWNS} * ({chosen}) + {town}"


def _pointed_at(table: Table, column: Column[Any]) -> Iterator[str]:
    if column.name == "id":
        yield table.name
    yield from (key.column.table.name for key in column.foreign_keys if key.column.table.name in REPEATED)
    if column.name in _POINTS_AT:
        yield _POINTS_AT[column.name]
