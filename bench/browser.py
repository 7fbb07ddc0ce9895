"""A browser that only listens: the page's socket at wire level, so that a hundred of them cost little here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

from loadtest.wire import Wire

_ANSWER_S = 20.0


class Browser:
    """One open page."""

    def __init__(self) -> None:
        self._wire: Wire | None = None
        self._wanted: tuple[str, asyncio.Future[float]] | None = None
        self._last = ""

    def expect(self, words: str) -> asyncio.Future[float]:
        """When the first message with ``words`` in it arrives (``perf_counter``)."""
        arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._wanted = (words, arrived)
        return arrived

    async def open(self, base: str, path: str, cookie: str) -> None:
        """Go to a page."""
        self._wire = await Wire.open(base, path, self._heard, cookie=cookie)

    def send(self, handler: str, payload: dict[str, Any] | None = None) -> None:
        """Call an event handler by its full name."""
        if self._wire is not None:
            self._wire.send(handler, payload)

    async def close(self) -> None:
        """Shut it."""
        if self._wire is not None:
            await self._wire.close()

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
    try:
        for cookie in cookies:
            browser = Browser()
            browsers.append(browser)
            shown = browser.expect(shows)
            await browser.open(base, path, cookie)
            await came(browser, shown)
        yield browsers
    finally:
        await asyncio.gather(*(browser.close() for browser in browsers), return_exceptions=True)
