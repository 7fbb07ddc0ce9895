"""Tells every web process what changed, after the commit.

A change goes to bounded Redis streams, one for each group of topics, so that a thousand people who are told something
cannot push the board's changes out of reach. Each topic it touches has a counter; whoever holds a view of a topic knows
from the counter whether the view is older than the last change. A message that Redis could not take stays unpublished
in the event log, and the sweep sends it later: rows are found by being unpublished, never by being above some last id,
because ids do not commit in order.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, NamedTuple

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from guitara_app.kit.statements import text
from guitara_app.settings import settings

log = structlog.get_logger(__name__)


class Group(StrEnum):
    """Whom a topic is about: one person, everybody of a role, or one visit."""

    USER = "user"
    ROLE = "role"
    APPOINTMENT = "appointment"


_GROUPS = {
    **dict.fromkeys(("person", "hours", "profile", "inbox", "import", "revoke"), Group.USER),
    **dict.fromkeys(("appointment", "client", "evening"), Group.APPOINTMENT),
}
_STREAM_PREFIX = "live:changes:"
VERSION_PREFIX = "live:version:"
KEPT_MESSAGES = 1500
KEPT_MS = 10_000
VERSION_TTL_S = 2 * 24 * 3600

# A counter that Redis lost (restart, expiry) begins again at the time in ms, above every number it ever gave out.
_PUBLISH = """
local clock = redis.call('TIME')
local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
for i = 1, #ARGV do
  local message = cjson.decode(ARGV[i])
  for group, topics in pairs(message.groups) do
    local versions = {}
    for _, topic in ipairs(topics) do
      local key = KEYS[2] .. topic
      if redis.call('EXISTS', key) == 0 then redis.call('SET', key, ms) end
      versions[topic] = redis.call('INCR', key)
      redis.call('EXPIRE', key, tonumber(KEYS[5]))
    end
    redis.call('XADD', KEYS[1] .. group, 'MAXLEN', tonumber(KEYS[3]), '*',
      'kind', message.kind, 'at', message.at, 'visits', message.visits, 'topics', cjson.encode(versions))
  end
