"""The private calendar address: made from the browser of its holder, read by calendar programs that cannot sign in."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from guitara_app.accounts.permissions import Actor, Permission, allowed
from guitara_app.api.origin import client_mark
from guitara_app.api.pace import Pace
from guitara_app.api.tags import matches, tag_of
from guitara_app.api.visitor import visitor
from guitara_app.feeds.services import make_feed, read_feed
from guitara_app.kit.database import run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

READS_PER_MINUTE = 30
MISSES_PER_MINUTE = 30

_TOKEN = re.compile(r"[\w-]{20,100}", re.ASCII)
_HEADERS = {"cache-control": "private, no-cache", "x-robots-tag": "noindex"}
_NOT_HERE = "There is no calendar at this address."
_TOO_OFTEN = "This calendar is asked for too often. Ask again in a minute."
_SIGN_IN = "Sign in first."
_NOT_ALLOWED = "Only therapists and drivers have a calendar of their own jobs."

_reads, _misses = Pace(READS_PER_MINUTE), Pace(MISSES_PER_MINUTE)


async def make_calendar(request: Request) -> Response:
    """Make or renew one's own address. The answer is the only place where its secret is ever shown."""
    try:
        actor = await visitor(request)
        refused = _refusal(actor)
        if refused is not None or actor is None:
            return refused or JSONResponse({"detail": _SIGN_IN}, 401)
        made = await in_thread(run, lambda session: make_feed(session, actor, now=now()))
    except GuitaraError as error:
        return JSONResponse({"detail": error.sentence}, 503)
    path = f"/calendar/{made.token}.ics"
    return JSONResponse({"path": path}, 201, headers={"cache-control": "no-store"})


async def calendar_file(request: Request) -> Response:
    """The calendar at a private address, or 304 while it is what the program has already."""
    mark = client_mark(request.scope)
    # Whoever guesses is slowed down for all that they ask, whatever the guess.
    if _misses.wait(f"look {mark}", take=False):
        return _too_often(_misses.wait(f"look {mark}", take=False))
    token = request.path_params["token"]
    if _TOKEN.fullmatch(token) is None:
        _misses.wait(f"look {mark}")
        return _missing()
    wait = _reads.wait(hashlib.sha256(token.encode()).hexdigest())
    if wait:
        return _too_often(wait)
    try:
        found = await in_thread(run, lambda session: read_feed(session, token, now=now()))
    except GuitaraError as error:
        return PlainTextResponse(error.sentence, 503, headers={**_HEADERS, "retry-after": "60"})
    if found is None:
        _misses.wait(f"look {mark}")
        return _missing()
    tag = tag_of(found)
    headers = {**_HEADERS, "etag": tag}
    if matches(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = 'inline; filename="guitara.ics"'
    body = b"" if request.method == "HEAD" else found
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _refusal(actor: Actor | None) -> Response | None:
    if actor is not None and not allowed(actor.role, Permission.SEE_OWN_JOBS):
        return JSONResponse({"detail": _NOT_ALLOWED}, 403)
    return None


def _missing() -> Response:
    return PlainTextResponse(_NOT_HERE, 404, headers=_HEADERS)


def _too_often(seconds: float) -> Response:
    return PlainTextResponse(_TOO_OFTEN, 429, headers={**_HEADERS, "retry-after": str(int(seconds) + 1)})


make_calendar.__guitara_access__ = Permission.SEE_OWN_JOBS  # type: ignore[attr-defined]  # as on every other route
