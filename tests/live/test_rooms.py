"""Whose socket it is, in the moments where rights change while a page loads."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.kit.errors import NotAllowed, Unavailable
from guitara_app.live import rooms as rooms_module
from guitara_app.live.rooms import Rooms
from guitara_app.live.scopes import Scope

ANA = Actor(12, Role.OPERATOR, "Ana")
STATE: Any = SimpleNamespace(
    router=SimpleNamespace(session=SimpleNamespace(session_id="sid"), headers=SimpleNamespace(raw_headers={}))
)


class Sockets:
    """Stands for the channel and the views behind it: one socket, and what was done with it."""

    def __init__(self) -> None:
        self.inside: set[str] = set()
        self.last_words: list[str] = []

    def connected(self, sid: str) -> bool:
        """Until it was closed."""
        return sid == "sid" and not self.last_words

    def join(self, sid: str, scope: Scope) -> bool:
        """Enter."""
        if self.connected(sid):
            self.inside.add(scope.topic)
        return self.connected(sid)

    def joined(self, sid: str, scope: Scope) -> bool:
        """Whether it is in the room."""
        del sid
        return scope.topic in self.inside

    def look_after(self, sid: str, came_back: Any) -> None:
        """Nobody answers here."""

    def leave_all(self, sid: str, *, but: Iterable[Scope] = ()) -> None:
        """Leave all but these."""
        del sid
        self.inside &= {scope.topic for scope in but}

    async def close(self, sid: str, last_words: Any) -> None:
        """Close."""
        self.leave_all(sid)
        self.last_words.append(str(last_words))

    def of(self, scope: Scope) -> Any:
        """A view that only lets in."""
        del scope

        async def show(sid: str, enter: Any, had: Any = None) -> None:
            del sid, had
            enter()

        return SimpleNamespace(show=show, mark=None)


class World:
    """The rooms of one process and who the socket's cookie belongs to now."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.actor: Actor | None = ANA
        self.down = False
        self.version = 1
        self.forgotten: list[int] = []
        self.sockets: Any = Sockets()
        self.rooms = Rooms(self.sockets, self.sockets, self._identify)
        self.rooms.on_revoke(self.forgotten.append)
        monkeypatch.setattr(rooms_module, "versions", self._versions)

    def _identify(self, headers: Mapping[str, str]) -> Actor | None:
        del headers
        if self.down:
            raise Unavailable("The database does not answer.")
        return self.actor

    async def _versions(self, topics: Sequence[str]) -> list[int] | None:
        return [self.version for _ in topics]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    return World(monkeypatch)


def test_recognised_before_and_seated_after_the_account_was_disabled(world: World) -> None:
    async def story() -> None:
        world.actor = None
        await world.rooms.revoke(12)
        await world.rooms.watch(STATE, ANA, Scope.desk())
        assert world.sockets.inside == set()
        assert "/login" in world.sockets.last_words[0]
        assert world.forgotten == [12]

    asyncio.run(story())


def test_rights_that_did_not_change_keep_the_page(world: World) -> None:
    async def story() -> None:
        await world.rooms.watch(STATE, ANA, Scope.desk())
        await world.rooms.revoke(12)
        await world.rooms.revoke(13)
        assert world.sockets.inside == {"desk"}
        assert not world.sockets.last_words

    asyncio.run(story())


def test_rights_that_cannot_be_checked_after_a_revocation_end(world: World) -> None:
    async def story() -> None:
        await world.rooms.watch(STATE, ANA, Scope.desk())
        world.down = True
        await world.rooms.check_all()
        assert world.sockets.inside == {"desk"}
        await world.rooms.revoke(12)
        assert world.sockets.inside == set()

    asyncio.run(story())


def test_a_session_that_ends_by_the_clock(world: World) -> None:
    async def story() -> None:
        await world.rooms.watch(STATE, ANA, Scope.desk())
        world.actor = None
        await world.rooms.check_all()
        assert world.sockets.last_words

    asyncio.run(story())


def test_a_counter_that_moved_on_without_a_message(world: World) -> None:
    async def story() -> None:
        await world.rooms.watch(STATE, ANA, Scope.desk())
        await world.rooms.compare()
        world.actor = None
        await world.rooms.compare()
        assert not world.sockets.last_words
        world.version = 2
        await world.rooms.compare()
        assert world.sockets.last_words

    asyncio.run(story())


def test_a_page_that_may_not_be_seen_leaves_the_one_before(world: World) -> None:
    async def story() -> None:
        await world.rooms.watch(STATE, ANA, Scope.desk())
        with pytest.raises(NotAllowed):
            await world.rooms.watch(STATE, ANA, Scope.person(99))
        assert world.sockets.inside == set()
        await world.rooms.watch(STATE, ANA, Scope.desk())
        await world.rooms.watch(STATE, None, None)
        assert world.sockets.inside == set()

    asyncio.run(story())
