"""What was counted within the last minute, by all processes of this machine."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TypedDict

from guitara_app.kit.counting import registry
from guitara_app.monitoring.figures import Spread, Totals, milliseconds, totals

_WINDOW_S = 60.0
_EVERY_S = 2.0
_PATIENCE_S = 1.0


class Times(TypedDict):
    """Milliseconds; None when nothing happened."""

    p50: float | None
    p95: float | None


class Hits(TypedDict):
    """How often a cache was asked, and how much of it was there already, from 0 to 1."""

    reads: int
    hit_rate: float | None


class Figures(TypedDict):
    """What health tells besides whether the parts are well."""

    connections: int
    connections_by_role: dict[str, int]
    round_trip_ms: Times
    stream_lag_ms: Times
    push_ms: Times
    cache: dict[str, Hits]


class Recent:
    """Looks at the counts now and then, as long as somebody asks."""

    def __init__(self) -> None:
        self._looks: deque[Totals] = deque()
        self._looking: asyncio.Task[Totals] | None = None

    async def figures(self) -> Figures | None:
        """Of the last minute, or of as much of it as somebody has asked about; None while nothing could be read yet."""
        await self._look_again()
        if not self._looks:
            return None
        newest = self._looks[-1]
        while len(self._looks) > 2 and newest.at - self._looks[1].at >= _WINDOW_S:
            self._looks.popleft()
        before = self._looks[0] if len(self._looks) > 1 else None
        return Figures(
            connections=round(newest.count("connections")),
            connections_by_role={
                role: round(number) for (role,), number in sorted(newest.by("connections", "role").items())
            },
            round_trip_ms=_times(newest, before, "round_trip_seconds"),
            stream_lag_ms=_times(newest, before, "stream_lag_seconds"),
            push_ms=_times(newest, before, "push_seconds"),
            cache={cache: _hits(newest, before, cache) for (cache,) in sorted(newest.by("cache_reads", "cache"))},
        )

    async def _look_again(self) -> None:
        if self._looking is None and (not self._looks or time.time() - self._looks[-1].at >= _EVERY_S):
            self._looking = asyncio.create_task(asyncio.to_thread(_look), name="look at the counts")
        if self._looking is not None:
            # A machine with its hands full shows older figures; nobody waits for the newest.
            await asyncio.wait({self._looking}, timeout=_PATIENCE_S)
            if self._looking.done():
                looked, self._looking = self._looking, None
                self._looks.append(looked.result())


def _look() -> Totals:
    return totals(registry().collect(), at=time.time())


def _times(newest: Totals, before: Totals | None, name: str) -> Times:
    spread = newest.spread(name).since(before.spread(name) if before else Spread())
    return Times(p50=milliseconds(spread.at(0.5)), p95=milliseconds(spread.at(0.95)))


def _hits(newest: Totals, before: Totals | None, cache: str) -> Hits:
    reads = newest.grown("cache_reads", before, cache=cache)
    hits = newest.grown("cache_reads", before, cache=cache, found="yes")
    return Hits(reads=reads, hit_rate=round(hits / reads, 3) if reads else None)
