"""The outermost wall: everything that reaches the web process comes through here first."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from time import monotonic
from urllib.parse import parse_qsl, urlencode

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guitara_app.accounts.recognition import recognise
from guitara_app.api import receipts
from guitara_app.api.headers import add_security_headers, policy_of
from guitara_app.api.origin import (
    client_address,
    client_mark,
    is_cross_site,
    is_secure,
    is_trusted_origin,
    plain_http_refused,
)
from guitara_app.api.v1.problems import problem
from guitara_app.api.visitor import session_cookie
from guitara_app.exchange.rules import LARGEST_FILE
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.seal import mark
from guitara_app.kit.threads import in_thread

log = structlog.get_logger(__name__)

SOCKETS_PER_SESSION = 40
SOCKETS_PER_STRANGER = 400
FRAMES_PER_SECOND = 40.0
FRAMES_AT_ONCE = 200.0
LARGEST_BODY = 1_000_000
_UPLOADS = {receipts.UPLOADS: receipts.LARGEST_UPLOAD, "/import/file/": LARGEST_FILE + 64 * 1024}
"""What brings a file may be larger: the file and the form around it."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ANYWHERE = frozenset({"/health", "/health/"})
_PLAIN_HTTP = (
    "This address is not encrypted, so passwords could be read on the way. "
    "Use https, or start Guitara with GUITARA_LAN=true on a network you trust."
)
_CROSS_SITE = "This was sent from another site's page, so it was refused. Open Guitara itself and try again."
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Guitara</title>'
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
    '<link rel="icon" href="/favicon.svg">'
    '<p style="font:1rem/1.5 system-ui;max-width:30rem;margin:20vh auto;padding:0 1rem">{sentence}</p></html>'
)
_NOT_THERE = "There is nothing at this address."
_TOO_LARGE = "This is too large to send."


class Gate:
    """Refuses what must not come in and puts the security headers on what goes out."""

    def __init__(self, app: ASGIApp, pages: Path) -> None:
        self._app = app
        self._policy = policy_of(pages)
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                add_security_headers(MutableHeaders(scope=message), scope, self._policy)
            await send(message)

        refusal = _refusal(scope)
        if refusal:
            await refusal(scope, receive, with_headers)
            return
        # From here on the request looks as it left the browser, not as a proxy passed it on: frameworks build redirects
        # from its scheme, and wrong passwords are counted by its address.
        scope["client"] = (client_address(scope), 0)
        scope["scheme"] = "https" if is_secure(scope) else scope["scheme"]
        await self._app(scope, _bounded(receive, _most(scope)), with_headers)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if plain_http_refused(scope) or not is_trusted_origin(Headers(scope=scope).get("origin"), scope):
            log.info("socket refused", reason="origin")
            await _close(receive, send)
            return
        cookie = session_cookie(HTTPConnection(scope))
        holder, most = await _holder(scope, cookie)
        if self._open[holder] >= most:
            log.warning("socket refused", reason="too many open")
            await _close(receive, send)
            return
        self._open[holder] += 1
        try:
            await self._app(_with_bound_token(scope, cookie), _paced(receive), send)
        finally:
            self._open[holder] -= 1
            if not self._open[holder]:
                del self._open[holder]


async def _holder(scope: Scope, cookie: str) -> tuple[str, int]:
    """Whose limit a socket counts against, and how many may be open."""
    try:
        actor = await in_thread(recognise, cookie)
    except GuitaraError:
        actor = None
    return (f"person {actor.person_id}", SOCKETS_PER_SESSION) if actor else (client_mark(scope), SOCKETS_PER_STRANGER)


def _with_bound_token(scope: Scope, cookie: str) -> Scope:
    """Tie the page's state to the session.

    Reflex keeps state under a token the browser makes up and keeps in its tab. Whoever signs in next in that tab, or
    learns the token, would be sent what the one before had on the screen.
    """
    asked = [
        (name, mark(f"state {cookie} {value}") if name == "token" else value)
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"))
    ]
    return {**scope, "query_string": urlencode(asked).encode()}


async def _close(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close", "code": 1008})


def _paced(receive: Receive) -> Receive:
    """Ends a socket that sends frames faster than any person could cause them."""
    budget, last = FRAMES_AT_ONCE, monotonic()

    async def paced() -> Message:
        nonlocal budget, last
        message = await receive()
        if message["type"] == "websocket.receive":
            at = monotonic()
            budget = min(FRAMES_AT_ONCE, budget + (at - last) * FRAMES_PER_SECOND) - 1
            last = at
            if budget < 0:
                log.warning("socket closed", reason="too many frames")
                return {"type": "websocket.disconnect", "code": 1008}
        return message

    return paced


def _most(scope: Scope) -> int:
    """How many bytes this request may carry."""
    return next((most for path, most in _UPLOADS.items() if scope["path"].startswith(path)), LARGEST_BODY)


def _bounded(receive: Receive, most: int) -> Receive:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            # A body without a declared length; seen by the application as a client that went away.
            return {"type": "http.disconnect"}
        return message

    return bounded


def _refusal(scope: Scope) -> Response | None:
    if plain_http_refused(scope) and scope["path"] not in _ANYWHERE:
        return _said(scope, "not-allowed", 403, _PLAIN_HTTP)
    if scope["method"] not in _SAFE and is_cross_site(scope):
        return _said(scope, "not-allowed", 403, _CROSS_SITE)
    if "\n" in scope["path"] and scope["path"].startswith("/api/"):
        # No route's pattern reads past a line's end: such a path would fall through to the pages.
        return problem("not-found", _NOT_THERE)
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdigit() or int(length) > _most(scope):
        return _said(scope, "too-large", 413, _TOO_LARGE)
    return None


def _said(scope: Scope, kind: str, status: int, sentence: str) -> Response:
    if scope["path"].startswith("/api/"):
        return problem(kind, sentence)
    return said(scope, status, sentence)


def said(scope: Scope, status: int, sentence: str) -> Response:
    """An answer of one sentence, as a page for people and as JSON for programs."""
    if "text/html" in Headers(scope=scope).get("accept", ""):
        return HTMLResponse(_PAGE.format(sentence=sentence), status)
    return JSONResponse({"detail": sentence}, status)
