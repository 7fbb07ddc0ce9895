"""Rows of a table of figures: what was waited for, at percentiles, or one level; beside what it must and should be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """Something people wait for. ``must`` and ``aim`` are milliseconds at the percentile ``at``; what is only compared
    with has none.
    """

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


@dataclass(frozen=True, slots=True)
class Level:
    """How many or how much. More is better where ``at_least``; None is what could not be found out."""

    name: str
    value: float | None
    unit: str = ""
    must: float | None = None
    aim: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether what must be reached is reached; what could not be found out is not."""
        return self.must is None or self._within(self.must)

    @property
    def aimed(self) -> bool:
        """Whether what is aimed at is reached too."""
        return self.ok and self.aim is not None and self._within(self.aim)

    def as_json(self) -> dict[str, Any]:
        """The row as programs read it."""
        return {**asdict(self), "ok": self.ok, "aimed": self.aimed}

    def _within(self, limit: float) -> bool:
        if self.value is None:
            return False
        return self.value >= limit if self.at_least else self.value <= limit


Figure = Row | Level


def row(name: str, seconds: Sequence[float], must: float | None = None, aim: float | None = None, **more: Any) -> Row:
    """The row of these measurements."""
    p50, p95, p99 = (round(1000 * percentile(seconds, percent), 2) for percent in (50, 95, 99))
    return Row(name, len(seconds), p50, p95, p99, must, aim, **more)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest of ``values`` that ``percent`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
