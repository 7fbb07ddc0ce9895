"""Files that spreadsheets open."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO

Cell = str | int | float | Decimal | None

# What a spreadsheet takes for the beginning of a formula, also written in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_text(columns: Iterable[str], lines: Iterable[Iterable[Cell]]) -> str:
    """RFC 4180 with the mark by which spreadsheets know UTF-8. No cell can act as a formula; None is an empty one."""
    out = StringIO()
    written = csv.writer(out, lineterminator="\r\n")
    written.writerow(columns)
    written.writerows([_inert(cell) for cell in line] for line in lines)
    return f"\ufeff{out.getvalue()}"


def _inert(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) else cell
    return "" if cell is None else str(cell)
