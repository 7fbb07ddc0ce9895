"""Where page handlers and routes run the synchronous services, so that nothing blocks the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from functools import cache, partial
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from guitara_app.kit import metrics
from guitara_app.kit.errors import BUSY, Unavailable
from guitara_app.settings import settings

P = ParamSpec("P")
T = TypeVar("T")


# A thread that computes (a board of hundreds of visits) lets the loop have Python only as often as this, and an answer
# on its way out needs it several times over: by Python's own 5 ms, 20 ms went by between two messages to one browser.
_SHORT_TURN_S = 0.0005
# With many at it, so many turns are begun and broken off that a quarter less is done: then it is Python's own.
_LONG_TURN_S = 0.005
_FEW_JOBS = 4

# While threads come free, as when hundreds of browsers return at once, it is worth waiting longer than when all stand.
_LONGEST_WAITS = 4

_VIEWING_SHARE = 0.4


class Lane(StrEnum):
    """Threads of their own for what people do, and for what their pages are to show: neither waits for the other."""

    DOING = "doing"
    VIEWING = "viewing"


_last_done = dict.fromkeys(Lane, float("-inf"))
_counting = threading.Lock()
_in_hand = 0


@cache
def _pool(lane: Lane) -> ThreadPoolExecutor:
    # One thread per pooled connection: a thread that would only wait for a connection helps nobody.
    viewing = max(1, round(settings().web_pool_size * _VIEWING_SHARE))
    threads = viewing if lane is Lane.VIEWING else max(1, settings().web_pool_size - viewing)
    return ThreadPoolExecutor(max_workers=threads, thread_name_prefix=lane)


async def in_thread(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``call`` on the bounded pool and wait for it without holding up the loop.

    Raises:
        Unavailable: every thread was busy, so ``call`` was never begun.
    """
    return await _in_lane(Lane.DOING, partial(call, *args, **kwargs))


async def in_viewing_thread(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """The same on the threads kept for what pages are to show, however much is being done.

    Raises:
        Unavailable: every one of these was busy, so ``call`` was never begun.
    """
    return await _in_lane(Lane.VIEWING, partial(call, *args, **kwargs))


async def _in_lane(lane: Lane, call: Callable[[], T]) -> T:
    context = contextvars.copy_context()
    job = _pool(lane).submit(_done, lane, partial(context.run, call))
    patience = _Patience(job, lane)
    try:
        return await asyncio.wrap_future(job)
    except asyncio.CancelledError:
        if patience.lost:
            metrics.POOL_EXHAUSTED.inc()
            raise Unavailable(BUSY) from None
        raise
    finally:
        patience.end()


def _done(lane: Lane, call: Callable[[], T]) -> T:
    _take_in_hand(1)
    try:
        return call()
    finally:
        _last_done[lane] = monotonic()
        _take_in_hand(-1)


def _take_in_hand(more: int) -> None:
    global _in_hand  # noqa: PLW0603
    with _counting:
        _in_hand += more
        sys.setswitchinterval(_LONG_TURN_S if _in_hand > _FEW_JOBS else _SHORT_TURN_S)


class _Patience:
    """Gives a job up that no thread has begun, after a moment in which no thread came free, or after a few of them."""

    def __init__(self, job: Future[Any], lane: Lane) -> None:
        self._job, self._lane = job, lane
        self._waits = 0
        self.lost = False
        self._wait()

    def end(self) -> None:
        """The job is done, or nobody wants it any more."""
        self._timer.cancel()

    def _wait(self) -> None:
        self._waits += 1
        self._looked = monotonic()
        self._timer = asyncio.get_running_loop().call_later(settings().pool_timeout_s, self._look)

    def _look(self) -> None:
        if self._job.running() or self._job.done():
            return
        if _last_done[self._lane] > self._looked and self._waits < _LONGEST_WAITS:
            self._wait()
        else:
            self.lost = self._job.cancel()
