"""Rows on their way into the database: numbered at once, written together, table by table."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from io import StringIO
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Column, inspect
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from guitara_app.kit.columns import Table
from guitara_app.kit.statements import text

T = TypeVar("T", bound=Table)

_BLOCK = 2_000
_COPIED_AT_ONCE = 20_000
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


class Rows:
    """Collects rows. Each has its number before it is written, so that others can point at it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        # Dicts, so that a row can be dropped again without looking at all the others.
        self._rows: dict[type[Table], dict[int, Table]] = defaultdict(dict)
        self._numbers: dict[type[Table], Iterator[int]] = {}
        self._counted: dict[type[Table], bool] = {}

    def add(self, row: T) -> T:
        """Keep ``row`` for later, and number it when its table counts."""
        kind = type(row)
        if kind not in self._counted:
            self._counted[kind] = "id" in kind.__table__.columns  # type: ignore[attr-defined]  # not declared
        if self._counted[kind] and getattr(row, "id", None) is None:
            row.id = self._number(kind)
        self._rows[kind][id(row)] = row
        return row

    def drop(self, row: Table) -> None:
        """Forget ``row``; it has not been written yet."""
        del self._rows[type(row)][id(row)]

    def write(self) -> int:
        """Copy everything collected into its tables, what is pointed at first; returns how many rows."""
        written = 0
        by_table = {kind.__table__: kind for kind in self._rows}  # type: ignore[attr-defined]
        for table in SQLModel.metadata.sorted_tables:
            if table in by_table:
                written += self._copy(table.name, by_table[table])
        self._rows.clear()
        return written

    def _copy(self, table: str, kind: type[Table]) -> int:
        rows = self._rows[kind].values()
        alike: dict[tuple[str, ...], list[str]] = defaultdict(list)
        attributes = _attributes(kind)
        for row in rows:
            values = {
                name: value
                for name, key, has_default in attributes
                if (value := getattr(row, key)) is not None or not has_default
            }
            alike[tuple(values)].append("\t".join(map(_written, values.values())) + "\n")
        cursor = self.session.connection().connection.cursor()
        for columns, lines in alike.items():
            names = ", ".join(f'"{column}"' for column in columns)
            for some in _chunks(lines):
                cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", StringIO("".join(some)))
        return len(rows)

    def _number(self, kind: type[Table]) -> int:
        numbers = self._numbers.get(kind)
        number = next(numbers, None) if numbers else None
        if number is None:
            block = self.session.execute(
                text("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :many)"),
                {"table": kind.__table__.name, "many": _BLOCK},  # type: ignore[attr-defined]
            )
            self._numbers[kind] = iter(list(block.scalars()))
            number = next(self._numbers[kind])
        return number


def _attributes(kind: type[Table]) -> list[tuple[str, str, bool]]:
    """Column, attribute, and whether the database has a value of its own for it."""
    return [
        (column.name, attribute.key, column.server_default is not None)
        for attribute in inspect(kind).column_attrs
        if isinstance(column := attribute.columns[0], Column) and column.computed is None
    ]


def _written(value: object) -> str:
    """``value`` as ``COPY`` reads it."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Range):
        return "empty" if value.isempty else f"[{_written(value.lower)},{_written(value.upper)})"
    if isinstance(value, dict):
        return json.dumps(value).translate(_ESCAPES)
    if isinstance(value, list):
        quoted = (str(part).replace("\\", r"\\").replace('"', r"\"") for part in value)
        return ("{" + ",".join(f'"{part}"' for part in quoted) + "}").translate(_ESCAPES)
    return str(value)


def _chunks(lines: Iterable[str]) -> Iterator[list[Any]]:
    """A statement each, well within the time one may take."""
    left = iter(lines)
    while some := list(islice(left, _COPIED_AT_ONCE)):
        yield some
