"""What a tap costs until somebody else's page shows it: over real sockets, and through a real worker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import perf_counter
from uuid import uuid4

import psycopg2
from sqlalchemy import text

from bench.browser import Browser, open_pages
from bench.firm import Firm
from bench.timing import Row, row
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import accept, accept_leg, book, collect, end_session, finish
from guitara_app.cli.parts import worker_command
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from guitara_app.pages.appointment.state import AppointmentState
from loadtest.processes import running

_WARM_UP = 3
_QUIET_S = 0.3
_LONGEST_S = 30.0


@contextmanager
def worker(log: Path) -> Iterator[None]:
    """A worker that is told of changes; no beat, so that nothing but the telling starts its tasks."""
    with running(worker_command(), log):
        yield


def free_drivers(superuser_url: str) -> None:
    """Take every trip off this copy's evening: a driver who is busy, or wanted more urgently, measures nothing."""
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "UPDATE legs SET state = 'cancelled', occupied = NULL"
            " WHERE state IN ('planned', 'searching', 'offered', 'accepted', 'under_way')"
        )
        cursor.execute("UPDATE leg_offers SET answer = 'withdrawn', answered_at = now() WHERE answer = 'open'")


def transitions(firm: Firm, base: str, slots: Iterator[BookingRequest], runs: int) -> list[Row]:
    """A session that starts, until the board shows it; a pick-up that is asked for, until a driver's page does."""
    return asyncio.run(_transitions(firm, base, slots, runs))


async def _transitions(firm: Firm, base: str, slots: Iterator[BookingRequest], runs: int) -> list[Row]:
    started: list[float] = []
    assigned: list[float] = []
    desk = firm.cookies[0]
    async with (
        open_pages(base, "/board", [desk], shows='"scope_rx_state_":"desk"') as [board],
        open_pages(base, "/tonight", firm.driver_cookies, shows='"scope_rx_state_":"person:') as drivers,
        open_pages(base, "/board", [desk], shows='"scope_rx_state_":"desk"') as [clicking],
    ):
        for _ in range(runs + _WARM_UP):
            visit, seat, therapist = await asyncio.to_thread(_accepted, firm, slots)
            await asyncio.sleep(_QUIET_S)
            began = await _click(clicking, "start_session", seat, reason="measured")
            started.append(await _first([board], f'"id":{visit},"state":"in_session"') - began)
            await asyncio.to_thread(run, lambda s, seat=seat, actor=therapist: end_session(s, actor, seat, now=now()))
            await asyncio.sleep(_QUIET_S)
            began = await _click(clicking, "ask_pickup", seat, reason="measured")
            assigned.append(await _first(drivers, f'"appointment_id":{visit},') - began)
            await asyncio.to_thread(_bring_back, firm, visit)
    return [
        row("session started, click to another's board", started[_WARM_UP:], 1000, 300, at=99),
        row("assign a driver, click to the driver's page, through a worker", assigned[_WARM_UP:], 200, 80),
    ]


async def _click(page: Browser, action: str, target: int, *, reason: str) -> float:
    """Take an action from the desk, as the dialog of a visit's page does; when it was sent."""
    began = perf_counter()
    page.send(
        f"{AppointmentState.get_full_name()}.do",
        {"action": action, "target_id": target, "key": uuid4().hex, "values": {"reason": [reason]}},
    )
    return began


async def _first(pages: list[Browser], words: str) -> float:
    """When the first of the pages was sent ``words``."""
    arrivals = [page.expect(words) for page in pages]
    done, _ = await asyncio.wait(arrivals, timeout=_LONGEST_S, return_when=asyncio.FIRST_COMPLETED)
    if not done:
        raise AssertionError(f"nobody was sent {words} within {_LONGEST_S:.0f} s: {pages[0].last_words()}")
    return min(one.result() for one in done)


def _accepted(firm: Firm, slots: Iterator[BookingRequest]) -> tuple[int, int, Actor]:
    """A visit whose therapist has said yes and could begin now: its number, their place in it, and they."""
    with reading() as session:
        working = set(session.scalars(text("SELECT person_id FROM assignments WHERE progress = 'in_session'")))
    request = next(slot for slot in slots if working.isdisjoint(slot.therapist_ids))
    [person] = request.therapist_ids
    therapist = Actor(person, Role.THERAPIST, "Therapist")
    visit = run(lambda session: book(session, firm.operator, request, now=now()))
    with reading() as session:
        seat: int = session.execute(
            text("SELECT id FROM assignments WHERE appointment_id = :visit"), {"visit": visit}
        ).scalar_one()
    run(lambda session: accept(session, therapist, seat, now=now()))
    return visit, seat, therapist


def _bring_back(firm: Firm, visit: int) -> None:
    """Let the driver who was asked do it at once, so that there is always somebody free."""
    with reading() as session:
        leg, driver = session.execute(
            text("SELECT id, driver_id FROM legs WHERE from_appointment_id = :visit"), {"visit": visit}
        ).one()
    actor = Actor(driver, Role.DRIVER, "Driver")
    for step in (accept_leg, collect, finish):
        run(lambda session, step=step: step(session, actor, leg, now=now()))  # type: ignore[misc]  # bound now
