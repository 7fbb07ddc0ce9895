"""Where page handlers and routes run the synchronous services, so that nothing blocks the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from time import monotonic
from typing import Any, ParamSpec, TypeVar

from guitara_app.kit import metrics
from guitara_app.kit.errors import BUSY, Unavailable
from guitara_app.settings import settings

P = ParamSpec("P")
T = TypeVar("T")


# A thread that computes (a board of hundreds of visits) lets the loop have Python only as often as this, and an answer
# on its way out needs it several times over: by Python's own 5 ms, 20 ms went by between two messages to one browser.
_TURN_S = 0.0005

# While threads come free, as when hundreds of browsers return at once, it is worth waiting longer than when all stand.
_LONGEST_WAITS = 4

_last_done = float("-inf")


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    sys.setswitchinterval(_TURN_S)
    # One thread per pooled connection: a thread that would only wait for a connection helps nobody.
    return ThreadPoolExecutor(max_workers=settings().web_pool_size, thread_name_prefix="service")


async def in_thread(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``call`` on the bounded pool and wait for it without holding up the loop.

    Raises:
        Unavailable: every thread was busy, so ``call`` was never begun.
    """
    context = contextvars.copy_context()
    job = _pool().submit(_done, partial(context.run, partial(call, *args, **kwargs)))
    patience = _Patience(job)
    try:
        return await asyncio.wrap_future(job)
    except asyncio.CancelledError:
        if patience.lost:
            metrics.POOL_EXHAUSTED.inc()
            raise Unavailable(BUSY) from None
        raise
    finally:
        patience.end()


def _done(call: Callable[[], T]) -> T:
    global _last_done  # noqa: PLW0603
    try:
        return call()
    finally:
        _last_done = monotonic()


class _Patience:
    """Gives a job up that no thread has begun, after a moment in which no thread came free, or after a few of them."""

    def __init__(self, job: Future[Any]) -> None:
        self._job = job
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
        if _last_done > self._looked and self._waits < _LONGEST_WAITS:
            self._wait()
        else:
            self.lost = self._job.cancel()
