"""The audit trail as files: everything that the page would show, page after page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from guitara_app.accounts.permissions import Permission
from guitara_app.api.documents import for_holders
from guitara_app.audit.asking import FIELDS, Looked, ask_of
from guitara_app.audit.files import to_csv, to_xlsx
from guitara_app.audit.queries import AuditRow, all_audit_rows
from guitara_app.audit.services import note_exported
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now

T = TypeVar("T")

MOST_ROWS = 50_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _for_any_spreadsheet(request: Request) -> Response:
    return Response(_made(request, to_csv), media_type="text/csv", headers=_named("csv"))


def _for_excel(request: Request) -> Response:
    return Response(_made(request, to_xlsx), media_type=_XLSX, headers=_named("xlsx"))


def _made(request: Request, make: Callable[[Iterable[AuditRow]], T]) -> T:
    asked = {field: request.query_params.get(field, "")[:200] for field in FIELDS}
    ask = ask_of(Looked(**asked))
    with reading() as session:
        made = make(all_audit_rows(session, ask, at_most=MOST_ROWS))
    data = {field: value for field, value in asked.items() if value}
    run(lambda session: note_exported(session, request.state.actor, "audit_exported", now=now(), data=data))
    return made


def _named(ending: str) -> dict[str, str]:
    return {"content-disposition": f"attachment; filename=guitara-audit.{ending}"}


audit_csv = for_holders(Permission.SEE_AUDIT, _for_any_spreadsheet, back_to="/audit")
audit_xlsx = for_holders(Permission.SEE_AUDIT, _for_excel, back_to="/audit")
