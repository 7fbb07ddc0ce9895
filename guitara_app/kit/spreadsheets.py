"""Files that spreadsheets open."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from typing import TextIO

Cell = str | int | float | Decimal | None

# What a spreadsheet takes for the beginning of a formula, also written in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_text(columns: Iterable[str], lines: Iterable[Iterable[Cell]]) -> str:
    """RFC 4180 with the mark by which spreadsheets know UTF-8. No cell can act as a formula; None is an empty one."""
    out = StringIO()
    write_csv(out, columns, lines)
    return out.getvalue()


def write_csv(out: TextIO, columns: Iterable[str], lines: Iterable[Iterable[Cell]]) -> None:
    """Write into ``out`` what ``csv_text`` gives, line by line."""
    out.write("\ufeff")
    written = csv.writer(out, lineterminator="\r\n")
    written.writerow(columns)
    written.writerows([_inert(cell) for cell in line] for line in lines)


def freed(cell: str) -> str:
    """A cell as it was before ``csv_text`` made it harmless."""
    return cell[1:] if cell.startswith("'") and _acts(cell) else cell


def _inert(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{cell}" if _acts(cell) else cell
    return "" if cell is None else str(cell)


def _acts(cell: str) -> bool:
    # An apostrophe that stood there before gets another one, so that taking one away gives back what it was.
    return cell.lstrip("'").startswith(_FORMULA)
