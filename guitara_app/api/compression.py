"""Answers that are made for one request leave compressed; files of the build lie compressed beside themselves."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from guitara_app.api.origin import is_cross_site

SMALLEST = 1000
"""Bytes below which it is not worth it: such an answer fits one packet anyway."""

_CAME_ENCODED = "guitara.came_encoded"


class Compressed:
    """Compresses what is asked for with GET: in brotli where the asker takes it, else in gzip.

    Never for a request that another site's page has caused. Such a page could choose part of an answer (a search) and
    watch on the wire how well that fits with what else stands in it; uncompressed, the length does not tell.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = CompressMiddleware(self._note, minimum_size=SMALLEST, zstd=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "GET" or is_cross_site(scope):
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        came_encoded: list[bool] = []

        async def with_weak_tag(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                compressed = "content-encoding" in headers and came_encoded == [False]
                unchanged = message["status"] == 304 and f"W/{headers.get('etag')}" in known
                if compressed or unchanged:
                    _weaken(headers)
            await send(message)

        await self._compressing({**scope, _CAME_ENCODED: came_encoded}, receive, with_weak_tag)

    async def _note(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope[_CAME_ENCODED].append("content-encoding" in Headers(raw=message["headers"]))
            await send(message)

        await self._app(scope, receive, noting)


def _weaken(headers: MutableHeaders) -> None:
    """The same content in other bytes must not bear the same strong tag."""
    if headers.get("etag", "").startswith('"'):
        headers["etag"] = f"W/{headers['etag']}"
        headers.add_vary_header("Accept-Encoding")
