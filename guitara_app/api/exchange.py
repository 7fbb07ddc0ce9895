"""Files of clients, services and staff: in, to be looked at on the page; and out, everything there is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from guitara_app.accounts.permissions import Permission
from guitara_app.api.documents import for_holders
from guitara_app.api.v1.problems import problem, refusal_of
from guitara_app.api.visitor import visitor
from guitara_app.exchange.files import write_xlsx
from guitara_app.exchange.models import Subject
from guitara_app.exchange.queries import exported, how_many, own_import, refused_rows
from guitara_app.exchange.rules import ROWS_OF_A_SHEET, require_exchange, title_of, titles
from guitara_app.exchange.services import note_exported, take_file
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, NotFound
from guitara_app.kit.spreadsheets import Cell, write_csv
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

FORMS = ("csv", "xlsx")

_PIECE = 1 << 18
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NO_FILE = "Choose a CSV or Excel file."


async def take(request: Request) -> Response:
    """Take one file (form field ``file``) about a subject; answer with the number of its import."""
    try:
        actor = await visitor(request)
        if actor is None:
            return problem("sign-in-first", "Sign in first.")
        subject = _subject(request.path_params["subject"])
        # Before anything of the file is read.
        require_exchange(actor, subject)
        name, content = await _file(request)
        if not content:
            return problem("invalid", _NO_FILE, field="file")
        number = await in_thread(
            run, lambda session: take_file(session, actor, subject, name=name, content=content, now=now())
        )
    except GuitaraError as error:
        return refusal_of(error)
    return JSONResponse({"import_id": number}, 201)


async def _file(request: Request) -> tuple[str, bytes]:
    """The file of the form and its name; empty when there is none."""
    try:
        async with request.form(max_files=1, max_fields=2) as form:
            file = form.get("file")
            return (file.filename or "", await file.read()) if isinstance(file, UploadFile) else ("", b"")
    except (HTTPException, ClientDisconnect):
        # Not a form, or the connection was cut because the body did not end.
        return "", b""


def _subject(named: str) -> Subject:
    try:
        return Subject(named)
    except ValueError:
        raise NotFound("There are files of clients, services and staff.") from None


def _everything(request: Request) -> Response:
    name, _, form = request.url.path.rpartition("/")[2].rpartition(".")
    subject = Subject(name)
    actor, at = request.state.actor, now()
    require_exchange(actor, subject)
    # Written to the disk first: whoever reads slowly would otherwise hold a connection to the database all the while.
    with ExitStack() as whole:
        file = whole.enter_context(TemporaryFile("w+b"))
        with reading() as session:
            rows = how_many(session, subject)
            if form == "xlsx":
                _check_fits(rows)
                write_xlsx(file, title_of(subject), titles(subject), exported(session, subject))
            else:
                _write_csv(file, titles(subject), exported(session, subject))
        run(lambda session: note_exported(session, actor, subject, rows=rows, form=form, now=at))
        whole.pop_all()
    return _sent(file, f"guitara-{subject}.{form}", _XLSX if form == "xlsx" else "text/csv")


def _refused(request: Request) -> Response:
    number, actor = request.path_params["import_id"], request.state.actor
    with ExitStack() as whole:
        file = whole.enter_context(TemporaryFile("w+b"))
        with reading() as session:
            found = own_import(session, actor.person_id or 0, number)
            if found is None:
                raise Invalid("This file is not there any more.")
            subject, columns = found
            require_exchange(actor, subject)
            _write_csv(file, [*columns, "Row", "Why it was refused"], refused_rows(session, number))
        whole.pop_all()
    return _sent(file, f"refused-{subject}.csv", "text/csv")


def _check_fits(rows: int) -> None:
    if rows > ROWS_OF_A_SHEET:
        raise Invalid(f"A sheet of Excel holds {ROWS_OF_A_SHEET:,} rows, and these are {rows:,}. Take the CSV instead.")


def _write_csv(file: IO[bytes], columns: list[str], lines: Iterator[list[Cell]]) -> None:
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    write_csv(text, columns, lines)
    # Leaves the file open.
    text.detach()


def _sent(file: IO[bytes], name: str, media_type: str) -> Response:
    size = file.seek(0, 2)
    file.seek(0)
    headers = {"content-disposition": f"attachment; filename={name}", "content-length": str(size)}
    return StreamingResponse(_pieces(file), media_type=media_type, headers=headers)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await in_thread(file.read, _PIECE):
            yield piece


# Read by the test that walks the routes; the right on the subject itself is asked where the file is taken.
take.__guitara_access__ = Permission.EXCHANGE  # type: ignore[attr-defined]  # a mark on a function
export = for_holders(Permission.EXCHANGE, _everything, back_to="/import")
refused = for_holders(Permission.EXCHANGE, _refused, back_to="/import")
