"""The figures of the last hour, in Redis: where whoever measures puts them and whoever shows them takes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TypedDict

from redis import Redis

from guitara_app.monitoring.figures import Point
from guitara_app.monitoring.measures import HOUR_S
from guitara_app.monitoring.views import Often, ProcessRow

# A release with other figures keeps its own: nobody reads what another one has written.
_LATEST = f"monitor:latest:{len(Point._fields)}"
_HISTORY = f"monitor:history:{len(Point._fields)}"
_LEASE = "monitor:lease"
_MOST = 720

_HOLD = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_LET_GO = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class Latest(TypedDict):
    """The newest figures with all that is not kept for an hour."""

    point: list[object]
    processes: list[ProcessRow]
    sockets: dict[str, int]
    slow: list[Often]
    repeated: list[Often]
    alerts: list[str]


def hold(redis: Redis, token: str, seconds: float) -> bool:
    """Be the one who measures for so long; whether one is. Asking again in time keeps it.

    Raises:
        redis.exceptions.RedisError: Redis does not say.
    """
    return bool(redis.eval(_HOLD, 1, _LEASE, token, int(seconds * 1000)))


def let_go(redis: Redis, token: str) -> None:
    """Let another one measure at once."""
    redis.eval(_LET_GO, 1, _LEASE, token)


def keep(redis: Redis, points: Sequence[Point], latest: Latest | None) -> None:
    """Put figures where everybody finds them, oldest first, and the newest with all there is of them.

    All of it is gone an hour after.
    """
    with redis.pipeline() as pipe:
        pipe.lpush(_HISTORY, *(json.dumps(point) for point in points))
        pipe.ltrim(_HISTORY, 0, _MOST - 1)
        pipe.expire(_HISTORY, HOUR_S)
        if latest is not None:
            pipe.set(_LATEST, json.dumps(latest), ex=HOUR_S)
        pipe.execute()


def latest(redis: Redis) -> Latest | None:
    """The newest figures; None when nothing was measured within the hour."""
    found = redis.get(_LATEST)
    if found is None:
        return None
    read: Latest = json.loads(str(found))
    return read


def history(redis: Redis, *, minutes: float = 60) -> list[Point]:
    """The figures of the last ``minutes`` before the newest of them, oldest first."""
    found: list[Point] = []
    for line in redis.lrange(_HISTORY, 0, _MOST - 1):  # type: ignore[union-attr]  # one annotation for two clients
        with suppress(TypeError, ValueError):
            found.append(Point(*json.loads(line)))
    found.reverse()  # what was measured in one moment stays in its order
    found.sort(key=lambda point: point.at)
    return [point for point in found if point.at > found[-1].at - minutes * 60]
