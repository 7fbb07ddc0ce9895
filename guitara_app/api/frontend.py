"""How the built pages are handed out when no server in front does it: cached as long as their names allow."""

from __future__ import annotations

from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
