"""A change on its way to every open board, and how many boards can be open; they live in processes of their own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from bench.firm import Firm, more_desk
from bench.timing import Figure, Level, row
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import book
from guitara_app.kit.database import transaction
from guitara_app.kit.time import now
from loadtest.crowd import Member
from loadtest.handle import Swarm, swarm
from loadtest.limits import make_room
from loadtest.run import ask_all, plan

# Longer than the window in which a burst is merged: every change here is the first of its burst.
_QUIET_S = 0.3
# However slow the thing measured has become, the measurement ends.
_LONGEST_S = 60.0
_ANSWER_S = 30.0
_OPEN_S = 400.0
_HELD_S = 10.0
_FEWEST = 5
_WARM_UP = 5
_BOARDS_PER_PROCESS = 250

T = TypeVar("T")


def push(firm: Firm, base: str, slots: Iterator[BookingRequest], runs: int, logs: Path) -> list[Figure]:
    """From the commit of a change to the last of all open boards."""
    many = len(firm.cookies)
    with boards(base, firm.cookies, logs) as swarms:
        ours = _changes(firm, swarms, slots, runs)
        naive = []
        for _ in _in_time(range(max(_FEWEST, runs // 10))):
            answers = ask_all(swarms, {"do": "again"}, _ANSWER_S)
            naive.append(max(one["last"] for one in answers) - min(one["began"] for one in answers))
            time.sleep(_QUIET_S)
    return [
        row(f"push to {many} open connections", ours, 50, 25),
        row(f"push to {many} open connections (naive: each page asks for its rows again)", naive),
    ]


def connections(
    firm: Firm, base: str, slots: Iterator[BookingRequest], superuser_url: str, steps: Iterable[int], logs: Path
) -> list[Figure]:
    """More and more boards: how many stay open, and how long a change takes to reach them all."""
    found: list[Figure] = []
    held, tried = 0, 0
    for many in steps:
        tried = many
        make_room(many)
        with boards(base, more_desk(superuser_url, many), logs) as swarms:
            pushed = _changes(firm, swarms, slots, _FEWEST * 2)
            time.sleep(_HELD_S)
            held = sum(one["open"] for one in ask_all(swarms, {"do": "report"}, _ANSWER_S))
        found.append(row(f"push to {many:,} open connections", pushed, aim=50 if many <= 1_000 else None))
        if held < many:
            break
    note = "" if held == tried else f"of {tried:,} that were tried"
    return [*found, Level("open websockets, held", held, must=500, aim=2_000, at_least=True, note=note)]


@contextmanager
def boards(base: str, cookies: list[str], logs: Path) -> Iterator[list[Swarm]]:
    """An open board for each cookie, in as few processes as carry them."""
    many = max(1, round(len(cookies) / _BOARDS_PER_PROCESS))
    with ExitStack() as undo:
        swarms = [undo.enter_context(swarm(logs / f"bench-swarm{number}.log")) for number in range(many)]
        for number, one in enumerate(swarms):
            members = [Member("", "operator", 1, cookie=cookie) for cookie in cookies[number::many]]
            one.tell(plan(base, members, "bench"))
        opened = sum(one["open"] for one in ask_all(swarms, {"do": "open"}, _OPEN_S))
        if opened < len(cookies):
            raise AssertionError(f"{opened} of {len(cookies)} boards opened")
        yield swarms


def _changes(firm: Firm, swarms: list[Swarm], slots: Iterator[BookingRequest], runs: int) -> list[float]:
    found = []
    for request in _in_time(islice(slots, runs + _WARM_UP)):
        found.append(_change(firm, swarms, request))
        time.sleep(_QUIET_S)
    return found[_WARM_UP:]


def _in_time(items: Iterable[T]) -> Iterator[T]:
    """As many of ``items`` as the time allows, and a few in any case."""
    began = perf_counter()
    for number, item in enumerate(items):
        if number >= _WARM_UP + _FEWEST and perf_counter() - began > _LONGEST_S:
            return
        yield item


def _change(firm: Firm, swarms: list[Swarm], request: BookingRequest) -> float:
    """Book, and wait until each board shows the new visit; seconds from the commit on."""
    with transaction() as session:
        number = book(session, firm.operator, request, now=now())
        session.flush()
        ask_all(swarms, {"do": "expect", "visit": number, "within": _ANSWER_S}, _ANSWER_S)
        committing = time.time()
    answers = [one.hear(2 * _ANSWER_S) for one in swarms]
    if missing := sum(one["missing"] for one in answers):
        raise AssertionError(f"{missing} boards never showed visit {number}")
    return float(max(one["last"] for one in answers)) - committing
