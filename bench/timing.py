"""How a figure is taken: many runs, the first of them thrown away. Rows are those of ``loadtest.figures``."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from loadtest.figures import Figure, Level, Row, row

__all__ = ["Figure", "Level", "Row", "row", "timed"]


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