end
for i = 6, #KEYS do redis.call('XTRIM', KEYS[1] .. KEYS[i], 'MINID', (ms - tonumber(KEYS[4])) .. '-0') end
return #ARGV
"""

_PUBLISHED = text("UPDATE events SET published_at = clock_timestamp() WHERE id = ANY(:ids)")


class Change(NamedTuple):
    """One recorded event, as others are told of it: no value of any client is in it.

    ``committed_at`` is when, in seconds since 1970; 0 when that is now.
    """

    event_id: int
    kind: str
    topics: tuple[str, ...]
    committed_at: float = 0.0


_after_commit: list[Callable[[Sequence[Change]], None]] = []
_finishes_beside = False

# Each mark is a transaction; what is published within this time shares one. The sweep waits longer than that.
_COLLECT_S = 0.2
_unmarked: list[int] = []
_marking = threading.Lock()


def on_commit(tell: Callable[[Sequence[Change]], None]) -> None:
    """Call ``tell`` in this process with what was committed, after it was published; it must not raise."""
    if tell not in _after_commit:
        _after_commit.append(tell)


def finish_beside() -> None:
    """Let this process do in threads of their own what follows the sending: whoever clicked need not wait for it.

    What a killed process has not marked yet is sent once more by the sweep.
    """
    global _finishes_beside  # noqa: PLW0603
    _finishes_beside = True


@lru_cache(maxsize=1)
def live_redis() -> Redis:
    """The client for change messages, counters and heartbeats; gives up fast: a booking must not wait for it."""
    return Redis.from_url(
        settings().live_redis_url, decode_responses=True, socket_timeout=1.0, socket_connect_timeout=0.5
    )


def publish(engine: Engine, changes: Sequence[Change]) -> None:
    """Send ``changes``, mark them as sent, and tell of them; what cannot be sent now, the sweep sends later.

    What the changes tell of is committed: no trouble here may look like a refusal of it, or be a reason to repeat it.
    """
    if not _finishes_beside:
        sent = _send(changes)
        _tell(changes)
        if sent:
            _mark(engine, [change.event_id for change in changes])
        return
    # Begun before the browsers hear of it: what they are then sent keeps this process busy.
    _beside(_tell, changes)
    if _send(changes):
        _mark_soon(engine, changes)


def _send(changes: Sequence[Change]) -> bool:
    try:
        announce(changes)
    except RedisError as error:
        log.warning("changes not published", count=len(changes), error=type(error).__name__)
        return False
    return True


def _tell(changes: Sequence[Change]) -> None:
    for tell in _after_commit:
        tell(changes)


def _mark_soon(engine: Engine, changes: Sequence[Change]) -> None:
    with _marking:
        begin = not _unmarked
        _unmarked.extend(change.event_id for change in changes)
    if begin:
        _beside(_mark_collected, engine)


def _mark_collected(engine: Engine) -> None:
    time.sleep(_COLLECT_S)
    with _marking:
        event_ids = list(_unmarked)
        _unmarked.clear()
    _mark(engine, event_ids)


def _mark(engine: Engine, event_ids: Sequence[int]) -> None:
    try:
        with engine.begin() as connection:
            connection.execute(_PUBLISHED, {"ids": event_ids})
    except SQLAlchemyError as error:
        log.warning("changes not marked as published", count=len(event_ids), error=type(error).__name__)


def _beside(work: Callable[..., None], *arguments: object) -> None:
    _thread_of(work).submit(work, *arguments)


@cache
def _thread_of(_work: Callable[..., None]) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")


def _begin_anew() -> None:
    """A forked child has none of its parent's threads, so what those have in hand is not its own to finish."""
    _thread_of.cache_clear()
    _unmarked.clear()


os.register_at_fork(after_in_child=_begin_anew)


def announce(changes: Sequence[Change]) -> None:
    """Put ``changes`` on the streams and raise the counters of their topics, all or nothing.

    Raises:
        redis.exceptions.RedisError: Redis did not take them.
    """
    keys: list[Any] = [_STREAM_PREFIX, VERSION_PREFIX, KEPT_MESSAGES, KEPT_MS, VERSION_TTL_S, *Group]
    live_redis().eval(_PUBLISH, len(keys), *keys, *(_message(change) for change in changes))


def _message(change: Change) -> str:
    groups: dict[Group, list[str]] = {}
    for topic in change.topics:
        groups.setdefault(group_of(topic), []).append(topic)
    # As text: Lua's numbers, printed, have not enough digits.
    at = f"{change.committed_at or time.time():.6f}"
    visits = [topic.partition(":")[2] for topic in change.topics if topic.startswith("appointment:")]
    return json.dumps({"kind": change.kind, "at": at, "visits": " ".join(visits), "groups": groups})


def group_of(topic: str) -> Group:
    """Whom ``topic`` is about."""
    return _GROUPS.get(topic.partition(":")[0], Group.ROLE)


def stream_of(group: Group) -> str:
    """The stream that tells of changes to the topics of ``group``."""
    return _STREAM_PREFIX + group


def sweep(engine: Engine, *, older_than_s: float = 1.0, limit: int = 500) -> int:
    """Publish what a crash or a silent Redis left behind; returns how many events it sent."""
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT id, kind, topics, recorded_at FROM events WHERE published_at IS NULL"
                " AND recorded_at < clock_timestamp() - make_interval(secs => :age)"
                " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"age": older_than_s, "limit": limit},
        ).all()
        if not rows:
            return 0
        announce([Change(row.id, row.kind, tuple(row.topics), row.recorded_at.timestamp()) for row in rows])
        connection.execute(_PUBLISHED, {"ids": [row.id for row in rows]})
    return len(rows)
