"""A page's socket at wire level: Engine.IO and Socket.IO around one websocket, and nothing besides.

Hundreds of these live in one process, so what comes in is handed on as the text it came as. Real browsers decode what
they get, each on its own machine; decoding everything here would measure this process.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp

NAMESPACE = "/_event"
ROOT = "reflex___state____state"
MARKER = "_rx_state_"
EVENT = f'42{NAMESPACE},["event",'
NEW_TOKEN = f'42{NAMESPACE},["new_token",'
NAVIGATE = f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal"

_PING, _PONG = "2", "3"
_ANSWER_S = 30.0


def wires(base: str) -> aiohttp.ClientSession:
    """What opens sockets and asks for pages at ``base`` as its own pages do."""
    return aiohttp.ClientSession(
        headers={"Origin": base}, connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
    )


class Wire:
    """The socket of one open page at ``path``; ``query`` holds the arguments of its route too."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, path: str, query: dict[str, str]) -> None:
        self.path = path
        self.query = query
        self._socket = socket

    @classmethod
    async def open(
        cls,
        session: aiohttp.ClientSession,
        base: str,
        path: str,
        *,
        cookie: str,
        query: dict[str, str] | None = None,
        token: str = "",
    ) -> Self:
        """Connect, say where the page is, and so be sent everything it shows."""
        asked = urlencode({"EIO": 4, "transport": "websocket", "token": token or str(uuid4())})
        socket = await session.ws_connect(
            f"{base}{NAMESPACE}/?{asked}", headers={"Cookie": cookie} if cookie else {}, max_msg_size=0
        )
        wire = cls(socket, path, query or {})
        await socket.receive_str(timeout=_ANSWER_S)
        boot = {"name": f"{ROOT}.hydrate_and_load", "payload": {}, "router_data": wire._where()}
        await socket.send_str(f"40{NAMESPACE},{json.dumps({'event': boot})}")
        return wire

    async def send(self, handler: str, payload: dict[str, Any] | None = None) -> None:
        """Call an event handler by its full name."""
        event = {"name": handler, "payload": payload or {}, "router_data": self._where()}
        await self._socket.send_str(f"{EVENT}{json.dumps(event)}]")

    async def go(self, path: str, query: dict[str, str] | None = None) -> None:
        """Navigate inside the application, keeping the socket."""
        self.path, self.query = path, query or {}
        await self.send(NAVIGATE)

    async def listen(self, heard: Callable[[str], None]) -> None:
        """Answer pings and hand on everything else, until the socket closes."""
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            if message.data == _PING:
                await self._socket.send_str(_PONG)
            else:
                heard(message.data)

    async def close(self) -> None:
        """Close it, as a tab that is shut does."""
        await self._socket.close()

    def _where(self) -> dict[str, Any]:
        return {"pathname": self.path, "asPath": self.path, "query": self.query}


def argument(frame: str) -> Any:
    """What an event's frame carries besides its name."""
    return json.loads(frame[frame.index(",", len(NAMESPACE) + 3) + 1 : -1])
