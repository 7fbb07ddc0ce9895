"""Who has a page open, in whichever web process, as the processes say so in Redis.

What a process said is believed for half a minute, so that one that was killed is forgotten. All of it blocks, and
raises ``redis.exceptions.RedisError`` when Redis does not answer.
"""

from __future__ import annotations

import json
import time
from typing import Any, TypedDict

from guitara_app.kit.outbox import Change, announce, live_redis
from guitara_app.live.scopes import Scope

_KEY = "live:present"
_BELIEVED_S = 30.0


class Colleague(TypedDict):
    """Somebody of the desk, and the topics of what their pages show."""

    person_id: int
    name: str
    role: str
    at: list[str]


class Present(TypedDict):
    """Everybody who has a page open, by number; the desk by name."""

    online: dict[str, bool]
    desk: list[Colleague]


def present() -> Present:
    """What all processes say together."""
    online: set[str] = set()
    desk: dict[int, Colleague] = {}
    for one in _believed(_said()).values():
        online |= set(one["online"])
        for colleague in one["desk"]:
            add_colleague(desk, colleague)
    return as_present(online, desk)


def add_colleague(desk: dict[int, Colleague], one: Colleague) -> None:
    """Note in ``desk`` that this person is there, and what they look at besides."""
    known = desk.setdefault(one["person_id"], {**one, "at": []})
    known["at"] = sorted({*known["at"], *one["at"]})


def as_present(online: set[str], desk: dict[int, Colleague]) -> Present:
    """In an order that is always the same."""
    return {
        "online": dict.fromkeys(sorted(online), True),
        "desk": sorted(desk.values(), key=lambda one: (one["name"], one["person_id"])),
    }


def say(process: str, mine: Present, *, news: bool) -> None:
    """Say who is there in ``process``, forget processes that fell silent, and tell everybody if that is ``news``."""
    live_redis().hset(_KEY, process, json.dumps({"said_at": time.time(), **mine}))
    said = _said()
    gone = said.keys() - _believed(said).keys()
    if gone:
        live_redis().hdel(_KEY, *gone)
    if gone or news:
        _tell()


def leave(process: str) -> None:
    """Nobody is there in ``process`` any more."""
    live_redis().hdel(_KEY, process)
    _tell()


def _said() -> dict[str, Any]:
    # redis-py has one annotation for its two clients.
    found: Any = live_redis().hgetall(_KEY)
    return {name: json.loads(words) for name, words in found.items()}


def _believed(said: dict[str, Any]) -> dict[str, Any]:
    oldest = time.time() - _BELIEVED_S
    return {name: one for name, one in said.items() if one["said_at"] >= oldest}


def _tell() -> None:
    announce([Change(0, "presence", (Scope.presence().topic,))])
