"""What is new of a few visits goes ahead of the board it is on."""

from __future__ import annotations

import asyncio

import pytest

from guitara_app.live import views
from guitara_app.live.scopes import Scope
from guitara_app.live.views import Cause
from guitara_app.settings import Settings
from tests.live.one_view import CAUSE, DESK, World, until


def test_of_a_few_visits_the_news_goes_ahead_and_the_rest_follows(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        world.values, world.version = {"a": 2, "b": 2}, 2
        world.views.change(DESK, 2, Cause(0.0, frozenset({7})))
        world.views.change(DESK, 2, Cause(0.0, frozenset({8})))
        await world.sent(("desk", {"b": 2}))
        assert world.room.sent[-2:] == [("desk", {"a": 2}), ("desk", {"b": 2})]
        assert world.news == [{7, 8}]
        assert world.reads == 2
        # What may be about anything has no news.
        world.values, world.version = {"a": 3, "b": 3}, 3
        world.views.change(DESK, 3, CAUSE)
        await world.sent(("desk", {"a": 3, "b": 3}))
        assert len(world.news) == 1

    asyncio.run(story())


def test_news_do_not_wait_while_all_of_it_is_being_read_and_are_not_taken_back_by_it(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        world.board_gate.clear()
        world.values, world.version = {"a": 1, "b": 2}, 2
        world.views.change(DESK, 2, CAUSE)
        await until(lambda: world.reads == 2)
        # Read already, and not there yet, when the next change comes.
        world.values, world.version = {"a": 3, "b": 2}, 3
        world.views.change(DESK, 3, Cause(0.0, frozenset({3})))
        await world.sent(("desk", {"a": 3}))
        async with asyncio.timeout(2):
            await world.join("two")
        assert world.room.sent[-1] == ("two", {"a": 3, "b": 1})
        world.board_gate.set()
        await world.sent(("desk", {"b": 2}))
        assert world.news == [{3}, {3}]
        await until(lambda: world.reads == 3)
        assert world.room.sent[-1] == ("desk", {"b": 2})

    asyncio.run(story())


def test_news_from_before_all_of_it_was_read_are_not_put_on_top_of_it(world: World) -> None:
    others = Scope.road(), Scope.queue()

    async def story() -> None:
        for scope in (DESK, *others):
            await world.join(str(scope.kind), scope)
        world.gate.clear()
        for scope in others:
            world.views.change(scope, 2, CAUSE)
        await until(lambda: world.reads == 5)
        # All of the board waits for its turn, when the next change comes.
        world.board_gate.clear()
        world.news_gate.clear()
        world.values, world.version = {"a": 2, "b": 2}, 2
        world.views.change(DESK, 2, CAUSE)
        await asyncio.sleep(0.02)
        world.views.change(DESK, 2, Cause(0.0, frozenset({7})))
        await until(lambda: world.news == [{7}])
        world.gate.set()
        await until(lambda: world.reads == 6)
        world.news_gate.set()
        await until(lambda: ("desk", {"a": 2}) in world.room.sent)
        world.board_gate.set()
        await until(lambda: ("desk", {"b": 2}) in world.room.sent)
        assert world.news == [{7}]

    asyncio.run(story())


def test_news_do_not_wait_while_a_view_that_is_dear_to_read_rests(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "_REST", 10**6)
    monkeypatch.setattr(views, "_LONGEST_REST_S", 1.5)

    async def story() -> None:
        await world.join("one")
        world.values, world.version = {"a": 2, "b": 2}, 2
        world.views.change(DESK, 2, CAUSE)
        await world.sent(("desk", {"a": 2, "b": 2}))
        for number in range(3, 7):
            world.values, world.version = {"a": number, "b": number}, number
            world.views.change(DESK, number, Cause(0.0, frozenset({number})))
            await world.sent(("desk", {"a": number}))
        assert (world.reads, world.news) == (2, [{3}, {4}, {5}, {6}])
        await world.sent(("desk", {"b": 6}))
        assert world.reads == 3

    asyncio.run(story())


def test_news_that_never_end_do_not_keep_the_rest_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "settings", lambda: Settings(merge_window_ms=10))

    async def story() -> None:
        await world.join("one")
        number = 1
        async with asyncio.timeout(5):
            while not any("b" in values for to, values in world.room.sent if to == "desk"):
                number += 1
                world.values, world.version = {"a": number, "b": 2}, number
                world.views.change(DESK, number, Cause(0.0, frozenset({number})))
                await asyncio.sleep(0.002)
        assert world.news

    asyncio.run(story())


def test_news_that_cannot_be_read_come_with_the_rest(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        world.down = True
        world.values, world.version = {"a": 2, "b": 2}, 2
        world.views.change(DESK, 2, Cause(0.0, frozenset({7})))
        await until(lambda: world.reads == 2)
        world.down = False
        await world.sent(("desk", {"a": 2, "b": 2}))

    asyncio.run(story())
