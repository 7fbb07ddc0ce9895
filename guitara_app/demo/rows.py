"""Rows on their way into the database: numbered at once, written together, table by table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeVar

from sqlalchemy import Column, inspect, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from guitara_app.kit.columns import Table

T = TypeVar("T", bound=Table)

_BLOCK = 500


class Rows:
    """Collects rows. Each has its number before it is written, so that others can point at it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._rows: dict[type[Table], list[Table]] = defaultdict(list)
        self._numbers: dict[str, Iterator[int]] = {}

    def add(self, row: T) -> T:
        """Keep ``row`` for later, and number it when its table counts."""
        columns = type(row).__table__.columns  # type: ignore[attr-defined]  # SQLModel does not declare it
        if "id" in columns and getattr(row, "id", None) is None:
            row.id = self._number(type(row).__table__.name)  # type: ignore[attr-defined]
        self._rows[type(row)].append(row)
        return row

    def drop(self, row: Table) -> None:
        """Forget ``row``; it has not been written yet."""
        self._rows[type(row)].remove(row)

    def write(self) -> int:
        """Insert everything collected, what is pointed at first; returns how many rows."""
        written = 0
        by_table = {kind.__table__: kind for kind in self._rows}  # type: ignore[attr-defined]
        for table in SQLModel.metadata.sorted_tables:
            if table in by_table:
                rows = self._rows.pop(by_table[table])
                alike: dict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
                for row in rows:
                    values = _values(row)
                    alike[tuple(values)].append(values)
                for values_alike in alike.values():
                    self.session.execute(table.insert(), values_alike)
                written += len(rows)
        return written

    def _number(self, table: str) -> int:
        numbers = self._numbers.get(table)
        number = next(numbers, None) if numbers else None
        if number is None:
            block = self.session.execute(
                text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :many)"),
                {"table": table, "many": _BLOCK},
            )
            self._numbers[table] = iter(list(block.scalars()))
            number = next(self._numbers[table])
        return number


def _values(row: Table) -> dict[str, object]:
    mapper = inspect(type(row))
    found: dict[str, object] = {}
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        value = getattr(row, attribute.key)
        if isinstance(column, Column) and column.computed is None and (value is not None or not column.server_default):
            found[column.name] = value
    return found
