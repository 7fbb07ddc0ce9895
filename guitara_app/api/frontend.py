"""How the built pages are handed out: from any host and port, and cached as long as their names allow."""

from __future__ import annotations

import json
import re
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guitara_app.api.origin import own_origin

_BAKED_ADDRESS = re.compile(r"(?P<quote>[\"'`])(?P<scheme>https?|wss?)://[^\"'`/]+(?P<path>/[^\"'`]*)?(?P=quote)")


class Frontend:
    """Sets how long browsers may keep a file, and finds a prerendered page without a detour over ``/page/``."""

    def __init__(self, app: ASGIApp, pages: Path) -> None:
        self._app = app
        self._prerendered = {f"/{page.parent.relative_to(pages).as_posix()}" for page in pages.glob("**/index.html")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        path = scope["path"]

        async def with_caching(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("cache-control", _kept(path, message["status"]))
            await send(message)

        await self._app({**scope, "path": f"{path}/"} if path in self._prerendered else scope, receive, with_caching)


def _kept(path: str, status: int) -> str:
    if path.startswith("/api/"):
        return "no-store"
    named_by_content = path.startswith("/assets/") and status in (200, 304)
    return "public, max-age=31536000, immutable" if named_by_content else "no-cache"


class OwnAddress:
    """Serves ``/assets/reflex-env-*.js``, into which Reflex bakes the address of the build, with the request's own."""

    def __init__(self, pages: Path) -> None:
        self._assets = pages / "assets"

    async def answer(self, request: Request) -> Response:
        """Answer with the chunk, or 404 when this build has another one."""
        chunk = self._assets / f"reflex-env-{request.path_params['build']}.js"
        if chunk.parent != self._assets or not chunk.is_file():
            return PlainTextResponse("This file belongs to an older version. Reload the page.", 404)
        http = own_origin(request.scope)
        sockets = "ws" + http.removeprefix("http")

        def own(match: re.Match[str]) -> str:
            return json.dumps((sockets if match["scheme"].startswith("ws") else http) + (match["path"] or ""))

        body = _BAKED_ADDRESS.sub(own, chunk.read_text("utf-8"))
        return Response(body, media_type="text/javascript", headers={"cache-control": "no-cache", "vary": "Host"})
