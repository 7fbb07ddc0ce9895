"""An evening as a page to print and as a file for a spreadsheet: what the desk works from when the system is down.

Plain routes without scripts, so that the page can be saved and opened anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from guitara_app.accounts.permissions import Permission
from guitara_app.api.documents import for_holders
from guitara_app.appointments.queries.sheet import kept_sheet
from guitara_app.appointments.sheet_views import Sheet, SheetVisit
from guitara_app.kit.errors import Invalid
from guitara_app.kit.spreadsheets import csv_text
from guitara_app.kit.time import now

_NO_DAY = "Give the evening like 2026-11-23."
_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(["html"]), trim_blocks=True
)

_COLUMNS: dict[str, Callable[[SheetVisit], str]] = {
    "Visit": lambda visit: str(visit["id"]),
    "Starts": lambda visit: visit["starts"],
    "Ends": lambda visit: visit["ends"],
    "State": lambda visit: visit["state"],
    "Client": lambda visit: visit["client"],
    "Phone": lambda visit: visit["phone"],
    "Address": lambda visit: visit["address"],
    "Way in": lambda visit: visit["way_in"],
    "Services": lambda visit: visit["services"],
    "Therapists": lambda visit: "; ".join(visit["therapists"]),
    "Driver": lambda visit: "; ".join(visit["drivers"]),
    "Price": lambda visit: visit["price"],
    "Notes": lambda visit: visit["notes"],
    "Client notes": lambda visit: visit["client_notes"],
}


def to_csv(shown: Sheet) -> str:
    """One line for each visit."""
    return csv_text(_COLUMNS, ([cell(visit) for cell in _COLUMNS.values()] for visit in shown["visits"]))


def _asked(request: Request) -> Sheet:
    evening, day = request.query_params.get("evening", ""), None
    if evening:
        try:
            day = date.fromisoformat(evening)
        except ValueError as error:
            raise Invalid(_NO_DAY, field="evening") from error
    return kept_sheet(day, now=now())


def _page(request: Request) -> Response:
    shown = _asked(request)
    day, step = date.fromisoformat(shown["day"]), timedelta(days=1)
    return HTMLResponse(_pages.get_template("sheet.html").render(sheet=shown, before=day - step, after=day + step))


def _file(request: Request) -> Response:
    shown = _asked(request)
    name = f"attachment; filename=guitara-{shown['day']}.csv"
    return Response(to_csv(shown), media_type="text/csv", headers={"content-disposition": name})


sheet_page = for_holders(Permission.PRINT_SHEET, _page)
sheet_file = for_holders(Permission.PRINT_SHEET, _file)
