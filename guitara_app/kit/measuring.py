"""What one event of a page, request, task or reading of a view costs while it goes on: its time and its statements.

Whoever starts such a piece of work opens ``measured``; the engine tells of every statement. The piece is found through
a context variable, which ``in_thread`` takes along, so a statement counts where it was asked for. A piece inside
another one counts for itself. What was too slow, or sent one statement again and again (once for each row instead of
once for all), is counted and logged with the place in our code that sent it: never with values.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import monotonic, perf_counter
from types import FrameType
from typing import Any, Literal

import structlog
from sqlalchemy import Engine, event

from guitara_app.kit import metrics
from guitara_app.settings import PROJECT, settings

log = structlog.get_logger(__name__)

Kind = Literal["handler", "route", "task", "view"]

_OURS = tuple(f"{PROJECT / package}/" for package in ("guitara_app", "workers"))
_BETWEEN = tuple(str(PROJECT / "guitara_app" / "kit" / name) for name in ("measuring.py", "database.py"))
# Looking for the place takes some microseconds: little beside a statement of this length, much beside a short one.
_WORTH_A_LOOK_S = 0.005
_SHOWN = 300
_TOLD_AGAIN_S = 5.0
_told_slow: dict[tuple[str, str], tuple[float, int]] = {}
"""When each was last told to be slow, and how often it was since."""


@dataclass(slots=True)
class Work:
    """One piece of work and what it has cost so far; its name is never what somebody typed."""

    kind: Kind
    name: str
    begun: float = field(default_factory=perf_counter)
    seconds: float = 0.0
    failed: bool = False
    over: bool = False
    statements: int = 0
    database_s: float = 0.0
    slowest_s: float = 0.0
    slowest: str = ""
    slowest_place: str = ""
    repeated: dict[str, str] = field(default_factory=dict)
    """The statements that were sent too often, each with its place."""
    times: dict[str, int] = field(default_factory=dict)

    def sent(self, statement: str, seconds: float) -> None:
        """Note a statement that came back after ``seconds``."""
        self.statements += 1
        self.database_s += seconds
        times = self.times[statement] = self.times.get(statement, 0) + 1
        if times > settings().repeated_queries and statement not in self.repeated:
            self.repeated[statement] = _place()
        if seconds > self.slowest_s:
            self.slowest_s, self.slowest = seconds, statement
            self.slowest_place = _place() if seconds > _WORTH_A_LOOK_S else ""

    def judge(self) -> None:
        """Count and log what was not good."""
        allowed_ms = settings().slow_task_ms if self.kind == "task" else settings().slow_ms
        if self.seconds * 1000 > allowed_ms:
            metrics.SLOW.labels(self.kind, self.name).inc()
            self._tell_slow()
        if self.repeated:
            metrics.REPEATED.labels(self.kind, self.name).inc()
            for statement, place in self.repeated.items():
                log.warning(
                    "one statement sent again and again",
                    kind=self.kind,
                    name=self.name,
                    times=self.times.get(statement, settings().repeated_queries + 1),
                    statement=_shown(statement),
                    place=place,
                )

    def _tell_slow(self) -> None:
        # Each line costs some milliseconds, and when everything is slow it must not become slower by saying so.
        key, at = (self.kind, self.name), monotonic()
        told_at, unsaid = _told_slow.get(key, (-_TOLD_AGAIN_S, 0))
        if at - told_at < _TOLD_AGAIN_S:
            _told_slow[key] = told_at, unsaid + 1
            return
        _told_slow[key] = at, 0
        log.warning(
            "slow",
            kind=self.kind,
            name=self.name,
            unsaid=unsaid,
            ms=round(self.seconds * 1000),
            database_ms=round(self.database_s * 1000),
            statements=self.statements,
            slowest_ms=round(self.slowest_s * 1000),
            statement=_shown(self.slowest),
            place=self.slowest_place,
        )


_current: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def measured(work: Work) -> Iterator[None]:
    """Measure what happens inside as ``work``; afterwards it is over and knows its seconds."""
    before = _current.set(work)
    try:
        yield
    finally:
        _current.reset(before)
        # What it has started and left running has its context; that is no longer this work.
        work.over = True
        work.seconds = perf_counter() - work.begun
        if work.statements:
            metrics.QUERIES.labels(work.kind).observe(work.statements)
        work.judge()


def current() -> Work | None:
    """The piece of work that goes on here, if any does."""
    work = _current.get()
    return None if work is None or work.over else work


def next_row() -> None:
    """A transaction begins. Of a task each is about another row, and may send what the one before has sent."""
    work = _current.get()
    if work is not None and work.kind == "task":
        work.times.clear()


def watch(engine: Engine) -> None:
    """Let ``engine`` tell of its statements and of its connections in use."""

    @event.listens_for(engine, "before_cursor_execute")
    def leaves(_connection: Any, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        context.guitara_left_at = perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def returns(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        _returned(statement, context)

    @event.listens_for(engine, "handle_error")
    def fails(failure: Any) -> None:
        if failure.execution_context is not None and failure.statement is not None:
            _returned(failure.statement, failure.execution_context)

    @event.listens_for(engine, "checkout")
    def taken(*_: Any) -> None:
        metrics.POOL_IN_USE.inc()

    @event.listens_for(engine, "checkin")
    def given_back(*_: Any) -> None:
        metrics.POOL_IN_USE.dec()


def _returned(statement: str, context: Any) -> None:
    left_at = getattr(context, "guitara_left_at", None)
    if left_at is None:  # it failed on its way
        return
    seconds = perf_counter() - left_at
    metrics.QUERY_SECONDS.observe(seconds)
    work = _current.get()
    if work is not None and not work.over:
        work.sent(statement, seconds)


def _place() -> str:
    """Where in our code the statement was asked for, such as ``guitara_app/clients/queries/card.py:88``."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_OURS) and file not in _BETWEEN:
            return f"{file[len(str(PROJECT)) + 1 :]}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


def _shown(statement: str) -> str:
    words = " ".join(statement.split())
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]} …"
