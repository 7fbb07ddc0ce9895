"""What a person at the desk waits for, over the socket of two real web processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TypeVar
from uuid import uuid4

import aiohttp

from bench.browser import Browser, came, open_pages
from bench.data import SECOND_JOBS, Firm
from bench.timing import Row, row
from guitara_app.accounts.permissions import Actor, Role
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
from guitara_app.pages.booking.state import BookingState
from guitara_app.settings import PROJECT

CONNECTIONS = 100
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


def booking(firm: Firm, base: str, runs: int) -> list[Row]:
    """From Save to the answer that says it is booked."""
    return [row("booking end to end over the websocket", asyncio.run(_book(firm, base, runs)), 150, 50)]


def push(firm: Firm, base: str, runs: int) -> list[Row]:
    """From the commit of a change to the last of a hundred open boards."""
    return asyncio.run(_push(firm, base, runs))


@asynccontextmanager
async def _boards(firm: Firm, base: str, many: int) -> AsyncIterator[list[Browser]]:
    async with open_pages(base, "/board", firm.cookies[:many], shows='"scope_rx_state_":"desk"') as browsers:
        yield browsers


async def _book(firm: Firm, base: str, runs: int) -> list[float]:
    found: list[float] = []
    async with _boards(firm, base, 1) as (browser,):
        for request in _in_time(_free_slots(firm, first=0, many=runs + _WARM_UP)):
            key = str(uuid4())
            draft = {
                "client_id": firm.client,
                "address_id": firm.address,
                "service_ids": request.service_ids,
                "therapist_ids": request.therapist_ids,
                "evening": f"{request.evening}",
                "start": f"{request.start:%H:%M}",
                "driver_needed": False,
                "idempotency_key": key,
            }
            booked = browser.expect(key)
            began = perf_counter()
            await browser.send(f"{BookingState.get_full_name()}.save", {"draft": draft})
            found.append(await came(browser, booked) - began)
            await asyncio.sleep(_QUIET_S)
    return found[_WARM_UP:]


async def _push(firm: Firm, base: str, runs: int) -> list[Row]:
    ours: list[float] = []
    naive: list[float] = []
    async with _boards(firm, base, CONNECTIONS) as browsers:
        for request in _in_time(_free_slots(firm, first=100, many=runs + _WARM_UP)):
            ours.append(await _change(firm, browsers, request))
            await asyncio.sleep(_QUIET_S)
        for _ in _in_time(range(max(_FEWEST, runs // 5))):
            naive.append(await _everybody_asks(browsers))
            await asyncio.sleep(_QUIET_S)
    return [
        row(f"push to {CONNECTIONS} open connections", ours[_WARM_UP:], 50, 25),
        row(f"push to {CONNECTIONS} open connections (naive: each page asks for its rows again)", naive),
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
    operator = Actor(firm.operator, Role.OPERATOR, "Operator")

    def expect(number: int) -> list[asyncio.Future[float]]:
        return [browser.expect(f'"id":{number},') for browser in browsers]

    async def expecting(number: int) -> list[asyncio.Future[float]]:
        return expect(number)

    def change() -> tuple[float, list[asyncio.Future[float]]]:
        with transaction() as session:
            number = book(session, operator, request, now=now())
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


def _free_slots(firm: Firm, *, first: int, many: int) -> list[BookingRequest]:
    """Requests for therapists without a second visit, one after another through what is left of the evening."""
    idle = firm.therapists[SECOND_JOBS:]
    begins = _next_quarter(now() + timedelta(minutes=20))
    requests = []
    for number in range(first, first + many):
        starts_at = begins + timedelta(minutes=75 * (number // len(idle)))
        local = firm.evening.calendar.local(starts_at)
        requests.append(
            BookingRequest(
                client_id=firm.client,
                address_id=firm.address,
                service_ids=[firm.service],
                therapist_ids=[idle[number % len(idle)]],
                evening=firm.evening.day,
                start=local.time().replace(tzinfo=None),
                driver_needed=False,
                off_shift_reason="measured",
            )
        )
    return requests


def _next_quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0) + timedelta(minutes=15)
