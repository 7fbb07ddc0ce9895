"""When an alert opens and when it closes. Pure: the figures of the last minutes and what is open go in, steps come out.

Nothing is remembered between two looks but the alerts themselves, so whichever process measures next judges the same.
Between the limit and clearly below it nothing changes: a figure that sways around its limit does not open and close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from guitara_app.monitoring.figures import Point
from guitara_app.monitoring.words import Alarm

# So far below its limit (above, where more is better) a figure must be for its alert to close.
_CLEARLY = 0.8
# So much of the time looked at must have been measured.
_COVERED = 0.7
# What is bad was so within the last part of it.
_STILL = 0.25
_PART_S = 60.0
_LONG_S = 300.0
_LONG_MINUTES = _LONG_S / 60
_IN_A_ROW = 3
_PARTS = {"database": "The database", "redis": "Redis"}
_FEW = 20
_FEW_READS = 200


class Key(NamedTuple):
    """One alert at most is open of each; ``subject`` is the part or queue, where there are several."""

    alarm: Alarm
    subject: str = ""


class Verdict(NamedTuple):
    """What the figures say of one condition. Neither bad nor well: leave it as it is."""

    bad: bool
    well: bool
    words: str


class Limits(NamedTuple):
    """Where each condition begins; 0 leaves it out."""

    handler_ms: float
    route_ms: float
    push_ms: float
    lag_ms: float
    queued: float
    error_percent: float
    cache_percent: float
    memory_mb: float
    connections: float
    slow_per_minute: float
    repeated_per_minute: float
    beat_s: float


class Known(NamedTuple):
    """The newest alert of its key. ``closed_at`` is None while it is open."""

    id: int
    key: Key
    closed_at: datetime | None


class Step(NamedTuple):
    """A change of the alerts: a new one (``id`` None), or one that opens again or closes."""

    key: Key
    id: int | None
    opens: bool
    words: str

    @property
    def tells(self) -> bool:
        """Whether people are told: of a new one, never of one that comes back."""
        return self.opens and self.id is None


def decide(known: Iterable[Known], verdicts: Mapping[Key, Verdict], *, now: datetime, quiet: timedelta) -> list[Step]:
    """What is to change. One that closed less than ``quiet`` ago opens again and tells nobody a second time."""
    newest = {one.key: one for one in known}
    steps = []
    for key, verdict in verdicts.items():
        one = newest.get(key)
        is_open = one is not None and one.closed_at is None
        if verdict.bad and not is_open:
            again = one is not None and one.closed_at is not None and now - one.closed_at < quiet
            steps.append(Step(key, one.id if one and again else None, True, verdict.words))
        elif verdict.well and one is not None and is_open:
            steps.append(Step(key, one.id, False, verdict.words))
    # A queue or a condition that is no more.
    steps += [
        Step(one.key, one.id, False, "") for one in newest.values() if one.closed_at is None and one.key not in verdicts
    ]
    return steps


def judge(points: Sequence[Point], limits: Limits) -> dict[Key, Verdict]:
    """What the newest of ``points`` (oldest first) and those before it say of every condition."""
    if not points:
        return {}
    newest = points[-1]
    found = {Key(Alarm.PART, part): _part(points, part) for part in _PARTS}
    found[Key(Alarm.WORKER)] = _lasting(
        points, 20, lambda p: p.workers, 1, "No worker takes tasks: nobody is asked, told or sent anything.", least=True
    )
    for name, waiting in newest.queues.items():
        if limits.queued:
            words = f"{waiting} tasks wait in {name}."
            found[Key(Alarm.QUEUE, name)] = _lasting(points, 30, _depth_of(name), limits.queued, words)
    for one in _LASTING:
        limit = one.limit(limits)
        if limit:
            found[Key(one.alarm)] = _lasting(points, one.seconds, one.value, limit, one.words)
    return found | _shares(points, limits)


def _shares(points: Sequence[Point], limits: Limits) -> dict[Key, Verdict]:
    """The conditions that compare sums over a while."""
    minute, long = _window(points, 60), _window(points, _LONG_S)
    found = {}
    if limits.error_percent:
        asked = sum(p.events + p.requests + p.tasks for p in minute)
        share = 100 * sum(p.errors + p.task_errors for p in minute) / asked if asked else 0.0
        words = f"{share:.1f} % of all events, requests and tasks of the last minute failed."
        found[Key(Alarm.ERRORS)] = _compared(share, limits.error_percent, words, sure=asked >= _FEW)
    refused = sum(p.exhausted for p in minute)
    words = f"{refused} times in a minute somebody was told that every connection to the database is busy."
    found[Key(Alarm.POOL)] = Verdict(refused > 0, refused == 0 and _measured(minute, 60), words)
    if limits.cache_percent:
        reads = sum(p.view_reads for p in long)
        missed = 100 * (1 - sum(p.view_hits for p in long) / reads) if reads else 0.0
        words = f"Only {100 - missed:.0f} % of the boards asked for in five minutes were at hand."
        sure = reads >= _FEW_READS and _measured(long, _LONG_S)
        found[Key(Alarm.CACHE)] = _compared(missed, 100 - limits.cache_percent, words, sure=sure)
    if limits.slow_per_minute:
        rate = sum(p.slow for p in long) / _LONG_MINUTES
        words = f"{rate:.0f} steps a minute take too long."
        found[Key(Alarm.SLOW)] = _compared(rate, limits.slow_per_minute, words)
    if limits.repeated_per_minute:
        rate = sum(p.repeated for p in long) / _LONG_MINUTES
        words = f"{rate:.0f} steps a minute send one query again and again."
        found[Key(Alarm.REPEATED)] = _compared(rate, limits.repeated_per_minute, words)
    return found


def _lasting(
    points: Sequence[Point],
    seconds: float,
    value: Callable[[Point], float | None],
    limit: float,
    words: str,
    *,
    least: bool = False,
) -> Verdict:
    """Bad when it was beyond ``limit`` all the time, well when it was clearly within it all the time.

    An interval without a value says nothing; none with one for so long is as good as well. What is bad began to be long
    ago enough, and is so still. ``words`` take the newest value.
    """
    window = _window(points, seconds)
    valued = [(point, found) for point in window if (found := value(point)) is not None]
    values = [found for _, found in valued]
    covered = _measured(window, seconds)
    lasts = still = False
    if valued:
        (first, _), (last, number) = valued[0], valued[-1]
        words = words.format(f"{number:.0f}")
        lasts = last.at - first.at + first.seconds >= _COVERED * seconds
        still = points[-1].at - last.at <= _STILL * seconds
    if least:
        bad, well = all(one < limit for one in values), all(one >= limit for one in values)
    else:
        bad, well = all(one > limit for one in values), all(one <= limit * _CLEARLY for one in values)
    return Verdict(covered and lasts and still and bad, covered and well, words)


def _part(points: Sequence[Point], part: str) -> Verdict:
    """Bad also when it is over by now: while the database is silent no alert can be kept, and people are told after."""
    row = longest = 0
    window = _window(points, _PART_S)
    for point in window:
        row = row + 1 if part in point.failing else 0
        longest = max(longest, row)
    well = all(part not in point.failing for point in window) and _measured(window, _PART_S / 2)
    return Verdict(longest >= _IN_A_ROW, well, f"{_PARTS[part]} does not answer, or did not for a while.")


def _compared(value: float, limit: float, words: str, *, sure: bool = True) -> Verdict:
    return Verdict(sure and value > limit, value <= limit * _CLEARLY, words)


def _beat_age(point: Point) -> float | None:
    # No sign at all for as long as signs are kept.
    return 60.0 if point.beat_age_s is None else point.beat_age_s


def _depth_of(queue: str) -> Callable[[Point], float | None]:
    return lambda point: point.queues.get(queue)


def _of(value: str, count: str) -> Callable[[Point], float | None]:
    """The figure where it is made of enough to say something."""

    def found(point: Point) -> float | None:
        number: float | None = getattr(point, value)
        return number if getattr(point, count) >= _IN_A_ROW else None

    return found


def _window(points: Sequence[Point], seconds: float) -> list[Point]:
    since = points[-1].at - seconds
    return [point for point in points if point.at > since]


def _measured(window: Iterable[Point], seconds: float) -> bool:
    return sum(point.seconds for point in window) >= _COVERED * seconds


class _Lasting(NamedTuple):
    """A figure that must not be beyond its limit for so many seconds."""

    alarm: Alarm
    seconds: float
    limit: Callable[[Limits], float]
    value: Callable[[Point], float | None]
    words: str


_LASTING = (
    _Lasting(
        Alarm.BEAT, 15, lambda n: n.beat_s, _beat_age, "Beat gave its last sign {} s ago: nothing starts by itself."
    ),
    _Lasting(Alarm.HANDLERS, 60, lambda n: n.handler_ms, _of("event_p95", "events"), "Pages answer slowly: p95 {} ms."),
    _Lasting(Alarm.ROUTES, 60, lambda n: n.route_ms, _of("request_p95", "requests"), "Requests take long: p95 {} ms."),
    _Lasting(Alarm.PUSHES, 60, lambda n: n.push_ms, _of("push_p95", "pushes"), "Changes reach pages late: p95 {} ms."),
    _Lasting(Alarm.LAG, 30, lambda n: n.lag_ms, lambda p: p.lag_p95, "The stream of changes lags: p95 {} ms."),
    _Lasting(Alarm.MEMORY, 60, lambda n: n.memory_mb, lambda p: p.memory_mb, "The system takes {} MB of memory."),
    _Lasting(
        Alarm.CONNECTIONS,
        30,
        lambda n: n.connections,
        lambda p: p.connections,
        "{} connections to the database are open.",
    ),
)
