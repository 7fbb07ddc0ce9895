"""Tables out of files and into them: CSV however it was written, and workbooks of Excel."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, BinaryIO, NamedTuple
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from xlsxwriter import Workbook

from guitara_app.exchange.rules import MOST_COLUMNS
from guitara_app.kit.errors import Invalid
from guitara_app.kit.spreadsheets import Cell, freed

SAMPLE = 5
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LARGEST_UNPACKED = 250 * 2**20
_UNREADABLE = "This is neither a CSV nor an Excel file (.xlsx). Save the table as one of them and choose it again."
_EMPTY = "There is no table in this file: its first row has to hold the names of the columns."

Row = tuple[int, list[str]]
"""The number of a row as a spreadsheet counts, and its cells."""


class Table(NamedTuple):
    """The names of the columns, the rows below them, and how the file had to be read."""

    columns: list[str]
    rows: Iterator[Row]
    said: str


def read_table(content: bytes) -> Table:
    """The table in a file. Empty rows are left out; a row may have more cells than there are columns.

    Reading the rows may raise ``Invalid`` too: then a later row cannot be read.

    Raises:
        Invalid: it is no such file, or there is nothing in it.
    """
    if content.startswith(_OLD_EXCEL):
        raise Invalid("This is a file of an old Excel (.xls). Save it as .xlsx or CSV and choose it again.")
    rows, said = (_of_excel(content), "") if content.startswith(_ZIP) else _of_csv(content)
    filled = ((number, cells) for number, cells in rows if any(cells))
    head = next(filled, None)
    if head is None:
        raise Invalid(_EMPTY)
    columns = [name.strip() for name in _without_tail(head[1])]
    if len(columns) > MOST_COLUMNS:
        raise Invalid(f"This table has more than {MOST_COLUMNS} columns. Take away those that are not needed.")
    named = [name or f"Column {place}" for place, name in enumerate(columns, 1)]
    return Table(named, ((number, _without_tail(cells)) for number, cells in filled), said)


def write_xlsx(out: BinaryIO, title: str, columns: Sequence[str], lines: Iterable[Sequence[Cell]]) -> None:
    """A workbook of one sheet, written row by row; nothing in it is taken for a formula or a link."""
    book = Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet: Any = book.add_worksheet(title)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, 20)
    for at, name in enumerate(columns):
        sheet.write_string(0, at, name, book.add_format({"bold": True}))
    for line, cells in enumerate(lines, 1):
        for at, cell in enumerate(cells):
            if isinstance(cell, str):
                if cell:
                    sheet.write_string(line, at, cell)
            elif cell is not None:
                sheet.write_number(line, at, cell)
    book.close()


def _without_tail(cells: list[str]) -> list[str]:
    last = max((place for place, cell in enumerate(cells, 1) if cell), default=0)
    return cells[:last]


def _of_csv(content: bytes) -> tuple[Iterator[Row], str]:
    text, said = _decoded(content)
    if "\0" in text:
        raise Invalid(_UNREADABLE)
    separator = max(_SEPARATORS, key=lambda one: len(_first_row(text, one)))
    if len(_first_row(text, separator)) < 2:
        separator = ","
    if separator != ",":
        said = f"{said} Its columns are parted by {_SEPARATORS[separator]}.".strip()
    return _csv_rows(text, separator), said


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), "This file is UTF-16."
        except UnicodeDecodeError:
            raise Invalid(_UNREADABLE) from None
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise Invalid(
            "The letters of this file cannot be read. Save it as “CSV UTF-8” or as .xlsx and choose it again."
        ) from None
    return text, "This file is not UTF-8, so it was read as Windows-1252. Look whether letters such as ñ are right."


def _first_row(text: str, separator: str) -> list[str]:
    try:
        return next((cells for _, cells in _csv_rows(text, separator) if any(cells)), [])
    except Invalid:
        return []


def _csv_rows(text: str, separator: str) -> Iterator[Row]:
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise Invalid(
                f"Row {number} cannot be read: look at its quotation marks. One that opens a cell has to be closed, and"
                " one inside a cell is written twice."
            ) from None
        yield number, [freed(cell).replace("\r\n", "\n").strip() for cell in cells]


def _of_excel(content: bytes) -> Iterator[Row]:
    try:
        with ZipFile(BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > _LARGEST_UNPACKED:
                raise Invalid("This workbook is too large once it is unpacked. Save the table as CSV instead.")
        with closing(load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)) as book:
            if not book.worksheets:
                raise Invalid(_EMPTY)
            sheet = book.worksheets[0]
            # What a file claims of its own size need not be so.
            sheet.reset_dimensions()
            for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1), 1):
                yield number, [_words(cell) for cell in cells]
    except (BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, EOFError) as error:
        # What openpyxl raises for a workbook that is none depends on where it stumbles.
        raise Invalid(_UNREADABLE) from error


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float | Decimal):
        return str(int(value)) if value == value.__trunc__() else str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    # The sign by which a workbook says that what follows is meant as it stands.
    return str(value).replace("_x005F_", "_").replace("\0", "").replace("\r\n", "\n").strip()
