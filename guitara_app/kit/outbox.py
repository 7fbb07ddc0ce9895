"""Tells every web process what changed, after the commit.

A change goes to one bounded Redis stream. Each topic it touches has a counter; whoever holds a view of a topic knows
from the counter whether the view is older than the last change. A message that Redis could not take stays unpublished
in the event log, and the sweep sends it later: rows are found by being unpublished, never by being above some last id,
because ids do not commit in order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from guitara_app.settings import settings

log = structlog.get_logger(__name__)

STREAM = "live:changes"
VERSION_PREFIX = "live:version:"
KEPT_MESSAGES = 1500
KEPT_MS = 10_000
_VERSION_TTL_S = 2 * 24 * 3600

# A counter that Redis lost (restart, expiry) begins again at the time in ms, above every number it ever gave out.
_PUBLISH = """
local clock = redis.call('TIME')
local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
for i = 1, #ARGV do
  local message = cjson.decode(ARGV[i])
  local versions = {}
  for _, topic in ipairs(message.topics) do
    local key = KEYS[2] .. topic
    if redis.call('EXISTS', key) == 0 then redis.call('SET', key, ms) end
    versions[topic] = redis.call('INCR', key)
    redis.call('EXPIRE', key, tonumber(KEYS[5]))
  end
  redis.call('XADD', KEYS[1], 'MAXLEN', tonumber(KEYS[3]), '*', 'kind', message.kind, 'topics', cjson.encode(versions))
end
redis.call('XTRIM', KEYS[1], 'MINID', (ms - tonumber(KEYS[4])) .. '-0')
return #ARGV
"""


class Change(NamedTuple):
    """One recorded event, as others are told of it: no value of any client is in it."""

    event_id: int
    kind: str
    topics: tuple[str, ...]


@lru_cache(maxsize=1)
def live_redis() -> Redis:
    """The client for change messages, counters and heartbeats; gives up fast: a booking must not wait for it."""
    return Redis.from_url(
        settings().live_redis_url, decode_responses=True, socket_timeout=1.0, socket_connect_timeout=0.5
    )


def publish(engine: Engine, changes: Sequence[Change]) -> bool:
    """Send ``changes`` and mark them as sent; False when that failed (the sweep will try again).

    What the changes tell of is committed: no trouble here may look like a refusal of it, or be a reason to repeat it.
    """
    try:
        announce(changes)
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE events SET published_at = clock_timestamp() WHERE id = ANY(:ids)"),
                {"ids": [change.event_id for change in changes]},
            )
    except (RedisError, SQLAlchemyError) as error:
        log.warning("changes not published", count=len(changes), error=type(error).__name__)
        return False
    return True


def announce(changes: Sequence[Change]) -> None:
    """Put ``changes`` on the stream and raise the counters of their topics, all or nothing.

    Raises:
        redis.exceptions.RedisError: Redis did not take them.
    """
    keys: list[Any] = [STREAM, VERSION_PREFIX, KEPT_MESSAGES, KEPT_MS, _VERSION_TTL_S]
    messages = [json.dumps({"kind": change.kind, "topics": change.topics}) for change in changes]
    live_redis().eval(_PUBLISH, len(keys), *keys, *messages)


def sweep(engine: Engine, *, older_than_s: float = 1.0, limit: int = 500) -> int:
    """Publish what a crash or a silent Redis left behind; returns how many events it sent."""
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT id, kind, topics FROM events WHERE published_at IS NULL"
                " AND recorded_at < clock_timestamp() - make_interval(secs => :age)"
                " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"age": older_than_s, "limit": limit},
        ).all()
        if not rows:
            return 0
        announce([Change(row.id, row.kind, tuple(row.topics)) for row in rows])
        connection.execute(
            text("UPDATE events SET published_at = clock_timestamp() WHERE id = ANY(:ids)"),
            {"ids": [row.id for row in rows]},
        )
    return len(rows)
