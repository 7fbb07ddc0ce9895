"""One view by itself: what it does when reading fails, is cancelled, or is long ago."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from guitara_app.kit.errors import Unavailable
from guitara_app.live import readers, views
from guitara_app.live.scopes import Scope
from guitara_app.live.views import Views

DESK = Scope.desk()


class Room:
    """Stands for the sockets of a process: who is in the room, and what was sent to whom."""

    def __init__(self) -> None:
        self.inside: set[str] = set()
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def members(self, scope: Scope) -> int:
        """How many are in the room."""
        del scope
        return len(self.inside)

    async def send(self, to: str, scope: Scope, values: dict[str, Any]) -> None:
        """Note what was sent."""
        del scope
        self.sent.append((to, dict(values)))

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
        self.room = Room()
        self.views = Views(self.room)  # type: ignore[arg-type]  # stands for a Channel
        monkeypatch.setattr(readers, "read", self._read)
        monkeypatch.setattr(views, "versions", self._versions)
        monkeypatch.setattr(views, "_RETRY_S", 0.02)

    def _read(self, scope: Scope) -> dict[str, Any]:
        del scope
        self.reads += 1
        if self.down:
            raise Unavailable("The database does not answer.")
        read = dict(self.values)
        self.gate.wait(5)
        return read

    async def _versions(self, topics: Sequence[str]) -> list[int] | None:
        return None if self.version is None else [self.version for _ in topics]

    async def join(self, sid: str) -> None:
        """A newcomer."""
        await self.views.of(DESK).show(sid, self.room.enter(sid))

    async def sent(self, expected: tuple[str, dict[str, Any]]) -> None:
        """Wait until this was the last that was sent."""
        await _until(lambda: self.room.sent[-1:] == [expected])


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in threads and in the code under test
            await asyncio.sleep(0.005)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_a_newcomer_gets_all_and_the_room_gets_what_changed(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        assert world.room.sent == [("one", {"a": 1, "b": 1})]
        world.values, world.version = {"a": 1, "b": 2}, 2
        world.views.change(DESK, 2)
        await world.sent(("desk", {"b": 2}))
        await world.join("two")
        assert world.room.sent[-1] == ("two", {"a": 1, "b": 2})
        assert world.reads == 2

    asyncio.run(story())


def test_an_old_message_causes_no_read(world: World) -> None:
    async def story() -> None:
        world.version = 7
        await world.join("one")
        world.views.change(DESK, 7)
        world.views.change(DESK, 6)
        await asyncio.sleep(0.05)
        assert world.reads == 1

    asyncio.run(story())


def test_a_silent_database_leaves_what_is_known_and_sends_the_rest_later(world: World) -> None:
    async def story() -> None:
        world.down = True
        await world.join("one")
        assert world.room.sent == []
        assert world.room.inside == {"one"}
        world.down = False
        await world.sent(("desk", {"a": 1, "b": 1}))
        world.down, world.version = True, 2
        await world.join("two")
        assert world.room.sent[-1] == ("two", {"a": 1, "b": 1})
        world.values, world.down = {"a": 2, "b": 1}, False
        await world.sent(("desk", {"a": 2}))

    asyncio.run(story())


def test_many_who_join_do_not_each_wait_for_the_same_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        monkeypatch.setattr(views, "_RETRY_S", 5.0)
        world.down = True
        await asyncio.gather(*(world.join(str(number)) for number in range(50)))
        assert world.reads == 1

    asyncio.run(story())


def test_a_page_that_is_left_while_it_reads_loses_nothing_for_others(world: World) -> None:
    async def story() -> None:
        await world.join("stays")
        world.values, world.version = {"a": 5, "b": 1}, 2
        world.gate.clear()
        leaving = asyncio.create_task(world.join("leaves"))
        await _until(lambda: world.reads == 2)
        leaving.cancel()
        world.gate.set()
        await world.sent(("desk", {"a": 5}))
        assert world.room.inside == {"stays"}

    asyncio.run(story())


def test_without_counters_a_view_is_not_trusted_for_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        world.version = None
        await world.join("one")
        await world.join("two")
        assert world.reads == 1
        monkeypatch.setattr(views, "_MAX_AGE_UNSURE_S", 0.0)
        await world.join("three")
        assert world.reads == 2

    asyncio.run(story())


def test_the_present_is_read_again_although_nothing_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        await world.join("one")
        world.values = {"a": 1, "b": 9}
        world.views.refresh_aged()
        await asyncio.sleep(0.02)
        assert world.reads == 1
        monkeypatch.setattr(views, "MAX_AGE_S", 0.0)
        world.views.refresh_aged()
        await world.sent(("desk", {"b": 9}))

    asyncio.run(story())


def test_a_topic_that_moved_on_without_a_message_is_found(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        world.values, world.version = {"a": 3, "b": 1}, 2
        await world.views.compare()
        await world.sent(("desk", {"a": 3}))

    asyncio.run(story())


def test_what_nobody_watches_is_not_read_and_is_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        await world.join("one")
        view = world.views.of(DESK)
        world.room.inside.clear()
        world.views.change(DESK, 2)
        await asyncio.sleep(0.02)
        assert world.reads == 1
        world.views.refresh_aged()
        assert world.views.of(DESK) is view
        monkeypatch.setattr(views, "_UNUSED_S", 0.0)
        world.views.refresh_aged()
        assert world.views.of(DESK) is not view

    asyncio.run(story())
