"""An evening as a page to print and as a file for a spreadsheet: what the desk works from when the system is down.

Plain routes without scripts, so that the page can be saved and opened anywhere.
"""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from guitara_app.accounts.permissions import Permission, allowed
from guitara_app.accounts.recognition import recognise
from guitara_app.api.gate import said
from guitara_app.api.origin import cookie_name
from guitara_app.appointments.queries.sheet import kept_sheet
from guitara_app.appointments.sheet_views import Sheet, SheetVisit
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

Answer = Callable[[Request], Awaitable[Response]]

_PRIVATE = {"cache-control": "no-store"}
_NOT_ALLOWED = "Your account may not do this. Ask a manager if you should be able to."
_NO_DAY = "Give the evening like 2026-11-23."
# What a spreadsheet takes for the beginning of a formula, also written in full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

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


def _for_holders(permission: Permission, make: Callable[[Sheet], Response]) -> Answer:
    """The route of one form of the sheet, for holders of ``permission`` alone."""

    async def answer(request: Request) -> Response:
        try:
            actor = await in_thread(recognise, request.cookies.get(cookie_name(request.scope), ""))
            if actor is None:
                asked = f"{request.url.path}?{request.url.query}".rstrip("?")
                return RedirectResponse(f"/login?{urlencode({'next': asked})}", 303, headers=_PRIVATE)
            if not allowed(actor.role, permission):
                return said(request.scope, 403, _NOT_ALLOWED)
            shown = await in_thread(_read, request.query_params.get("evening", ""))
        except Invalid as error:
            return said(request.scope, 422, error.sentence)
        except GuitaraError as error:
            return said(request.scope, 503, error.sentence)
        return make(shown)

    answer.__guitara_access__ = permission  # type: ignore[attr-defined]  # read by the test that walks the routes
    return answer


def to_csv(shown: Sheet) -> str:
    """The visits as RFC 4180, with the mark by which spreadsheets know UTF-8. No cell can act as a formula."""
    text = StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    rows.writerows([_inert(cell(visit)) for cell in _COLUMNS.values()] for visit in shown["visits"])
    return f"\ufeff{text.getvalue()}"


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _read(evening: str) -> Sheet:
    day = None
    if evening:
        try:
            day = date.fromisoformat(evening)
        except ValueError as error:
            raise Invalid(_NO_DAY, field="evening") from error
    return kept_sheet(day, now=now())


def _page(shown: Sheet) -> Response:
    day, step = date.fromisoformat(shown["day"]), timedelta(days=1)
    html = _pages.get_template("sheet.html").render(sheet=shown, before=day - step, after=day + step)
    return HTMLResponse(html, headers=_PRIVATE)


def _file(shown: Sheet) -> Response:
    name = f"attachment; filename=guitara-{shown['day']}.csv"
    return Response(to_csv(shown), media_type="text/csv", headers={**_PRIVATE, "content-disposition": name})


sheet_page = _for_holders(Permission.PRINT_SHEET, _page)
sheet_file = _for_holders(Permission.PRINT_SHEET, _file)
