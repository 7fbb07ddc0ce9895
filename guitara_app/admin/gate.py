"""The wall of the console: nothing of it, not even a style sheet, is for anybody but admins.

It stands inside the console's own application and in front of all its layers, so that no route, also none that a new
version of the library brings, can be reached around it.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.templating import Jinja2Templates
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_admin.auth import AdminUser, BaseAuthProvider
from starlette_admin.i18n import set_database_timezone, set_timezone

from guitara_app.accounts.permissions import Actor, Permission, require
from guitara_app.accounts.recognition import recognise
from guitara_app.api.gate import said
from guitara_app.api.visitor import session_cookie
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, sqlstate
from guitara_app.kit.doors import Door, came_through
from guitara_app.kit.errors import BUSY, GuitaraError, NotAllowed
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import Calendar

log = structlog.get_logger(__name__)

PATH = "/admin"

_SIGN_IN = "Sign in first."
_TOO_LONG = "This takes the database too long. Narrow it with a filter and try again."
_UNREADABLE = "The database could not read what was asked for. Look at the filter and try again."


class AdminsOnly:
    """Lets admins in, says who they are to what lies behind, and puts no answer into any cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._router: Router | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            return
        nonce = secrets.token_urlsafe(16)
        begun = False

        async def private(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers["cache-control"] = "private, max-age=3600" if _is_static(scope) else "no-store"
                headers["content-security-policy"] = _policy(nonce)
            await send(message)

        try:
            actor, calendar = await in_thread(_known, session_cookie(Request(scope)))
            if actor is None:
                await _to_sign_in(scope)(scope, receive, private)
                return
            require(actor, Permission.USE_CONSOLE)
            came_through(Door.CONSOLE)
            set_timezone(calendar.zone.key)
            set_database_timezone("UTC")
            scope.setdefault("state", {}).update(actor=actor, calendar=calendar, nonce=nonce)
            scope["router"] = self._named(scope)
            await self._app(scope, receive, private)
        except NotAllowed as error:
            await said(scope, 403, error.sentence)(scope, receive, private)
        except GuitaraError as error:
            await said(scope, 503, error.sentence)(scope, receive, private)
        except (DBAPIError, PoolTimeout) as error:
            if begun:
                raise
            log.warning("the console was refused by the database", code=sqlstate(error), error=type(error).__name__)
            status, sentence = _of_database(error)
            await said(scope, status, sentence)(scope, receive, private)

    def _named(self, scope: Scope) -> Router:
        """The router by which the library finds its own addresses; the outermost one, around Reflex, knows none."""
        if self._router is None:
            self._router = Router([Mount(PATH, app=scope["app"], name="admin")])
        return self._router


class Session(BaseAuthProvider):
    """Tells the library whom the wall has let in; signing in and out are the application's own."""

    async def authenticate(self, request: Request) -> AdminUser | None:
        """Whoever the wall knows."""
        actor: Actor | None = getattr(request.state, "actor", None)
        return AdminUser(username=actor.name) if actor else None

    def get_routes(self, _templates: Jinja2Templates) -> list[Route]:
        """The names that the library's pages link to."""

        async def away(_request: Request) -> RedirectResponse:
            return RedirectResponse("/board", 303)

        return [Route("/login", away, name="login"), Route("/logout", away, name="logout")]


def _known(token: str) -> tuple[Actor | None, Calendar]:
    actor = recognise(token)
    with reading() as session:
        return actor, firm_settings(session).calendar


def _to_sign_in(scope: Scope) -> Response:
    asks_for_a_page = scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
    if not asks_for_a_page:
        return said(scope, 401, _SIGN_IN)
    asked = scope["path"] + (f"?{query}" if (query := scope["query_string"].decode("latin-1")) else "")
    return RedirectResponse(f"/login?{urlencode({'next': asked})}", 303)


def _of_database(error: Exception) -> tuple[int, str]:
    code = sqlstate(error)
    if code == "57014":
        return 503, _TOO_LONG
    return (422, _UNREADABLE) if code[:2] == "22" else (503, BUSY)


def _is_static(scope: Scope) -> bool:
    return "/static/" in scope["path"]


def _policy(nonce: str) -> str:
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; "
        "object-src 'none'; connect-src 'self'"
    )
