"""Rows of the table, and how a figure is taken: many runs, the first of them thrown away."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``must`` and ``aim`` are milliseconds at the 95th percentile; a naive alternative has none."""

    name: str
    p50_ms: float
    p95_ms: float
    must: float | None = None
    aim: float | None = None

    @property
    def ok(self) -> bool:
        """Whether what must be reached is reached."""
        return self.must is None or self.p95_ms <= self.must

    def as_json(self) -> dict[str, Any]:
        """The row as programs read it."""
        return {**asdict(self), "ok": self.ok}


def row(name: str, seconds: Sequence[float], must: float | None = None, aim: float | None = None) -> Row:
    """The row of these measurements."""
    return Row(name, _percentile(seconds, 50), _percentile(seconds, 95), must, aim)


def timed(work: Callable[[int], object], runs: int, *, warm_up: int = 10) -> list[float]:
    """Seconds of each run of ``work``, which is given the number of the run."""
    for number in range(warm_up):
        work(number)
    found = []
    for number in range(warm_up, warm_up + runs):
        began = perf_counter()
        work(number)
        found.append(perf_counter() - began)
    return found


def _percentile(seconds: Sequence[float], percent: int) -> float:
    ordered = sorted(seconds)
    return round(1000 * ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)], 2)
