"""The audit trail as files, with what the page shows."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from guitara_app.audit.queries import AuditRow
from guitara_app.kit.spreadsheets import Cell, csv_text

COLUMNS = ("Number", "When", "Who", "What", "About", "From", "Reason", "Before", "After", "More")
_WIDTHS = (9, 24, 24, 26, 34, 10, 30, 40, 40, 30)


def to_csv(rows: Iterable[AuditRow]) -> str:
    """One line for each event."""
    return csv_text(COLUMNS, map(_cells, rows))


def to_xlsx(rows: Iterable[AuditRow]) -> bytes:
    """A workbook of one sheet; nothing in it is taken for a formula or a link."""
    out = BytesIO()
    book = Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet: Any = book.add_worksheet("Audit trail")
    for at, width in enumerate(_WIDTHS):
        sheet.set_column(at, at, width)
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))
    for line, row in enumerate(rows, 1):
        for at, cell in enumerate(_cells(row)):
            if isinstance(cell, str):
                sheet.write_string(line, at, cell)
            else:
                sheet.write_number(line, at, cell)
    book.close()
    return out.getvalue()


def _cells(row: AuditRow) -> list[Cell]:
    return [
        row["id"],
        row["when"],
        row["who"],
        row["what"],
        row["about"],
        row["door"],
        row["reason"],
        "\n".join(f"{change['field']}: {change['before']}" for change in row["changes"]),
        "\n".join(f"{change['field']}: {change['after']}" for change in row["changes"]),
        row["facts"],
    ]
