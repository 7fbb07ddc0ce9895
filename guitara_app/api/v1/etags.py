"""A tag on everything that can be read: asked for again, what has not changed is not sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import Header
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guitara_app.api.tags import mark_of, matches, tag_of, tags_in
from guitara_app.api.v1.problems import Happening, Refusal

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="The tag of what you read: if it has changed since, nothing is saved."),
]

CHANGED = "It was changed since you read it, so nothing was saved. Read it again and decide anew."


def check_match(header: str, tag: str, since: Callable[[int], Sequence[Happening]]) -> None:
    """Refuse a change of something that is not what the caller read.

    Args:
        header: what If-Match lists.
        tag: that of the thing as it is now.
        since: what happened since the mark of a tag.

    Raises:
        Refusal: none of the tags stands any more.
    """
    if matches(header, tag):
        return
    mark = max((mark_of(known) for known in tags_in(header)), default=0)
    changed = since(mark) if mark else []
    raise Refusal("changed", CHANGED, headers={"etag": tag}, changed=list(changed))


class Tagged:
    """Puts a tag on every answer to GET that is a success, and answers 304 to whoever has it already.

    The tag is made of the finished answer, which has been read for this very request: so it stands for everything the
    answer shows, the time of day and the reader's rights included, and nothing has to be told that it is over.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        start: Message = {}
        body = bytearray()

        async def hold(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            await self._finish(start, bytes(body), known, send)

        await self._app(scope, receive, hold)

    async def _finish(self, start: Message, body: bytes, known: str, send: Send) -> None:
        headers = MutableHeaders(scope=start)
        # Nobody on the way may keep it, and whoever asked may, but is to ask again each time.
        headers["cache-control"] = "private, no-cache"
        if start["status"] == 200:
            headers.setdefault("etag", tag_of(body))
            headers.add_vary_header("Authorization, Cookie")
            if known and matches(known, headers["etag"]):
                start["status"], body = 304, b""
                for name in ("content-length", "content-type"):
                    del headers[name]
        await send(start)
        await send({"type": "http.response.body", "body": body})
