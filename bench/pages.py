"""A change on its way to everybody: over the sockets of two real web processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import aiohttp

from bench.browser import Browser, came, open_pages
from bench.firm import Firm
from bench.timing import Row, row
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import book
from guitara_app.cli.build import ensure_built
from guitara_app.cli.parts import web_command, web_environment
from guitara_app.embedded import leash
from guitara_app.embedded.server import free_port
from guitara_app.kit.database import transaction
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.time import now
from guitara_app.pages.board.state import BoardState
from guitara_app.settings import PROJECT

_START_S = 90.0
# Longer than the window in which a burst is merged: every change here is the first of its burst.
_QUIET_S = 0.3
_PROCESSES = 2
# However slow the thing measured has become, the measurement ends.
_LONGEST_S = 60.0
_FEWEST = 5
_WARM_UP = 5

T = TypeVar("T")


@contextmanager
def web(log: Path) -> Iterator[str]:
    """Two web processes of the application; yields their address."""
    port = free_port()
    ensure_built()
    command = leash.command(web_command("127.0.0.1", port, _PROCESSES), signal_number=signal.SIGTERM)
    environment = {**os.environ, **web_environment()}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        asyncio.run(_answers(process, port, log))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = perf_counter() + _START_S
    async with aiohttp.ClientSession() as session:
        while True:
            if process.poll() is not None or perf_counter() > deadline:
                raise Unavailable(f"The web processes did not start. What they said: {log}")
            try:
                async with session.get(f"http://127.0.0.1:{port}/health"):
                    return
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)


def push(firm: Firm, base: str, slots: Iterator[BookingRequest], runs: int) -> list[Row]:
    """From the commit of a change to the last of all open boards."""
    return asyncio.run(_push(firm, base, slots, runs))


async def _push(firm: Firm, base: str, slots: Iterator[BookingRequest], runs: int) -> list[Row]:
    ours: list[float] = []
    naive: list[float] = []
    many = len(firm.cookies)
    async with open_pages(base, "/board", firm.cookies, shows='"scope_rx_state_":"desk"') as browsers:
        for request in _in_time(islice(slots, runs + _WARM_UP)):
            ours.append(await _change(firm, browsers, request))
            await asyncio.sleep(_QUIET_S)
        for _ in _in_time(range(max(_FEWEST, runs // 10))):
            naive.append(await _everybody_asks(browsers))
            await asyncio.sleep(_QUIET_S)
    return [
        row(f"push to {many} open connections", ours[_WARM_UP:], 50, 25),
        row(f"push to {many} open connections (naive: each page asks for its rows again)", naive),
    ]


def _in_time(items: Iterable[T]) -> Iterator[T]:
    """As many of ``items`` as the time allows, and a few in any case."""
    began = perf_counter()
    for number, item in enumerate(items):
        if number >= _WARM_UP + _FEWEST and perf_counter() - began > _LONGEST_S:
            return
        yield item


async def _change(firm: Firm, browsers: list[Browser], request: BookingRequest) -> float:
    """Book, and wait until each board shows the new visit; seconds from the commit on."""
    loop = asyncio.get_running_loop()

    def expect(number: int) -> list[asyncio.Future[float]]:
        return [browser.expect(f'"id":{number},') for browser in browsers]

    async def expecting(number: int) -> list[asyncio.Future[float]]:
        return expect(number)

    def change() -> tuple[float, list[asyncio.Future[float]]]:
        with transaction() as session:
            number = book(session, firm.operator, request, now=now())
            session.flush()
            arrivals = asyncio.run_coroutine_threadsafe(expecting(number), loop).result()
            committing = perf_counter()
        return committing, arrivals

    began, arrivals = await asyncio.to_thread(change)
    last = await asyncio.gather(*(came(*pair) for pair in zip(browsers, arrivals, strict=True)))
    return max(last) - began


async def _everybody_asks(browsers: list[Browser]) -> float:
    arrivals = [browser.expect('"scope_rx_state_":"desk"') for browser in browsers]
    began = perf_counter()
    for browser in browsers:
        await browser.send(f"{BoardState.get_full_name()}.load")
    last = await asyncio.gather(*(came(*pair) for pair in zip(browsers, arrivals, strict=True)))
    return max(last) - began
