"""Measures the system every few seconds, in one of its web processes, for all of them.

Whoever holds a lease in Redis measures; when it dies, another takes over a few seconds later. Two that measure for a
moment do no harm: the figures are sums over all processes, and the database lets one open alerts at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from secrets import token_hex

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from guitara_app.kit import counting, database
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.outbox import Change, announce, live_redis
from guitara_app.kit.time import now
from guitara_app.monitoring import keeping
from guitara_app.monitoring.figures import Machine, Point, Totals, between, totals
from guitara_app.monitoring.keeping import Latest
from guitara_app.monitoring.parts import Database, Signs, signs
from guitara_app.monitoring.processes import Processes
from guitara_app.monitoring.queries import alert_rows
from guitara_app.monitoring.rules import Key, Limits, Step, Verdict, judge
from guitara_app.monitoring.services import OPENED, TOPIC, keep_alerts
from guitara_app.monitoring.views import Often, ProcessRow
from guitara_app.notifications.services import tell
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

_LEASE_S = 15.0
_UNSEEN = Signs(0, None, {})
_OFTEN = 8
_TOLD_AT_ONCE = 50
_JUDGED_MINUTES = 5.5


class Sampler:
    """One process's readiness to measure."""

    def __init__(self) -> None:
        self._token = token_hex(8)
        self._before: Totals | None = None
        self._unkept: deque[Point] = deque(maxlen=60)
        self._processes = Processes()
        self._database = Database()

    async def run(self) -> None:
        """Until cancelled; every ``sample_seconds``, unless that is 0."""
        every = settings().sample_seconds
        if not every:
            return
        loop = asyncio.get_running_loop()
        # A thread of its own: whatever is slow to answer here must hold up nobody else.
        thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="monitor")
        due = loop.time()
        try:
            while True:
                await loop.run_in_executor(thread, self._safely)
                due = max(due + every, loop.time())
                await asyncio.sleep(due - loop.time())
        finally:
            thread.submit(self._let_go)
            thread.shutdown(wait=False)

    def step(self) -> Point | None:
        """Measure, keep and judge once, if this process is the one that does. Blocking."""
        try:
            if not keeping.hold(live_redis(), self._token, max(_LEASE_S, 3 * settings().sample_seconds)):
                self._leave_it()
                return None
            here = signs(live_redis())
        except RedisError:
            # Whoever measured goes on, so that it is known afterwards for how long Redis was away.
            here = None
        before, after = self._before, totals(counting.registry().collect(), at=time.time())
        if before is None and here is None:
            return None
        self._before = after
        machine, processes = self._look(here)
        if before is None:
            return None
        point = between(before, after, machine)
        self._unkept.append(point)
        if here is not None:
            self._keep(after, machine, processes)
        return point

    def _look(self, here: Signs | None) -> tuple[Machine, list[ProcessRow]]:
        processes, cpu, memory = self._processes.look()
        answers, connections = self._database.look()
        silent = [part for part, well in (("database", answers), ("redis", here is not None)) if not well]
        workers, beat_age, queues = here or _UNSEEN
        return Machine(cpu, memory, workers, beat_age, queues, connections, tuple(silent)), processes

    def _keep(self, counted: Totals, machine: Machine, processes: list[ProcessRow]) -> None:
        redis, points = live_redis(), list(self._unkept)
        verdicts = judge([*keeping.history(redis, minutes=_JUDGED_MINUTES), *points], limits())
        latest = Latest(
            point=list(points[-1]),
            processes=processes,
            sockets={
                role: round(open_) for (role,), open_ in sorted(counted.by("connections", "role").items()) if open_
            },
            slow=_often(counted, "slow"),
            repeated=_often(counted, "repeated_queries"),
            alerts=self._alerts(verdicts, machine),
        )
        keeping.keep(redis, points, latest)
        self._unkept.clear()
        announce([Change(0, "system_measured", (TOPIC,))])

    def _alerts(self, verdicts: Mapping[Key, Verdict], machine: Machine) -> list[str]:
        """Open and close alerts; the words of those that are open then."""
        if "database" in machine.failing:
            return [verdict.words for verdict in verdicts.values() if verdict.bad]
        at, quiet = now(), timedelta(minutes=settings().alert_quiet_minutes)

        def keep(session: Session) -> tuple[list[Step], list[str]]:
            steps = keep_alerts(session, verdicts, now=at, quiet=quiet)
            session.flush()
            return steps, [row["words"] for row in alert_rows(session, now=at) if not row["closed"]]

        steps, words = database.run(keep)
        for step in steps:
            log.warning(
                "alert opened" if step.opens else "alert closed", alarm=step.key.alarm, subject=step.key.subject
            )
        if machine.workers == 0 and any(step.tells for step in steps):
            # Nobody else would tell of it; letters wait for the worker.
            mail = bool(settings().smtp_url.get_secret_value())
            database.run(lambda session: tell(session, now=now(), limit=_TOLD_AT_ONCE, mail=mail, kind=OPENED))
        return words

    def _leave_it(self) -> None:
        """Another process measures. What this one saw while Redis was away is kept all the same."""
        self._before = None
        if self._unkept:
            keeping.keep(live_redis(), list(self._unkept), None)
            self._unkept.clear()

    def _safely(self) -> None:
        try:
            self.step()
        except (GuitaraError, RedisError, SQLAlchemyError) as error:
            log.warning("system not measured", error=type(error).__name__)
        except Exception:
            log.exception("system not measured")

    def _let_go(self) -> None:
        with suppress(RedisError):
            keeping.let_go(live_redis(), self._token)


def limits() -> Limits:
    """Where alerts begin, as set for this machine."""
    known = settings()
    return Limits(
        handler_ms=known.alert_handler_ms,
        route_ms=known.alert_route_ms,
        push_ms=known.alert_push_ms,
        lag_ms=known.alert_lag_ms,
        queued=known.alert_queued,
        error_percent=known.alert_error_percent,
        cache_percent=known.alert_cache_percent,
        memory_mb=known.alert_memory_mb,
        connections=known.alert_connections,
        slow_per_minute=known.alert_slow_per_minute,
        repeated_per_minute=known.alert_repeated_per_minute,
        beat_s=known.alert_beat_seconds,
    )


def _often(counted: Totals, name: str) -> list[Often]:
    lines = [
        Often(kind=kind, name=what, times=round(n)) for (kind, what), n in counted.by(name, "kind", "name").items()
    ]
    return sorted((line for line in lines if line["times"]), key=lambda line: -line["times"])[:_OFTEN]
