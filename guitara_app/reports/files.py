"""The workload as files for a spreadsheet, with the figures and the totals that the page shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from guitara_app.kit.spreadsheets import Cell, csv_text
from guitara_app.reports.rules import MEANINGS, response, total, utilisation
from guitara_app.reports.views import LoadRow

COLUMNS: dict[str, Callable[[LoadRow], Cell]] = {
    "Name": lambda row: row["name"],
    "Role": lambda row: row["role"],
    "On shift (min)": lambda row: row["on_shift"],
    "Worked (min)": lambda row: row["worked"],
    "Jobs": lambda row: row["jobs"],
    "Travel (min)": lambda row: row["travel"],
    "Idle (min)": lambda row: row["idle"],
    "Utilisation (%)": utilisation,
    "Earned (PHP)": lambda row: row["earned"],
    "Said no": lambda row: row["refused"],
    "Response (s)": response,
}


def to_csv(rows: Sequence[LoadRow]) -> str:
    """One line for each person; the last one is the total."""
    return csv_text(COLUMNS, ([column(row) for column in COLUMNS.values()] for row in [*rows, total(rows)]))


def to_xlsx(rows: Sequence[LoadRow], title: str) -> bytes:
    """A workbook with numbers as numbers; the last line is the total, and a second sheet says what each figure is."""
    out = BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    both = book.add_format({"bold": True, "num_format": "#,##0.00"})
    sheet = book.add_worksheet("Workload")
    sheet.write_string(0, 0, title, bold)
    for at, name in enumerate(COLUMNS):
        sheet.write_string(1, at, name, bold)
    for line, row in enumerate([*rows, total(rows)], 2):
        last = row["person_id"] == 0
        for at, column in enumerate(COLUMNS.values()):
            _write(sheet, line, at, column(row), both if last else money, bold if last else None)
    sheet.freeze_panes(2, 1)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, len(COLUMNS) - 1, 15)
    said = book.add_worksheet("What the figures are")
    for line, (name, meaning) in enumerate(MEANINGS.items()):
        said.write_string(line, 0, name, bold)
        said.write_string(line, 1, meaning)
    said.set_column(0, 0, 16)
    said.set_column(1, 1, 80)
    book.close()
    return out.getvalue()


def _write(sheet: Any, line: int, at: int, cell: Cell, money: Any, plain: Any) -> None:
    if isinstance(cell, str):
        sheet.write_string(line, at, cell, plain)
    elif isinstance(cell, Decimal):
        sheet.write_number(line, at, cell, money)
    elif cell is not None:
        sheet.write_number(line, at, cell, plain)
