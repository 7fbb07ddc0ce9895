"""``/health``: whether each part this system needs is well, asked without ever holding up the pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from sqlalchemy import Engine, NullPool, create_engine
from starlette.requests import Request
from starlette.responses import JSONResponse

from guitara_app.api.onlookers import may_look
from guitara_app.api.recent import Figures, Recent
from guitara_app.kit.release import release
from guitara_app.kit.signs import BEAT_KEY, FRESH_S, QUEUES, WORKER_KEY, is_fresh, sign_age
from guitara_app.kit.statements import text
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

_PROBE_LIMIT_S = 2.0
_ANSWER_KEPT_S = 1.0

# Probes have a thread of their own: a silent database must not use up those the pages need.
_prober = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health")


class Unwell(Exception):
    """A part answers, and what it says is not good."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing the system needs, how long it took to answer, and when it is not well, why."""

    ok: bool
    ms: float
    says: str = ""

    def told(self) -> dict[str, Any]:
        """As it is sent."""
        return {"ok": self.ok, "ms": self.ms} | ({"says": self.says} if self.says else {})


@dataclass(slots=True)
class Vitals:
    """Everything that health knows at one moment. Ages in seconds; None when there was no sign of life."""

    parts: dict[str, Part] = field(default_factory=dict)
    workers: dict[str, float | None] = field(default_factory=dict)
    beat_age_s: float | None = None
    queues: dict[str, int] = field(default_factory=dict)
    figures: Figures | None = None

    @property
    def failing(self) -> list[str]:
        """The parts that are not well."""
        return [name for name, part in self.parts.items() if not part.ok]


class Health:
    """Asks each part at most once a second, however often it is asked itself."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._recent = Recent()
        self._vitals = Vitals()
        self._asked_at = float("-inf")

    async def answer(self, request: Request) -> JSONResponse:
        """200 when every part is well, else 503. Names and figures are for those who may see the metrics."""
        found = await self.vitals()
        body: dict[str, Any] = {
            "status": "failing" if found.failing else "ok",
            "failing": found.failing,
            "version": release(),
            "parts": {name: part.told() for name, part in found.parts.items()},
        }
        if may_look(request):
            body |= {
                "workers": {name: {"ok": is_fresh(age), "age_s": age} for name, age in sorted(found.workers.items())},
                "beat_age_s": found.beat_age_s,
                "queues": found.queues,
                **(found.figures or {}),
            }
        return JSONResponse(body, 503 if found.failing else 200, headers={"cache-control": "no-store"})

    async def vitals(self) -> Vitals:
        """How everything does right now."""
        async with self._lock:
            if time.monotonic() - self._asked_at > _ANSWER_KEPT_S:
                self._vitals = await self._ask()
                self._asked_at = time.monotonic()
            return self._vitals

    async def _ask(self) -> Vitals:
        found = Vitals()
        probes: dict[str, Callable[[Vitals], Awaitable[None]]] = {
            "database": _database,
            "redis": _redis,
            "worker": _worker,
            "beat": _beat,
            "queue": _queue,
            "stream": self._stream,
        }
        parts = await asyncio.gather(*(_timed(name, probe(found)) for name, probe in probes.items()))
        found.parts = dict(zip(probes, parts, strict=True))
        return found

    async def _stream(self, found: Vitals) -> None:
        found.figures = await self._recent.figures()
        lag = found.figures["stream_lag_ms"]["p95"] if found.figures else None
        most = settings().stream_lag_limit_ms
        if lag is not None and lag > most:
            raise Unwell(f"Changes reach the web processes {lag:,.0f} ms late; {most:,} are allowed.")


async def _timed(name: str, probe: Awaitable[None]) -> Part:
    start, says = time.perf_counter(), ""
    try:
        await asyncio.wait_for(probe, _PROBE_LIMIT_S)
    except Unwell as unwell:
        says = str(unwell)
    except Exception as error:
        # Whatever it is: health is there to tell of it, not to fail with it.
        says = "It does not answer."
        log.warning("health probe failed", part=name, error=type(error).__name__)
    return Part(not says, round((time.perf_counter() - start) * 1000, 1), says)


async def _database(_found: Vitals) -> None:
    def ask() -> None:
        with _own_connection(settings().sqlalchemy_url).connect() as connection:
            connection.execute(text("SELECT 1"))

    await asyncio.get_running_loop().run_in_executor(_prober, ask)


@lru_cache(maxsize=1)
def _own_connection(url: str) -> Engine:
    # A process whose connections are all busy has much to do; that is not a database that does not answer.
    options = f"-c statement_timeout={_PROBE_LIMIT_S * 1000:.0f}"
    arguments = {"connect_timeout": int(_PROBE_LIMIT_S), "application_name": "guitara-health", "options": options}
    return create_engine(url, poolclass=NullPool, connect_args=arguments)


@lru_cache(maxsize=2)
def _client(url: str) -> Redis:
    return Redis.from_url(url, decode_responses=True, socket_timeout=_PROBE_LIMIT_S, socket_connect_timeout=1.0)


def _live() -> Redis:
    return _client(settings().live_redis_url)


async def _redis(_found: Vitals) -> None:
    # redis-py has one annotation for its two clients.
    await cast("Awaitable[bool]", _live().ping())


async def _worker(found: Vitals) -> None:
    keys = [key async for key in _live().scan_iter(match=f"{WORKER_KEY}*", count=1000)]
    signs = await _live().mget(keys) if keys else []
    found.workers = {key.removeprefix(WORKER_KEY): sign_age(sign) for key, sign in zip(keys, signs, strict=True)}
    if not any(is_fresh(age) for age in found.workers.values()):
        raise Unwell(f"No worker has given a sign of life for {FRESH_S:.0f} s. Start one with ./guitara worker.")


async def _beat(found: Vitals) -> None:
    found.beat_age_s = sign_age(await _live().get(BEAT_KEY))
    if not is_fresh(found.beat_age_s):
        raise Unwell(f"Beat has given no sign of life for {FRESH_S:.0f} s. Start it with ./guitara beat.")


async def _queue(found: Vitals) -> None:
    async with _client(settings().broker_redis_url).pipeline(transaction=False) as pipe:
        for name in QUEUES:
            pipe.llen(name)
        found.queues = dict(zip(QUEUES, await pipe.execute(), strict=True))
    most = settings().queue_limit
    deep = [f"{name} ({depth:,})" for name, depth in found.queues.items() if depth > most]
    if deep:
        raise Unwell(f"Too many tasks wait: {', '.join(deep)}; {most:,} are allowed. Start more workers.")
