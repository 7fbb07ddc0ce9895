"""Receipts in and out: pictures of payments, for those who may see them, never by a name somebody chose."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.api.v1.problems import problem, refusal_of
from guitara_app.api.visitor import visitor
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.money.receipts import Shown, keep_receipt, show_receipt
from guitara_app.money.rules import LARGEST_RECEIPT

UPLOADS = "/receipts/visit/"
"""Paths below take more than other requests may carry."""
LARGEST_UPLOAD = LARGEST_RECEIPT + 64 * 1024
"""The file and the form around it."""

_NO_FILE = "Choose the picture of the receipt."


async def upload(request: Request) -> Response:
    """Take one picture (form field ``receipt``) for a visit; answer with its number and, perhaps, a warning."""
    try:
        actor = await visitor(request)
        if actor is None:
            return problem("sign-in-first", "Sign in first.")
        content = await _content(request)
        if not content:
            return problem("invalid", _NO_FILE, field="receipt")
        visit, at = request.path_params["appointment_id"], now()
        kept = await in_thread(run, lambda session: keep_receipt(session, actor, visit, content=content, now=at))
    except GuitaraError as error:
        return refusal_of(error)
    return JSONResponse({"receipt_id": kept.receipt_id, "warning": kept.warning}, 201)


async def show(request: Request) -> Response:
    """The picture, for the desk and for whoever sent it. A browser shows pictures and saves everything else."""
    try:
        actor = await visitor(request)
        if actor is None:
            return problem("sign-in-first", "Sign in first.")
        number = request.path_params["receipt_id"]
        shown = await in_thread(_look, actor, number)
    except GuitaraError as error:
        return refusal_of(error)
    return FileResponse(
        shown.path,
        media_type=shown.content_type,
        filename=shown.name,
        content_disposition_type="inline" if shown.content_type.startswith("image/") else "attachment",
        headers={"cache-control": "private, no-store", "x-content-type-options": "nosniff"},
    )


def _look(actor: Actor, receipt_id: int) -> Shown:
    with reading() as session:
        return show_receipt(session, actor, receipt_id)


async def _content(request: Request) -> bytes:
    """The file of the form; empty when there is none."""
    try:
        async with request.form(max_files=1, max_fields=2) as form:
            file = form.get("receipt")
            return await file.read() if isinstance(file, UploadFile) else b""
    except (HTTPException, ClientDisconnect):
        # Not a form, or the connection was cut because the body did not end.
        return b""


for _route in (upload, show):
    # Read by the test that walks the routes; the right itself is asked where the receipt is kept and shown.
    _route.__guitara_access__ = Permission.STEP_AS_THERAPIST  # type: ignore[attr-defined]  # a mark on a function
