"""One view by itself, with what is read of it and who is in its room both in the hands of a test."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from guitara_app.kit.errors import Unavailable
from guitara_app.live import readers, reading, views
from guitara_app.live.scopes import Kind, Scope
from guitara_app.live.views import Cause, Mark, Views

DESK = Scope.desk()
CAUSE = Cause(0.0, frozenset())


class Room:
    """Stands for the sockets of a process: who is in the room, and what was sent to whom."""

    def __init__(self) -> None:
        self.inside: set[str] = set()
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def members(self, scope: Scope) -> int:
        """How many are in the room."""
        del scope
        return len(self.inside)

    def frame(self, scope: Scope, values: dict[str, Any]) -> dict[str, Any]:
        """What is sent, as it is."""
        del scope
        return values

    def put(self, to: str, values: dict[str, Any]) -> int:
        """Note what was sent, without its place in the order of what was."""
        plain = dict(values)
        after = plain.pop("after", None)
        rev = plain.pop("rev")
        # The same: that nothing is new.
        assert after in (None, rev - 1, rev)
        self.sent.append((to, plain))
        return len(self.inside)

    def enter(self, sid: str) -> Callable[[], bool]:
        """What a newcomer does when it is let in."""

        def entered() -> bool:
            self.inside.add(sid)
            return True

        return entered


class World:
    """What is read and which version it has; a test changes both."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.values: dict[str, Any] = {"a": 1, "b": 1}
        self.version: int | None = 1
        self.down = False
        self.reads = 0
        self.gate = threading.Event()
        self.gate.set()
        self.board_gate = threading.Event()
        self.board_gate.set()
        self.news_gate = threading.Event()
        self.news_gate.set()
        self.room = Room()
        self.views = Views(self.room)  # type: ignore[arg-type]  # stands for a Channel
        self.news: list[frozenset[int]] = []
        self.together: list[list[int]] = []
        monkeypatch.setattr(readers, "read", self._read)
        monkeypatch.setattr(readers, "read_many", self._read_many)
        monkeypatch.setattr(readers, "read_news", self._read_news)
        for module in (views, reading):
            monkeypatch.setattr(module, "versions", self._versions)
        monkeypatch.setattr(views, "_RETRY_S", 0.02)

    def _read_many(self, kind: Kind, keys: Sequence[int]) -> dict[int, dict[str, Any]]:
        self.together.append(list(keys))
        self.reads += len(keys) - 1
        read = self._read(Scope(kind, keys[0]))
        return {key: dict(read) for key in keys}

    def _read(self, scope: Scope) -> dict[str, Any]:
        self.reads += 1
        if self.down:
            raise Unavailable("The database does not answer.")
        read = dict(self.values)
        (self.board_gate if scope == DESK else self.gate).wait(5)
        return read

    def _read_news(self, scope: Scope, before: dict[str, Any], visits: frozenset[int]) -> dict[str, Any]:
        del scope
        self.news.append(visits)
        if self.down:
            raise Unavailable("The database does not answer.")
        self.news_gate.wait(5)
        return {"a": self.values["a"]} if self.values["a"] != before["a"] else {}

    async def _versions(self, topics: Sequence[str]) -> list[int] | None:
        return None if self.version is None else [self.version for _ in topics]

    async def join(self, sid: str, scope: Scope = DESK, had: Mark | None = None) -> None:
        """A newcomer, or somebody who comes back with what they ``had``."""
        await self.views.of(scope).show(sid, self.room.enter(sid), had)

    async def sent(self, expected: tuple[str, dict[str, Any]]) -> None:
        """Wait until this was the last that was sent."""
        await until(lambda: self.room.sent[-1:] == [expected])


async def until(condition: Callable[[], bool]) -> None:
    """Wait until ``condition`` holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in threads and in the code under test
            await asyncio.sleep(0.005)
