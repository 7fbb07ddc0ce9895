"""A browser that only listens: the page's socket at wire level, so that a hundred of them cost little here.

Real browsers decode what they get, each on its own machine; decoding it all in this process would measure this process.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import aiohttp

_EVENTS = "/_event"
_ROOT = "reflex___state____state"
_ANSWER_S = 20.0


class Browser:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, path: str) -> None:
        self._socket = socket
        self._path = path
        self._wanted: tuple[str, asyncio.Future[float]] | None = None
        self._last = ""

    def expect(self, words: str) -> asyncio.Future[float]:
        """When the first message with ``words`` in it arrives (``perf_counter``)."""
        arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._wanted = (words, arrived)
        return arrived

    async def send(self, handler: str, payload: dict[str, Any] | None = None) -> None:
        """Call an event handler by its full name."""
        event = {"name": handler, "payload": payload or {}, "router_data": self._where()}
        await self._socket.send_str(f"42{_EVENTS},{json.dumps(['event', event])}")

    async def boot(self) -> None:
        """Do what a page does first: say who it is and where, and be sent everything it shows."""
        await self._socket.receive_str(timeout=_ANSWER_S)
        loaded = {"name": f"{_ROOT}.hydrate_and_load", "payload": {}, "router_data": self._where()}
        await self._socket.send_str(f"40{_EVENTS},{json.dumps({'event': loaded})}")

    async def listen(self) -> None:
        """Answer pings and look for what is expected, until the socket closes."""
        async for message in self._socket:
            text = message.data
            if text == "2":
                await self._socket.send_str("3")
                continue
            self._last = text
            if self._wanted is not None and self._wanted[0] in text:
                arrived, self._wanted = self._wanted[1], None
                if not arrived.done():
                    arrived.set_result(perf_counter())

    def last_words(self) -> str:
        """The end of the last message, for when what was expected did not come."""
        return self._last[-400:]

    def _where(self) -> dict[str, Any]:
        return {"pathname": self._path, "asPath": self._path, "query": {}}


async def came(browser: Browser, arrival: asyncio.Future[float]) -> float:
    """Wait for what ``browser`` expects.

    Raises:
        AssertionError: it did not come.
    """
    try:
        return await asyncio.wait_for(arrival, _ANSWER_S)
    except TimeoutError as error:
        raise AssertionError(f"nothing came; the last message ended: {browser.last_words()}") from error


@asynccontextmanager
async def open_pages(base: str, path: str, cookies: list[str], *, shows: str) -> AsyncIterator[list[Browser]]:
    """One page for each of the signed-in people, each of which has shown ``shows``."""
    host = urlsplit(base).netloc
    browsers: list[Browser] = []
    listening: list[asyncio.Task[None]] = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(headers={"Origin": base}, connector=connector) as session:
        try:
            for cookie in cookies:
                query = urlencode({"EIO": 4, "transport": "websocket", "token": str(uuid4())})
                socket = await session.ws_connect(
                    f"ws://{host}{_EVENTS}/?{query}", headers={"Cookie": cookie}, max_msg_size=0
                )
                browser = Browser(socket, path)
                await browser.boot()
                shown = browser.expect(shows)
                listening.append(asyncio.create_task(browser.listen()))
                await came(browser, shown)
                browsers.append(browser)
            yield browsers
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
