"""Everybody books the same few people at once, from several processes: how long each waits, and who is booked twice."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import get_context
from time import perf_counter
from unittest.mock import patch

import psycopg2

from bench.firm import Firm
from bench.timing import Row, row
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import book, booking, cancel, visit
from guitara_app.kit.database import engine, run, use_pool
from guitara_app.kit.errors import Conflict
from guitara_app.kit.time import now

_PROCESSES = 4
_THREADS = 6
_PEOPLE = 24
# Nearly nobody has anything to do so far ahead but what is booked here.
_AHEAD = timedelta(days=59)
_CANCELLED_SHARE = 0.5
_GUARD = "assignments_never_overlap"
# No range operator and no index of the guard's: two half-open ranges overlap when each begins before the other ends.
_TWICE = """
WITH live AS MATERIALIZED (SELECT id, person_id, lower(occupied) AS starts, upper(occupied) AS ends FROM assignments
  WHERE answer IN ('offered', 'accepted') AND released_at IS NULL)
SELECT count(*) FROM live a JOIN live b ON a.person_id = b.person_id AND a.id < b.id
  AND a.starts < b.ends AND b.starts < a.ends
"""


@dataclass(frozen=True, slots=True)
class Share:
    """What one process is told to do."""

    firm: Firm
    attempts: int
    seed: int
    guarded: bool


def race(firm: Firm, owner_url: str, superuser_url: str, attempts: int) -> list[Row]:
    """``attempts`` to book, and a tenth as many without the guard and the lock, which only check and then insert."""
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        guarded = _run(pool, firm, attempts, guarded=True)
        twice = _count(superuser_url, _TWICE)
        with _guard_off(owner_url):
            naive = _run(pool, firm, max(2_000, attempts // 10), guarded=False)
            leaked = _count(superuser_url, _TWICE)
    return [
        _row(f"race of {attempts:,} attempts", guarded, twice, 1000, 300),
        _row("race (naive: check, then insert; no lock, no constraint)", naive, leaked),
    ]


def _row(name: str, ended: list[tuple[str, float]], twice: int, *limits: float) -> Row:
    how = Counter(kind for kind, _ in ended)
    if odd := sorted(set(how) - {"booked", "refused"}):
        raise AssertionError(f"an attempt ended in a way of its own: {odd[:3]}")
    return row(
        name,
        [seconds for _, seconds in ended],
        *limits,
        at=99,
        double_bookings=twice,
        note=f"{how['booked']:,} booked, {how['refused']:,} refused, {twice:,} double bookings",
    )


def _run(pool: ProcessPoolExecutor, firm: Firm, attempts: int, *, guarded: bool) -> list[tuple[str, float]]:
    shares = [Share(firm, attempts // _PROCESSES, seed, guarded) for seed in range(_PROCESSES)]
    return [ended for share in pool.map(_run_here, shares) for ended in share]


def _run_here(share: Share) -> list[tuple[str, float]]:
    """One process's share, on its own engine."""
    use_pool(_THREADS)
    with ThreadPoolExecutor(_THREADS) as pool, _eyes_shut(share):
        ended = list(pool.map(lambda seed: _attempt(share, seed), _seeds(share)))
    engine().dispose()
    return ended


def _seeds(share: Share) -> Iterator[int]:
    return iter(range(share.seed, share.attempts * _PROCESSES, _PROCESSES))


@contextmanager
def _eyes_shut(share: Share) -> Iterator[None]:
    """Without the lock: two who look at the same moment both see the time free."""
    with ExitStack() as patches:
        if not share.guarded:
            patches.enter_context(patch.object(booking, "lock_people", lambda *_: None))
            patches.enter_context(patch.object(visit, "relayout", lambda *_, **__: 0))
        yield


def _attempt(share: Share, seed: int) -> tuple[str, float]:
    firm, dice = share.firm, random.Random(seed)
    # Every third is a group, its members named in any order.
    people = dice.sample(firm.therapists[:_PEOPLE], 3 if seed % 3 == 0 else 1)
    request = _request(share, people, 15 * dice.randrange(40), dice.choice((45, 60, 75)), seed)
    began = perf_counter()
    try:
        number = run(lambda session: book(session, firm.operator, request, now=now()))
        took = perf_counter() - began
    except Conflict:
        return "refused", perf_counter() - began
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300], perf_counter() - began
    if dice.random() < _CANCELLED_SHARE:
        run(lambda session: cancel(session, firm.operator, number, reason="measured", now=now()))
    return "booked", took


def _request(share: Share, people: list[int], after_opening: int, minutes: int, seed: int) -> BookingRequest:
    firm = share.firm
    client, address = firm.clients[seed % len(firm.clients)]
    return BookingRequest(
        client_id=client,
        address_id=address,
        service_ids=[firm.service],
        therapist_ids=people,
        # Each race has an evening of its own, which is as empty at its start.
        evening=firm.day + _AHEAD - timedelta(days=0 if share.guarded else 1),
        start=(datetime.combine(firm.day, firm.calendar.opens) + timedelta(minutes=after_opening)).time(),
        minutes=minutes,
        driver_needed=False,
        off_shift_reason="measured",
    )


@contextmanager
def _guard_off(owner_url: str) -> Iterator[None]:
    """The working copy without the constraint; it is thrown away afterwards."""
    _execute(owner_url, f"ALTER TABLE assignments DROP CONSTRAINT {_GUARD}")
    yield


def _execute(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)


def _count(url: str, statement: str) -> int:
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
