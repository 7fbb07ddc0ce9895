"""Rows of the table, and how a figure is taken: many runs, the first of them thrown away."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. ``must`` and ``aim`` are milliseconds at the percentile ``at``; a naive alternative has none."""

    name: str
    runs: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    must: float | None = None
    aim: float | None = None
    at: int = 95
    double_bookings: int | None = None
    note: str = ""

    @property
    def worst_ms(self) -> float:
        """What is compared with the limits."""
        return self.p99_ms if self.at == 99 else self.p95_ms

    @property
    def ok(self) -> bool:
        """Whether what must be reached is reached; where it counts, nobody is booked twice."""
        return self.must is None or (self.worst_ms <= self.must and not self.double_bookings)

    @property
    def aimed(self) -> bool:
        """Whether what is aimed at is reached too."""
        return self.ok and self.aim is not None and self.worst_ms <= self.aim

    def as_json(self) -> dict[str, Any]:
        """The row as programs read it."""
        return {**asdict(self), "ok": self.ok, "aimed": self.aimed}


def row(name: str, seconds: Sequence[float], must: float | None = None, aim: float | None = None, **more: Any) -> Row:
    """The row of these measurements."""
    p50, p95, p99 = (_percentile(seconds, percent) for percent in (50, 95, 99))
    return Row(name, len(seconds), p50, p95, p99, must, aim, **more)


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
