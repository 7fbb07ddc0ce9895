"""Figures of an interval are differences of counts, also when the counts began again in between."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from guitara_app.monitoring.figures import Machine, Spread, Totals, between, totals

BOUNDS = (0.01, 0.1, 1.0, float("inf"))
MACHINE = Machine(12.5, 600.0, 1, 3.0, {"dispatch": 2, "notify": 0}, 17, ())

amounts = st.lists(st.integers(0, 50), min_size=4, max_size=4)


def spread(numbers: list[int], total: float = 0.0) -> Spread:
    return Spread(tuple(zip(BOUNDS, accumulate(numbers), strict=True)), total)


@given(amounts, amounts)
def test_a_difference_holds_what_came_to_it(before: list[int], more: list[int]) -> None:
    after = [old + new for old, new in zip(before, more, strict=True)]
    assert spread(after).since(spread(before)).buckets == spread(more).buckets


@given(amounts, st.floats(0.01, 1))
def test_a_share_lies_in_the_bucket_it_was_counted_in(numbers: list[int], share: float) -> None:
    found, summed = spread(numbers).at(share), list(accumulate(numbers))
    if not summed[-1]:
        assert found is None
        return
    place = next(at for at, number in enumerate(summed) if number >= share * summed[-1])
    lowest = (0.0, *BOUNDS)[place]
    assert found is not None
    assert lowest - 1e-9 <= found <= min(BOUNDS[place], 1.0) + 1e-9


def test_shares_between_two_bounds_lie_evenly() -> None:
    assert spread([0, 10, 0, 0]).at(0.5) == pytest.approx(0.055)
    assert spread([10, 0, 0, 0]).at(1) == pytest.approx(0.01)
    # Above every bound: not more is known than that.
    assert spread([0, 0, 0, 3]).at(0.5) == 1.0


def test_what_began_again_counts_from_nothing() -> None:
    assert spread([0, 2, 0, 0]).since(spread([5, 5, 5, 5])).count == 2


class Counted:
    """Metrics by the names of ``kit.metrics``, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        more = {"registry": self.registry}
        self.events = Histogram("guitara_handler_seconds", "", ["handler"], buckets=BOUNDS, **more)
        self.failed = Counter("guitara_handler_errors", "", ["handler"], **more)
        self.routes = Histogram("guitara_route_seconds", "", ["route", "status"], buckets=BOUNDS, **more)
        self.queries = Histogram("guitara_queries", "", ["kind"], buckets=(1, 5, 10), **more)
        self.reads = Counter("guitara_cache_reads", "", ["cache", "found"], **more)
        self.sockets = Gauge("guitara_connections", "", ["role"], **more)
        self.slow = Counter("guitara_slow", "", ["kind", "name"], **more)
        Counter("somebody_elses", "", **more).inc()

    def totals(self, at: float) -> Totals:
        return totals(self.registry.collect(), at=at)


def test_an_interval_is_made_of_what_was_counted_in_it() -> None:
    counted = Counted()
    counted.events.labels("board.load").observe(5)
    counted.reads.labels("boards", "yes").inc(100)
    before = counted.totals(100)
    for handler in ("board.load", "board.claim"):
        for _ in range(5):
            counted.events.labels(handler).observe(0.05)
    counted.failed.labels("board.claim").inc()
    counted.routes.labels("/api", "200").observe(0.005)
    counted.routes.labels("/api", "503").observe(0.005)
    counted.routes.labels("/api", "404").observe(0.005)
    counted.queries.labels("handler").observe(4)
    counted.queries.labels("handler").observe(6)
    counted.queries.labels("route").observe(2)
    counted.reads.labels("boards", "yes").inc(3)
    counted.reads.labels("boards", "no").inc()
    counted.reads.labels("reports", "no").inc()
    counted.sockets.labels("operator").set(3)
    counted.sockets.labels("driver").set(4)
    counted.slow.labels("handler", "board.load").inc()
    after = counted.totals(105)

    found = between(before, after, MACHINE)

    assert (found.at, found.seconds, found.events, found.requests) == (105, 5, 10, 3)
    assert found.event_p50 == pytest.approx(55)
    assert found.request_p95 == pytest.approx(9.5)
    assert found.errors == 2
    assert (found.view_hits, found.view_reads, found.report_hits, found.report_reads) == (3, 4, 0, 1)
    assert (found.per_event, found.per_request) == (5, 2)
    assert (found.sockets, found.slow, found.pushes, found.push_p95) == (7, 1, 0, None)
    assert (found.queued, found.queues, found.connections, found.failing) == (2, MACHINE.queues, 17, [])
    assert after.by("connections", "role") == {("operator",): 3, ("driver",): 4}
    assert after.by("slow", "kind", "name") == {("handler", "board.load"): 1}


def test_counts_of_a_system_that_was_started_again_are_never_negative() -> None:
    old, new = Counted(), Counted()
    old.failed.labels("board.claim").inc(9)
    old.events.labels("board.load").observe(0.05)
    old.events.labels("board.load").observe(0.05)
    new.failed.labels("board.claim").inc(2)
    new.events.labels("board.load").observe(0.05)
    found = between(old.totals(100), new.totals(105), MACHINE)
    assert (found.errors, found.events) == (2, 1)
