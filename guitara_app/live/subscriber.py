"""Follows the streams of changes, one reader for each web process, and never stops.

What a stream may have lost is found again: after a new connection, after a pause longer than the stream keeps its
messages and after a burst longer than a stream what is watched is read again, and versions are compared regularly.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from guitara_app.kit.metrics import STREAM_LAG_SECONDS
from guitara_app.kit.outbox import KEPT_MESSAGES, KEPT_MS, Group, stream_of
from guitara_app.live.rooms import Rooms
from guitara_app.live.scopes import revoked_person, scopes_of
from guitara_app.live.views import Cause, Views
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

_BLOCK_MS = 4_000
_GAP_S = KEPT_MS / 1000 - 0.5
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0

_TICK_S = 1.0
_TICKS_TO_COMPARE = 15
_TICKS_TO_CHECK = 60

_GROUP_OF = {stream_of(group): group for group in Group}


class Subscriber:
    """Turns messages into changed views and revoked sockets."""

    def __init__(self, views: Views, rooms: Rooms) -> None:
        self._views = views
        self._rooms = rooms
        self._revoking: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled, whatever Redis does."""
        await asyncio.gather(self._follow(), self._look_after())

    async def _follow(self) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            started = monotonic()
            try:
                await self._read_streams()
            except Exception as error:
                log.warning("streams of changes lost", error=type(error).__name__)
            pause = _FIRST_PAUSE_S if monotonic() - started > _LONGEST_PAUSE_S else min(2 * pause, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause)

    async def _read_streams(self) -> None:
        # One connection and no silent second try: whenever it breaks, this ends, and what came meanwhile is read again.
        client = Redis.from_url(
            settings().live_redis_url,
            decode_responses=True,
            single_connection_client=True,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=_BLOCK_MS / 1000 + 3,
            socket_connect_timeout=1.0,
        )
        async with client:
            last: dict[Any, Any] = {stream_of(group): await _newest(client, stream_of(group)) for group in Group}
            self._views.resync()
            await self._rooms.compare()
            while True:
                asked = monotonic()
                found = await client.xread(last, block=_BLOCK_MS)
                paused = monotonic() - asked > _GAP_S
                for stream, messages in found:
                    last[stream] = messages[-1][0]
                overrun = {_GROUP_OF[stream] for stream, messages in found if len(messages) >= KEPT_MESSAGES}
                if paused or overrun:
                    log.warning("fell behind the streams of changes", paused=paused, groups=sorted(overrun))
                    self._views.resync(None if paused else overrun)
                    await self._rooms.compare()
                for _, messages in found:
                    for _, message in messages:
                        visits = frozenset(int(number) for number in message["visits"].split())
                        self._take(json.loads(message["topics"]), Cause(float(message["at"]), visits))

    def _take(self, topics: dict[str, int], cause: Cause) -> None:
        STREAM_LAG_SECONDS.observe(max(0.0, time.time() - cause.committed_at))
        for topic, version in topics.items():
            person = revoked_person(topic)
            if person is not None:
                task = asyncio.create_task(self._rooms.revoke(person), name=f"revoke {person}")
                self._revoking.add(task)
                task.add_done_callback(self._revoked)
            for scope in scopes_of(topic):
                self._views.change(scope, version, cause)

    def _revoked(self, task: asyncio.Task[None]) -> None:
        self._revoking.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("sockets not closed", exc_info=error)

    async def _look_after(self) -> None:
        chores: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (_TICKS_TO_COMPARE, self._views.compare),
            (_TICKS_TO_COMPARE, self._rooms.compare),
            (_TICKS_TO_CHECK, self._rooms.check_all),
        ]
        tick = 0
        while True:
            await asyncio.sleep(_TICK_S)
            tick += 1
            self._views.refresh_aged()
            for every, chore in chores:
                if tick % every == 0:
                    try:
                        await chore()
                    except Exception:
                        log.exception("live upkeep failed", chore=chore.__qualname__)


async def _newest(client: Redis, stream: str) -> str:
    """The id of the last message of ``stream``."""
    newest = await client.xrevrange(stream, count=1)
    return str(newest[0][0]) if newest else "0-0"
