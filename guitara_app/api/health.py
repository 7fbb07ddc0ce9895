"""``/health``: whether each part this system needs is alive, asked without ever holding up the pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

from guitara_app.kit.database import engine
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

WORKER_HEARTBEATS = "guitara:heartbeat:worker:*"
BEAT_HEARTBEAT = "guitara:heartbeat:beat"
FRESH_S = 30.0
_PROBE_LIMIT_S = 2.0
_ANSWER_KEPT_S = 1.0

# Probes have a thread of their own: a silent database must not use up those the pages need.
_prober = ThreadPoolExecutor(max_workers=2, thread_name_prefix="health")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing the system needs, and how long it took to answer."""

    ok: bool
    ms: float


class Health:
    """Asks each part at most once a second, however often it is asked itself."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._parts: dict[str, Part] = {}
        self._asked_at = float("-inf")

    async def answer(self, _request: Request) -> JSONResponse:
        """200 when every part is well, else 503; the parts are named, their addresses are not."""
        parts = await self.parts()
        well = all(part.ok for part in parts.values())
        body = {
            "status": "ok" if well else "failing",
            "parts": {name: {"ok": part.ok, "ms": part.ms} for name, part in parts.items()},
        }
        return JSONResponse(body, 200 if well else 503, headers={"cache-control": "no-store"})

    async def parts(self) -> dict[str, Part]:
        """How every part does right now."""
        async with self._lock:
            if time.monotonic() - self._asked_at > _ANSWER_KEPT_S:
                probes = {"database": _database, "redis": _redis, "worker": _worker, "beat": _beat}
                found = await asyncio.gather(*(_timed(name, probe) for name, probe in probes.items()))
                self._parts = dict(zip(probes, found, strict=True))
                self._asked_at = time.monotonic()
            return self._parts


async def _timed(name: str, probe: Callable[[], Awaitable[bool]]) -> Part:
    start = time.perf_counter()
    try:
        ok = await asyncio.wait_for(probe(), _PROBE_LIMIT_S)
    except (TimeoutError, RedisError, SQLAlchemyError, OSError) as error:
        log.warning("health probe failed", part=name, error=type(error).__name__)
        ok = False
    return Part(ok, round((time.perf_counter() - start) * 1000, 1))


async def _database() -> bool:
    def ask() -> bool:
        with engine().connect() as connection:
            return bool(connection.execute(text("SELECT 1")).scalar() == 1)

    return await asyncio.get_running_loop().run_in_executor(_prober, ask)


@lru_cache(maxsize=1)
def _client() -> Redis:
    return Redis.from_url(
        settings().live_redis_url, decode_responses=True, socket_timeout=_PROBE_LIMIT_S, socket_connect_timeout=1.0
    )


async def _redis() -> bool:
    # redis-py has one annotation for its two clients.
    return bool(await cast("Awaitable[bool]", _client().ping()))


async def _worker() -> bool:
    beats = [key async for key in _client().scan_iter(match=WORKER_HEARTBEATS, count=1000)]
    return bool(beats) and any(_fresh(beat) for beat in await _client().mget(beats))


async def _beat() -> bool:
    return _fresh(await _client().get(BEAT_HEARTBEAT))


def _fresh(beat: str | None) -> bool:
    try:
        return beat is not None and abs(time.time() - float(beat)) < FRESH_S
    except ValueError:
        return False
