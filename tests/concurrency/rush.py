"""Operators of several processes who book, and sometimes cancel, as fast as they can."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import time
from multiprocessing import get_context

from guitara_app.appointments.services import book, cancel
from guitara_app.kit.database import engine, run, use_pool
from guitara_app.kit.errors import Conflict
from tests.support.blind import without_holding
from tests.support.firm import NOW, Firm

PROCESSES = 4
THREADS = 6
_CANCELLED_SHARE = 0.3


@dataclass(frozen=True)
class Rush:
    """What one process is told to do."""

    firm: Firm
    attempts: int
    seed: int
    guarded: bool = True
    slots: int = 36


def operators() -> ProcessPoolExecutor:
    """The processes, which read this test's addresses from the environment when they start."""
    return ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"))


def rush(
    pool: ProcessPoolExecutor, firm: Firm, attempts: int, *, guarded: bool = True, slots: int = 36
) -> Counter[str]:
    """Let all processes make ``attempts`` together; how many ended in which way."""
    shares = [Rush(firm, attempts // PROCESSES, seed, guarded, slots) for seed in range(PROCESSES)]
    total: Counter[str] = Counter()
    for counted in pool.map(rush_here, shares):
        total += counted
    return total


def rush_here(task: Rush) -> Counter[str]:
    """One process's share, on its own engine."""
    use_pool(THREADS)
    with ThreadPoolExecutor(THREADS) as pool, _eyes_shut(task):
        ended = Counter(pool.map(lambda seed: _attempt(task, seed), _seeds(task)))
    engine().dispose()
    return ended


def _seeds(task: Rush) -> Iterator[int]:
    return iter(range(task.seed, task.attempts * PROCESSES, PROCESSES))


def _eyes_shut(task: Rush) -> AbstractContextManager[None]:
    """Without the lock: two who look at the same moment both see the time free."""
    return nullcontext() if task.guarded else without_holding()


def _attempt(task: Rush, seed: int) -> str:
    dice = random.Random(seed)
    # Every third is a group, its members named in any order.
    people = dice.sample(range(len(task.firm.therapists)), 3 if seed % 3 == 0 else 1)
    minutes = 13 * 60 + 15 * dice.randrange(28, 28 + task.slots)
    start = time(minutes // 60 % 24, minutes % 60)
    request = task.firm.request(*people, start=start, minutes=dice.choice((45, 60, 75)), off_shift_reason="rush")
    try:
        visit = run(lambda session: book(session, task.firm.operator, request, now=NOW))
        if dice.random() < _CANCELLED_SHARE:
            run(lambda session: cancel(session, task.firm.operator, visit, reason="rush", now=NOW))
            return "cancelled"
    except Conflict as refusal:
        named = {overlap.person_id for overlap in refusal.overlaps}
        asked = {task.firm.therapists[person] for person in people}
        return "refused" if named and named <= asked else f"unnamed: {refusal}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]
    return "booked"
