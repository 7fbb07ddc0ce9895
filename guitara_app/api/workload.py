"""The workload as files: the figures of the page, with its totals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from guitara_app.accounts.permissions import Permission, allowed
from guitara_app.accounts.recognition import recognise
from guitara_app.api.gate import said
from guitara_app.api.origin import cookie_name
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.reports.files import to_csv, to_xlsx
from guitara_app.reports.queries import kept_workload
from guitara_app.reports.views import LoadRow, Workload

_PRIVATE = {"cache-control": "no-store"}
_NOT_ALLOWED = "Your account may not do this. Ask a manager if you should be able to."
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROLES = ("therapist", "driver")


async def workload_csv(request: Request) -> Response:
    """The file for any spreadsheet."""
    return await _answer(request, "csv", lambda shown, rows: Response(to_csv(rows), media_type="text/csv"))


async def workload_xlsx(request: Request) -> Response:
    """The file for Excel, with numbers as numbers."""

    def make(shown: Workload, rows: list[LoadRow]) -> Response:
        title = f"Workload, {shown['first']} to {shown['last']}, as of {shown['read_at']}"
        return Response(to_xlsx(rows, title), media_type=_XLSX)

    return await _answer(request, "xlsx", make)


async def _answer(request: Request, ending: str, make: Callable[[Workload, list[LoadRow]], Response]) -> Response:
    asked = request.query_params
    try:
        actor = await in_thread(recognise, request.cookies.get(cookie_name(request.scope), ""))
        if actor is None:
            return RedirectResponse(f"/login?{urlencode({'next': '/workload'})}", 303, headers=_PRIVATE)
        if not allowed(actor.role, Permission.SEE_PLAN):
            return said(request.scope, 403, _NOT_ALLOWED)
        first, last = _day(asked.get("first", ""), "first"), _day(asked.get("last", ""), "last")
        shown = await in_thread(lambda: kept_workload(first, last, now=now()))
    except Invalid as error:
        return said(request.scope, 422, error.sentence)
    except GuitaraError as error:
        return said(request.scope, 503, error.sentence)
    role = asked.get("role", "")
    rows = [row for row in shown["rows"] if role not in _ROLES or row["role"] == role]
    answer = await in_thread(make, shown, rows)
    name = f"attachment; filename=guitara-workload-{shown['first']}-{shown['last']}.{ending}"
    answer.headers.update({**_PRIVATE, "content-disposition": name})
    return answer


def _day(typed: str, field: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise Invalid("Give the evenings like 2026-11-23.", field=field) from error


for _route in (workload_csv, workload_xlsx):
    _route.__guitara_access__ = Permission.SEE_PLAN  # type: ignore[attr-defined]  # read by the test of all routes
