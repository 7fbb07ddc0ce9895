"""The push beside what Reflex offers for the same: each page's state modified, a shared state, and asking again."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import redis

from bench.browser import Browser, open_pages
from bench.compared_app import CHANNEL, WORD, Modified, Polled, Shared
from bench.timing import Row, row
from guitara_app.embedded.server import free_port, port_is_free
from guitara_app.kit.errors import Unavailable
from guitara_app.settings import settings
from loadtest.processes import running

POLL_S = 3.0
_RUNS = 5
_QUIET_S = 0.5
_START_S = 60.0
# Each page that links itself to a shared state changes all that are linked: hundreds take minutes.
_LINK_S = 90.0
_LINKED_AT_ONCE = 10
_LONGEST_S = 60.0

Tell = Callable[[list[Browser], str], Awaitable[None]]


def compared(many: int, ours: Row | None, log: Path) -> list[Row]:
    """``ours`` is the push, measured in the same run: each row says how many times as long it takes."""
    with _serving(log) as base:
        return asyncio.run(_compared(base, many, ours))


async def _compared(base: str, many: int, ours: Row | None) -> list[Row]:
    pages = [""] * many
    found = []
    async with open_pages(base, "/modified", pages, shows=_shown(Modified)) as browsers:
        found.append(_row(f"push to {many} pages (Reflex: modify_state of each)", await _runs(browsers, _modify), ours))
    async with open_pages(base, "/polled", pages, shows=_shown(Polled)) as browsers:
        asking = [asyncio.create_task(_poll(browser)) for browser in browsers]
        found.append(_row(f"push to {many} pages (polling each {POLL_S:g} s)", await _runs(browsers, _leave), ours))
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    async with AsyncExitStack() as undo:
        linked: list[Browser] = []
        began = perf_counter()
        while len(linked) < many and perf_counter() - began < _LINK_S:
            a_few = pages[: min(_LINKED_AT_ONCE, many - len(linked))]
            try:
                linked += await undo.enter_async_context(open_pages(base, "/shared", a_few, shows=_shown(Shared)))
            except AssertionError:
                # The more there are, the more connections to Redis each one opens, until there are no more.
                break
        times = await _runs(linked, _share)
    name = f"push to {len(linked)} pages (Reflex: rx.SharedState)"
    note = "" if len(linked) == many else "no more could be linked"
    found.append(_row(name, times, ours, note))
    return found


async def _runs(browsers: list[Browser], tell: Tell) -> list[float]:
    """Seconds from each change to the last page; what not all have shown in ``_LONGEST_S`` counts as that."""
    found = []
    for number in range(_RUNS):
        word = f"word {number} {random.random()}"
        arrivals = [browser.expect(word) for browser in browsers]
        began = perf_counter()
        await tell(browsers, word)
        done, late = await asyncio.wait(arrivals, timeout=_LONGEST_S)
        found.append(_LONGEST_S if late else max(one.result() for one in done) - began)
        if late:
            break
        await asyncio.sleep(_QUIET_S)
    return found


async def _modify(_browsers: list[Browser], word: str) -> None:
    with _redis() as wires:
        wires.publish(CHANNEL, word)


async def _leave(_browsers: list[Browser], word: str) -> None:
    with _redis() as wires:
        wires.set(WORD, word)


async def _share(browsers: list[Browser], word: str) -> None:
    browsers[0].send(f"{Shared.get_full_name()}.change", {"word": word})


async def _poll(browser: Browser) -> None:
    await asyncio.sleep(random.uniform(0, POLL_S))
    while True:
        browser.send(f"{Polled.get_full_name()}.load")
        await asyncio.sleep(POLL_S)


def _shown(state: type) -> str:
    return f'{state.get_full_name()}":{{"word_rx_state_":"'  # type: ignore[attr-defined]  # of Reflex's states


def _row(name: str, seconds: list[float], ours: Row | None, note: str = "") -> Row:
    found = row(name, seconds)
    times = f"{found.p50_ms / ours.p50_ms:,.0f} times as long as ours" if ours and ours.p50_ms else ""
    return replace(found, note="; ".join(filter(None, (times, note))))


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings().live_redis_url)


@contextmanager
def _serving(log: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "granian", "bench.compared_app:app", "--factory", "--interface", "asgi"]
    command += ["--loop", "uvloop", "--host", "127.0.0.1", "--port", str(port), "--workers", "2"]
    with running(command, log, {"REFLEX_ENV_MODE": "prod", "__REFLEX_SKIP_COMPILE": "true"}) as process:
        ends = perf_counter() + _START_S
        while port_is_free(port):
            if process.poll() is not None or perf_counter() > ends:
                raise Unavailable(f"What is compared with did not start. What it said: {log}")
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
