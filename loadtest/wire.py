"""A page's socket at wire level: Engine.IO and Socket.IO around one websocket, and nothing besides.

Hundreds of these live in one process, so what comes in is handed on as the text it came as. Real browsers decode what
they get, each on its own machine; decoding everything here would measure this process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlencode
from uuid import uuid4

from picows import WSCloseCode, WSError, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

NAMESPACE = "/_event"
ROOT = "reflex___state____state"
MARKER = "_rx_state_"
EVENT = f'42{NAMESPACE},["event",'
NEW_TOKEN = f'42{NAMESPACE},["new_token",'
NAVIGATE = f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal"

_PING, _PONG = "2", "3"
_ANSWER_S = 30.0

Heard = Callable[[str], None]
"""What is called with everything that comes in but pings."""


class Wire(WSListener):
    """The socket of one open page at ``path``; ``query`` holds the arguments of its route too."""

    def __init__(self, path: str, query: dict[str, str], heard: Heard) -> None:
        self.path = path
        self.query = query
        self._heard = heard
        self._begun: list[bytes] = []
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: WSTransport  # once it is connected

    @classmethod
    async def open(
        cls,
        base: str,
        path: str,
        heard: Heard,
        *,
        cookie: str,
        query: dict[str, str] | None = None,
        token: str = "",
    ) -> Self:
        """Connect as a page of ``base`` does, say where it is, and so be sent everything it shows.

        Raises:
            ConnectionError: the server did not want it.
            OSError: there is no server.
            TimeoutError: nothing was answered.
        """
        wire = cls(path, query or {}, heard)
        asked = urlencode({"EIO": 4, "transport": "websocket", "token": token or str(uuid4())})
        headers = {"Origin": base} | ({"Cookie": cookie} if cookie else {})
        address = f"ws{base.removeprefix('http')}{NAMESPACE}/?{asked}"
        try:
            await ws_connect(lambda: wire, address, extra_headers=headers, websocket_handshake_timeout=_ANSWER_S)
        except WSError as error:
            raise ConnectionError(str(error)) from error
        try:
            await asyncio.wait_for(wire._opened, _ANSWER_S)
        except TimeoutError:
            wire._transport.disconnect()
            raise
        boot = {"name": f"{ROOT}.hydrate_and_load", "payload": {}, "router_data": wire._where()}
        wire._say(f"40{NAMESPACE},{json.dumps({'event': boot})}")
        return wire

    def send(self, handler: str, payload: dict[str, Any] | None = None) -> None:
        """Call an event handler by its full name."""
        event = {"name": handler, "payload": payload or {}, "router_data": self._where()}
        self._say(f"{EVENT}{json.dumps(event)}]")

    def go(self, path: str, query: dict[str, str] | None = None) -> None:
        """Navigate inside the application, keeping the socket."""
        self.path, self.query = path, query or {}
        self.send(NAVIGATE)

    async def closed(self) -> None:
        """Wait until it is; an error in what was called with a message comes out here."""
        await self._transport.wait_disconnected()

    async def close(self) -> None:
        """Close it, as a tab that is shut does."""
        self._transport.send_close(WSCloseCode.GOING_AWAY)
        self._transport.disconnect()
        await self.closed()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Called when the server wants it."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Called with each frame, whose content is gone afterwards."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        elif frame.msg_type in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            if frame.fin and not self._begun:
                self._came(frame.get_payload_as_utf8_text())
                return
            self._begun.append(frame.get_payload_as_bytes())
            if frame.fin:
                whole, self._begun = b"".join(self._begun), []
                self._came(whole.decode())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Called at the end."""
        del transport
        if not self._opened.done():
            self._opened.set_exception(ConnectionError("The server closed the socket at once."))

    def _came(self, text: str) -> None:
        if text == _PING:
            self._say(_PONG)
        elif not self._opened.done():
            # The first says how often there will be pings.
            self._opened.set_result(None)
        else:
            self._heard(text)

    def _say(self, text: str) -> None:
        self._transport.send(WSMsgType.TEXT, text.encode())

    def _where(self) -> dict[str, Any]:
        return {"pathname": self.path, "asPath": self.path, "query": self.query}


def argument(frame: str) -> Any:
    """What an event's frame carries besides its name."""
    return json.loads(frame[frame.index(",", len(NAMESPACE) + 3) + 1 : -1])
