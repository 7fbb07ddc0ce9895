"""Reports that cost much to make, kept in Redis for all processes until something they tell of changes.

A report is kept under its name, its arguments and the counters of the topics it depends on, as ``kit.outbox`` raises
them: a committed change makes what was kept before unreachable, and nobody has to remember to throw anything away.
Nothing is ever given out that is older than a change which had been committed before it was asked for:

- The counters are looked at before the database is, so that a change that lands while a report is made can only make
  the report newer than what it is kept under.
- Between a commit and its announcement the counters are not raised yet. Whoever asks looks first whether the event log
  holds an unannounced change of one of the topics, and then makes the report for themselves.
- A counter that Redis has lost begins again at the present time in ms, above every number it ever was. A restarted
  Redis may have lost the last second, and a replica that took over may not have had it yet: what was kept under the
  server before is not found under the new one.
- When Redis does not answer, the report is made, and nobody else is spared the work.

Of all that ask at once in all processes one makes the report, as Redis lets them; the others look every few
milliseconds whether it is there. A stale one meanwhile would be quicker, and would be older than a change.

What depends on who asks has no place here, unless who asks is one of the arguments.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Sequence
from datetime import timedelta
from functools import cache
from secrets import token_hex
from time import monotonic, sleep
from typing import Any, NamedTuple, TypeVar, cast

import structlog
from pydantic import TypeAdapter
from redis.exceptions import RedisError

from guitara_app.kit.database import reading
from guitara_app.kit.metrics import cache_read
from guitara_app.kit.outbox import VERSION_PREFIX, VERSION_TTL_S, live_redis
from guitara_app.kit.statements import text

log = structlog.get_logger(__name__)

T = TypeVar("T")

PREFIX = "cache:"
KEPT = timedelta(minutes=5)

# How long one process makes a report while the others wait for it; then each makes its own.
_MAKING_MS = 5_000
_WAIT_S = 3.0
_LOOK_S = 0.02
_SILENT_S = 1.0

_FIND = """
local clock = redis.call('TIME')
local ms = clock[1] * 1000 + math.floor(clock[2] / 1000)
local counters = {string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')}
for i = 4, #ARGV do
  local counter = KEYS[1] .. ARGV[i]
  if redis.call('EXISTS', counter) == 0 then redis.call('SET', counter, ms, 'EX', tonumber(ARGV[3])) end
  counters[#counters + 1] = redis.call('GET', counter)
end
local stand = redis.sha1hex(table.concat(counters, ' '))
local found = redis.call('HMGET', KEYS[2], 'stand', 'report')
if found[1] == stand then return {stand, found[2], 0} end
local ours = redis.call('SET', KEYS[2] .. ':made-by:' .. stand, ARGV[1], 'NX', 'PX', tonumber(ARGV[2]))
return {stand, false, ours and 1 or 0}
"""
_KEEP = """
local made_by = KEYS[1] .. ':made-by:' .. ARGV[2]
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'stand', ARGV[2], 'report', ARGV[3])
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]))
end
if redis.call('GET', made_by) == ARGV[1] then redis.call('DEL', made_by) end
"""
_UNTOLD = text(
    "SELECT EXISTS (SELECT FROM events WHERE published_at IS NULL AND topics && CAST(:topics AS text[])) AS untold"
)


class _Place(NamedTuple):
    """Where a report of these arguments is kept, how its counters stand, what there is, and whether it is ours to make.

    Of each there is one, the newest: a busy evening does not fill Redis with reports that nobody can reach any more.
    """

    key: str
    stand: str
    report: str | None
    ours: bool
    token: str


_silent_until = float("-inf")


def kept(
    name: str,
    *arguments: Any,
    topics: Sequence[str],
    make: Callable[[], T],
    shape: type[T],
    seconds: float = KEPT.total_seconds(),
) -> T:
    """What ``make`` gives, or gave lately to somebody who asked for the same, with nothing changed since. Blocking.

    Args:
        name: of the report, its own.
        arguments: all that it depends on besides the database, as JSON can say it.
        topics: those of every change that may change it.
        make: reads the database in a transaction of its own, which begins when it is called.
        shape: what comes out again; it went through JSON.
        seconds: how long it is kept at most, since the present moves on without any change.

    Raises:
        GuitaraError: whatever ``make`` raises.
    """
    adapter: TypeAdapter[T] = _adapter(cast("Hashable", shape))
    place = None if _untold(topics) else _find(f"{PREFIX}{name}:{_mark(arguments)}", topics)
    found = None if place is None else place.report or _awaited(place)
    cache_read("reports", hit=found is not None)
    if found is not None:
        return adapter.validate_json(found)
    return make() if place is None else adapter.validate_json(_made(place, make, adapter, seconds))


def _made(place: _Place, make: Callable[[], T], adapter: TypeAdapter[T], seconds: float) -> str:
    report = ""
    try:
        report = adapter.dump_json(make()).decode()
    finally:
        # Also when it could not be made: those who wait need not wait for a report that never comes.
        keep = (place.token, place.stand, report, int(seconds * 1000))
        _ask(lambda: live_redis().eval(_KEEP, 1, place.key, *keep))
    return report


def _awaited(place: _Place) -> str | None:
    """The report that somebody else is making; None when it is ours to make, or takes too long."""
    ends = monotonic() + _WAIT_S
    while not place.ours and monotonic() < ends:
        sleep(_LOOK_S)
        found = _ask(lambda: _look(place))
        if found is None or found.report is not None or not found.being_made:
            return found.report if found else None
    return None


class _Seen(NamedTuple):
    report: str | None
    being_made: bool


def _look(place: _Place) -> _Seen:
    with live_redis().pipeline() as pipe:
        pipe.exists(f"{place.key}:made-by:{place.stand}")
        pipe.hmget(place.key, ["stand", "report"])
        being_made, (stand, report) = pipe.execute()
    return _Seen(report if stand == place.stand else None, bool(being_made))


def _find(key: str, topics: Sequence[str]) -> _Place | None:
    """What is kept as the counters stand now; None when Redis does not say."""
    token = token_hex(8)
    found = _ask(
        lambda: live_redis().eval(_FIND, 2, VERSION_PREFIX, key, token, _MAKING_MS, VERSION_TTL_S, *sorted(topics))
    )
    return None if found is None else _Place(key, found[0], found[1], bool(found[2]), token)


def _untold(topics: Sequence[str]) -> bool:
    """Whether a change of one of the topics is committed and its counter may not have been raised yet."""
    with reading() as session:
        return bool(session.execute(_UNTOLD, {"topics": list(topics)}).scalar())


def _ask(redis: Callable[[], Any]) -> Any:
    """What Redis answers; None when it does not, and then it is not asked again for a moment: few wait for it."""
    global _silent_until  # noqa: PLW0603
    if monotonic() < _silent_until:
        return None
    try:
        return redis()
    except RedisError as error:
        _silent_until = monotonic() + _SILENT_S
        log.warning("cache does not answer", error=type(error).__name__)
        return None


def _mark(arguments: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(arguments).encode()).hexdigest()[:24]


@cache
def _adapter(shape: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("type[Any]", shape))
