"""What is shown of the figures, in the terminal and on the page alike: its words, its target and its line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from guitara_app.monitoring.figures import Point
from guitara_app.monitoring.views import Measure

RECENT_S = 600
HOUR_S = 3600
NOTHING = "\N{EN DASH}"
LINE = 120

_LATELY_S = 60
_ENOUGH = 20

Value = Callable[[Point], float | None]
Amount = Callable[[Point], int]


class _Kind(NamedTuple):
    key: str
    group: str
    name: str
    unit: str
    of: Value
    good: float | None = None
    must: float | None = None
    at_least: bool = False
    # How several intervals become one in a line of an hour: the worst of them, unless it is an amount.
    amount: bool = False
    # A share of few says little: it is shown of the last minute together, and judged when there was enough in it.
    share: tuple[Amount, Amount] | None = None


def _per_second(of: Amount) -> Value:
    return lambda point: round(of(point) / point.seconds, 1) if point.seconds else None


def _share(part: Amount, whole: Amount) -> Value:
    return lambda point: round(100 * part(point) / whole(point), 1) if whole(point) else None


_VIEWS: tuple[Amount, Amount] = (lambda p: p.view_hits, lambda p: p.view_reads)
_REPORTS: tuple[Amount, Amount] = (lambda p: p.report_hits, lambda p: p.report_reads)
_ERRORS: tuple[Amount, Amount] = (
    lambda p: p.errors + p.task_errors,
    lambda p: p.events + p.requests + p.tasks,
)

# The limits are those of the table of promised figures where it has one, else what people begin to feel.
KINDS: tuple[_Kind, ...] = (
    _Kind("event_p95", "Pages", "Handlers, p95", "ms", lambda p: p.event_p95, 300, 1000),
    _Kind("event_p50", "Pages", "Handlers, p50", "ms", lambda p: p.event_p50),
    _Kind("events", "Pages", "Events", "/s", _per_second(lambda p: p.events), amount=True),
    _Kind("request_p95", "Pages", "Routes, p95", "ms", lambda p: p.request_p95, 300, 1000),
    _Kind("requests", "Pages", "Requests", "/s", _per_second(lambda p: p.requests), amount=True),
    _Kind("errors", "Pages", "Errors", "%", _share(*_ERRORS), 0, 2, share=_ERRORS),
    _Kind("slow", "Pages", "Slow steps", "", lambda p: p.slow, 0, 10, amount=True),
    _Kind("push_p95", "Live", "Pushes, p95", "ms", lambda p: p.push_p95, 50, 250),
    _Kind("push_p50", "Live", "Pushes, p50", "ms", lambda p: p.push_p50),
    _Kind("pushes", "Live", "Pushes", "/s", _per_second(lambda p: p.pushes), amount=True),
    _Kind("lag_p95", "Live", "Stream lag, p95", "ms", lambda p: p.lag_p95, 50, 1000),
    _Kind("sockets", "Live", "Open sockets", "", lambda p: p.sockets),
    _Kind("trip_p95", "Live", "Round trip, p95", "ms", lambda p: p.trip_p95, 150, 1000),
    _Kind("trip_p50", "Live", "Round trip, p50", "ms", lambda p: p.trip_p50),
    _Kind("views", "Data", "Boards at hand", "%", _share(*_VIEWS), 95, 80, at_least=True, share=_VIEWS),
    _Kind("reports", "Data", "Reports at hand", "%", _share(*_REPORTS), share=_REPORTS),
    _Kind("queries", "Data", "Queries", "/s", _per_second(lambda p: p.queries), amount=True),
    _Kind("query_p95", "Data", "Queries, p95", "ms", lambda p: p.query_p95, 50, 250),
    _Kind("per_event", "Data", "Queries an event", "", lambda p: p.per_event, 20, 50),
    _Kind("per_request", "Data", "Queries a request", "", lambda p: p.per_request, 20, 50),
    _Kind("repeated", "Data", "Repeated queries", "", lambda p: p.repeated, 0, 10, amount=True),
    _Kind("queued", "Work", "Tasks waiting", "", lambda p: p.queued, 20, 200),
    _Kind("wait_p95", "Work", "Task wait, p95", "ms", lambda p: p.wait_p95, 200, 2000),
    _Kind("run_p95", "Work", "Task run, p95", "ms", lambda p: p.run_p95, 1000, 10_000),
    _Kind("tasks", "Work", "Tasks", "/s", _per_second(lambda p: p.tasks), amount=True),
    _Kind("workers", "Work", "Workers", "", lambda p: p.workers, 1, 1, at_least=True),
    _Kind("beat_age", "Work", "Beat, last sign", "s", lambda p: p.beat_age_s, 15, 30),
    _Kind("cpu", "Machine", "Processor", "%", lambda p: p.cpu, 70, 95),
    _Kind("memory", "Machine", "Memory", "MB", lambda p: p.memory_mb, 1000, 2000),
    _Kind("connections", "Machine", "Database sessions", "", lambda p: p.connections, 30, 50),
    _Kind("pool", "Machine", "Sessions in use", "", lambda p: p.pool),
)
GROUPS = tuple(dict.fromkeys(kind.group for kind in KINDS))


def measures(points: Sequence[Point]) -> list[Measure]:
    """Every figure as it is now, from ``points`` (oldest first), with its last ten minutes.

    Now is the newest interval in which there was something to measure, of those of the last minute.
    """
    end = points[-1].at if points else 0.0
    lately = [point for point in points if point.at > end - RECENT_S][-LINE:]
    return [_measure(kind, lately, [point for point in lately if point.at > end - _LATELY_S]) for kind in KINDS]


def hours(points: Sequence[Point]) -> dict[str, list[float | None]]:
    """The line of every figure over the hour, in steps that stay what they were when the next one comes."""
    step = HOUR_S / LINE
    steps: dict[int, list[Point]] = {}
    for point in points:
        steps.setdefault(int(point.at // step), []).append(point)
    newest = max(steps, default=0)
    # The newest step is not over yet; it would change with every interval.
    wanted = range(newest - LINE, newest)
    return {kind.key: [_together(kind, steps.get(number, [])) for number in wanted] for kind in KINDS}


def shown(value: float | None, unit: str) -> str:
    """``12 ms``, ``1.4 s``, ``96 %``, ``1.2 GB``; a dash when there is nothing to show."""
    if value is None:
        return NOTHING
    if unit == "ms" and value >= 1000:
        return f"{_short(value / 1000)} s"
    if unit == "MB" and value >= 1000:
        return f"{_short(value / 1000)} GB"
    return f"{_short(value)}{'' if unit == '/s' else ' ' if unit else ''}{unit}"


def _short(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0") if value < 10 else f"{value:,.0f}"


def _measure(kind: _Kind, recent: Sequence[Point], minute: Sequence[Point]) -> Measure:
    number, sure = _now(kind, minute)
    return Measure(
        key=kind.key,
        group=kind.group,
        name=kind.name,
        number=number,
        value=shown(number, kind.unit),
        target=_target(kind),
        tone=_tone(kind, number) if sure else "",
        line=[kind.of(point) for point in recent],
        limit=None if kind.at_least else kind.must,
    )


def _now(kind: _Kind, minute: Sequence[Point]) -> tuple[float | None, bool]:
    """What is shown as the present, and whether there was enough to judge it."""
    if kind.share:
        part, whole = (sum(map(amount, minute)) for amount in kind.share)
        return (round(100 * part / whole, 1) if whole else None), whole >= _ENOUGH
    values = (value for point in reversed(minute) if (value := kind.of(point)) is not None)
    return next(values, None), True


def _target(kind: _Kind) -> str:
    if kind.good is None:
        return ""
    return f"{'≥' if kind.at_least else '≤'} {shown(kind.good, kind.unit)}" if kind.good else "none"


def _tone(kind: _Kind, value: float | None) -> str:
    if kind.good is None or kind.must is None or value is None:
        return ""
    if kind.at_least:
        return "good" if value >= kind.good else "fair" if value >= kind.must else "bad"
    return "good" if value <= kind.good else "fair" if value <= kind.must else "bad"


def _together(kind: _Kind, points: Sequence[Point]) -> float | None:
    values = [value for point in points if (value := kind.of(point)) is not None]
    if not values:
        return None
    if kind.amount:
        return round(sum(values) / len(values), 1)
    return min(values) if kind.at_least else max(values)
