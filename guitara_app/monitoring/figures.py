"""What was counted between two moments. Pure: the counts come from ``kit.metrics``, the moments from the sampler."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, NamedTuple, Protocol

_PREFIX = "guitara_"
_FAILED = "5"

Labels = tuple[str, ...]


class Sample(Protocol):
    """One line of what Prometheus would be told."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def labels(self) -> Mapping[str, str]: ...  # noqa: D102

    @property
    def value(self) -> float: ...  # noqa: D102


class Family(Protocol):
    """All lines of one metric."""

    @property
    def samples(self) -> Iterable[Any]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Spread:
    """How often something took up to each bound (cumulative, as Prometheus counts), and all of it together."""

    buckets: tuple[tuple[float, float], ...] = ()
    total: float = 0.0

    @property
    def count(self) -> int:
        """How many there were."""
        return round(self.buckets[-1][1]) if self.buckets else 0

    @property
    def mean(self) -> float | None:
        """None when there was none."""
        return self.total / self.count if self.count else None

    def since(self, before: Spread) -> Spread:
        """What has come to it since. Counters that began again, as after a restart, count from nothing."""
        if before.count > self.count:
            return self
        old = dict(before.buckets)
        grown = tuple((bound, max(0.0, number - old.get(bound, 0.0))) for bound, number in self.buckets)
        return Spread(grown, max(0.0, self.total - before.total))

    def at(self, share: float) -> float | None:
        """Below which so large a share of all lies, as Prometheus reckons it; None when there was none.

        Between two bounds they are taken to lie evenly; what lies above the last bound counts as that bound.
        """
        if not self.count:
            return None
        wanted = share * self.buckets[-1][1]
        low = below = 0.0
        for bound, number in self.buckets:
            if number >= wanted:
                if bound == inf:
                    return low
                return low + (bound - low) * (wanted - below) / (number - below) if number > below else bound
            low, below = bound, number
        return low


@dataclass(frozen=True, slots=True)
class Totals:
    """Everything that was counted since the system started, summed over what nobody here tells apart."""

    at: float
    spreads: Mapping[str, Spread]
    counts: Mapping[str, Mapping[Labels, float]]

    def spread(self, name: str) -> Spread:
        """Of the histogram ``name``; empty when nothing has been counted."""
        return self.spreads.get(name, Spread())

    def count(self, name: str, **only: str) -> float:
        """The sum of the counter or gauge ``name``, over the lines whose labels are these."""
        wanted = set(only.items())
        return sum(value for labels, value in self.counts.get(name, {}).items() if wanted <= set(_pairs(labels)))

    def grown(self, name: str, before: Totals | None, **only: str) -> int:
        """What has come to the counter since; one that began again, as after a restart, counts from nothing."""
        then, now = before.count(name, **only) if before else 0.0, self.count(name, **only)
        return round(now if now < then else now - then)

    def by(self, name: str, *labels: str) -> dict[Labels, float]:
        """The counter or gauge ``name`` by the values of some of its labels."""
        found: dict[Labels, float] = defaultdict(float)
        for line, value in self.counts.get(name, {}).items():
            told = dict(_pairs(line))
            found[tuple(told.get(label, "") for label in labels)] += value
        return dict(found)


def totals(families: Iterable[Family], *, at: float) -> Totals:
    """Read what ``kit.metrics.registry().collect()`` gives.

    A histogram is also kept for each of its ``kind`` as ``name/kind``, and of the routes those that failed as
    ``route_seconds/failed``.
    """
    bounds: dict[str, dict[float, float]] = defaultdict(lambda: defaultdict(float))
    sums: dict[str, float] = defaultdict(float)
    counts: dict[str, dict[Labels, float]] = defaultdict(lambda: defaultdict(float))
    for family in families:
        for sample in family.samples:
            if not sample.name.startswith(_PREFIX):
                continue
            name = sample.name.removeprefix(_PREFIX)
            if "le" in sample.labels:
                for place in _places(name.removesuffix("_bucket"), sample.labels):
                    bounds[place][float(sample.labels["le"])] += sample.value
            elif name.endswith("_sum"):
                for place in _places(name.removesuffix("_sum"), sample.labels):
                    sums[place] += sample.value
            elif not name.endswith(("_count", "_created")):
                labels = tuple(part for pair in sorted(sample.labels.items()) for part in pair)
                counts[name.removesuffix("_total")][labels] += sample.value
    spreads = {name: Spread(tuple(sorted(found.items())), sums[name]) for name, found in bounds.items()}
    return Totals(at, spreads, counts)


