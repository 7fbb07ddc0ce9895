"""The workload as files: the figures of the page, with its totals."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from guitara_app.accounts.permissions import Permission
from guitara_app.api.documents import for_holders
from guitara_app.kit.errors import Invalid
from guitara_app.kit.time import now
from guitara_app.reports.files import to_csv, to_xlsx
from guitara_app.reports.queries import kept_workload
from guitara_app.reports.views import LoadRow, Workload

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROLES = ("therapist", "driver")


def _for_any_spreadsheet(request: Request) -> Response:
    shown, rows = _asked(request)
    return Response(to_csv(rows), media_type="text/csv", headers=_named(shown, "csv"))


def _for_excel(request: Request) -> Response:
    shown, rows = _asked(request)
    title = f"Workload, {shown['first']} to {shown['last']}, as of {shown['read_at']}"
    return Response(to_xlsx(rows, title), media_type=_XLSX, headers=_named(shown, "xlsx"))


def _asked(request: Request) -> tuple[Workload, list[LoadRow]]:
    asked = request.query_params
    first, last = _day(asked.get("first", ""), "first"), _day(asked.get("last", ""), "last")
    shown, role = kept_workload(first, last, now=now()), asked.get("role", "")
    return shown, [row for row in shown["rows"] if role not in _ROLES or row["role"] == role]


def _named(shown: Workload, ending: str) -> dict[str, str]:
    name = f"guitara-workload-{shown['first']}-{shown['last']}.{ending}"
    return {"content-disposition": f"attachment; filename={name}"}


def _day(typed: str, field: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise Invalid("Give the evenings like 2026-11-23.", field=field) from error


# The files belong to the page, where the range is chosen.
workload_csv = for_holders(Permission.SEE_PLAN, _for_any_spreadsheet, back_to="/workload")
workload_xlsx = for_holders(Permission.SEE_PLAN, _for_excel, back_to="/workload")
