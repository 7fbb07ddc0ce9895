"""A browser that only listens: the page's socket at wire level, so that a hundred of them cost little here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

from loadtest.wire import Wire, wires

_ANSWER_S = 20.0


class Browser:
    """One open page."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._wanted: tuple[str, asyncio.Future[float]] | None = None
        self._last = ""

    def expect(self, words: str) -> asyncio.Future[float]:
        """When the first message with ``words`` in it arrives (``perf_counter``)."""
        arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._wanted = (words, arrived)
        return arrived

    async def send(self, handler: str, payload: dict[str, Any] | None = None) -> None:
        """Call an event handler by its full name."""
        await self._wire.send(handler, payload)

    async def listen(self) -> None:
        """Look for what is expected, until the socket closes."""
        await self._wire.listen(self._heard)

    def last_words(self) -> str:
        """The end of the last message, for when what was expected did not come."""
        return self._last[-400:]

    def _heard(self, text: str) -> None:
        self._last = text
        if self._wanted is not None and self._wanted[0] in text:
            arrived, self._wanted = self._wanted[1], None
            if not arrived.done():
                arrived.set_result(perf_counter())


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
    browsers: list[Browser] = []
    listening: list[asyncio.Task[None]] = []
    async with wires(base) as session:
        try:
            for cookie in cookies:
                browser = Browser(await Wire.open(session, base, path, cookie=cookie))
                shown = browser.expect(shows)
                listening.append(asyncio.create_task(browser.listen()))
                await came(browser, shown)
                browsers.append(browser)
            yield browsers
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
