"""The counters that say how new a topic is, as ``guitara_app.kit.outbox`` raises them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from guitara_app.kit.outbox import VERSION_PREFIX
from guitara_app.settings import settings


@lru_cache(maxsize=1)
def _client() -> Redis:
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            settings().live_redis_url,
            decode_responses=True,
            socket_timeout=1.0,
            socket_connect_timeout=0.5,
            max_connections=8,
            timeout=1,
            retry=Retry(NoBackoff(), 1),
        )
    )


async def versions(topics: Sequence[str]) -> list[int] | None:
    """How often each topic was changed (0: never, or Redis lost count); None when Redis does not say."""
    if not topics:
        return []
    try:
        found = await _client().mget([VERSION_PREFIX + topic for topic in topics])
    except RedisError:
        return None
    return [int(number or 0) for number in found]