def _places(name: str, labels: Mapping[str, str]) -> list[str]:
    places = [name]
    if "kind" in labels:
        places.append(f"{name}/{labels['kind']}")
    if labels.get("status", "").startswith(_FAILED):
        places.append(f"{name}/failed")
    return places


def _pairs(labels: Labels) -> Iterable[tuple[str, str]]:
    return zip(labels[::2], labels[1::2], strict=True)


class Machine(NamedTuple):
    """What is not counted but looked at: the parts of the system at this moment."""

    cpu: float  # percent of the whole machine that this system uses
    memory_mb: float
    workers: int
    beat_age_s: float | None
    queues: Mapping[str, int]
    connections: int | None
    failing: tuple[str, ...]


class Point(NamedTuple):
    """One interval: the counts in it, and how things stood at its end. Milliseconds, unless said otherwise.

    Kept as a list, so the order is part of what is kept: what is new goes to the end.
    """

    at: float
    seconds: float
    cpu: float
    memory_mb: float
    events: int
    event_p50: float | None
    event_p95: float | None
    requests: int
    request_p50: float | None
    request_p95: float | None
    pushes: int
    push_p50: float | None
    push_p95: float | None
    lag_p95: float | None
    trip_p50: float | None
    trip_p95: float | None
    sockets: int
    errors: int
    view_hits: int
    view_reads: int
    report_hits: int
    report_reads: int
    queries: int
    query_p95: float | None
    per_event: float | None
    per_request: float | None
    slow: int
    repeated: int
    pool: int
    connections: int | None
    tasks: int
    wait_p95: float | None
    run_p95: float | None
    workers: int
    beat_age_s: float | None
    queued: int
    queues: dict[str, int]
    failing: list[str]
    task_errors: int
    exhausted: int


def between(before: Totals, after: Totals, machine: Machine) -> Point:
    """What happened from ``before`` to ``after``, and how the machine stood then."""

    def spread(name: str) -> Spread:
        return after.spread(name).since(before.spread(name))

    def grown(name: str, **only: str) -> int:
        return after.grown(name, before, **only)

    events, requests, pushes = spread("handler_seconds"), spread("route_seconds"), spread("push_seconds")
    trips, waits, runs = spread("round_trip_seconds"), spread("task_wait_seconds"), spread("task_seconds")
    return Point(
        at=round(after.at, 1),
        seconds=round(after.at - before.at, 1),
        cpu=machine.cpu,
        memory_mb=machine.memory_mb,
        events=events.count,
        event_p50=milliseconds(events.at(0.5)),
        event_p95=milliseconds(events.at(0.95)),
        requests=requests.count,
        request_p50=milliseconds(requests.at(0.5)),
        request_p95=milliseconds(requests.at(0.95)),
        pushes=pushes.count,
        push_p50=milliseconds(pushes.at(0.5)),
        push_p95=milliseconds(pushes.at(0.95)),
        lag_p95=milliseconds(spread("stream_lag_seconds").at(0.95)),
        trip_p50=milliseconds(trips.at(0.5)),
        trip_p95=milliseconds(trips.at(0.95)),
        sockets=round(after.count("connections")),
        errors=grown("handler_errors") + spread("route_seconds/failed").count,
        view_hits=grown("cache_reads", cache="boards", found="yes"),
        view_reads=grown("cache_reads", cache="boards"),
        report_hits=grown("cache_reads", cache="reports", found="yes"),
        report_reads=grown("cache_reads", cache="reports"),
        queries=spread("query_seconds").count,
        query_p95=milliseconds(spread("query_seconds").at(0.95)),
        per_event=_one(spread("queries/handler").mean),
        per_request=_one(spread("queries/route").mean),
        slow=grown("slow"),
        repeated=grown("repeated_queries"),
        pool=round(after.count("pool_connections")),
        connections=machine.connections,
        tasks=runs.count,
        wait_p95=milliseconds(waits.at(0.95)),
        run_p95=milliseconds(runs.at(0.95)),
        workers=machine.workers,
        beat_age_s=machine.beat_age_s,
        queued=sum(machine.queues.values()),
        queues=dict(machine.queues),
        failing=list(machine.failing),
        task_errors=grown("task_errors"),
        exhausted=grown("pool_exhausted"),
    )


def milliseconds(seconds: float | None) -> float | None:
    """As people are shown it."""
    return None if seconds is None else round(seconds * 1000, 1)


def _one(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
