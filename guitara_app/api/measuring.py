"""Times every request, by the template of its route: a path holds numbers and whatever else somebody asked for."""

from __future__ import annotations

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guitara_app.kit import metrics
from guitara_app.kit.measuring import Work, current, measured

NO_ROUTE = "pages"
"""Files of the built pages, and what was refused before anybody looked for its route."""


class Measured:
    """The outermost layer, so that what the others take is part of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def with_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        work = Work("route", NO_ROUTE)
        try:
            with measured(work):
                await self._app(scope, receive, with_status)
        finally:
            metrics.ROUTE_SECONDS.labels(work.name, str(status)).observe(work.seconds)


class Named:
    """The innermost layer, where the route that was found can be seen: layers between hand on copies of the scope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        try:
            await self._app(scope, receive, send)
        finally:
            work = current()
            if work is not None and scope["type"] == "http":
                work.name = route_of(scope)


def route_of(scope: Scope) -> str:
    """The route that took the request, such as ``GET /api/v1/appointments/{appointment_id}``."""
    route = scope.get("route")
    path: str = getattr(route, "path", "")
    if isinstance(route, APIRoute):
        path = f"/api/v1{path}"
    if not path:
        return NO_ROUTE
    methods = getattr(route, "methods", None) or ()
    return f"{scope['method']} {path}" if scope["method"] in methods else path
