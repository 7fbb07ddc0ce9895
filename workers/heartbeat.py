"""Signs of life of worker and beat, where ``/health`` reads them: a key with the time, gone a minute after the last."""

from __future__ import annotations

import time
from typing import Any

import structlog
from celery import bootsteps
from celery.beat import PersistentScheduler
from redis.exceptions import RedisError

from guitara_app.kit.outbox import live_redis
from guitara_app.kit.signs import BEAT_KEY, WORKER_KEY

log = structlog.get_logger(__name__)

EVERY_S = 5.0
_KEPT_S = 60


def beat_heart(key: str) -> None:
    """Write the present time under ``key``; a silent Redis is logged, and shows as a missing heartbeat."""
    try:
        live_redis().set(key, time.time(), ex=_KEPT_S)
    except RedisError as error:
        log.warning("heartbeat not written", key=key, error=type(error).__name__)


class WorkerHeartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Beats for as long as the worker is connected and takes tasks."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """The worker takes tasks from now on."""
        key = f"{WORKER_KEY}{consumer.hostname}"
        beat_heart(key)
        self._timer = consumer.timer.call_repeatedly(EVERY_S, beat_heart, (key,))

    def stop(self, consumer: Any) -> None:
        """The connection is lost, or the worker ends."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            live_redis().delete(f"{WORKER_KEY}{consumer.hostname}")
        except RedisError as error:
            log.warning("heartbeat not taken back", error=type(error).__name__)

    shutdown = stop


class Beat(PersistentScheduler):  # type: ignore[misc]  # Celery has no types
    """Celery's scheduler, with a heartbeat."""

    _written_at = float("-inf")

    def tick(self, *args: Any, **options: Any) -> float:
        """One look at what is due; returns the seconds until the next look."""
        if time.monotonic() - self._written_at >= EVERY_S:
            beat_heart(BEAT_KEY)
            self._written_at = time.monotonic()
        wait: float = super().tick(*args, **options)
        return min(wait, EVERY_S)
