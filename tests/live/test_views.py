"""One view by itself: what it does when reading fails, is cancelled, or is long ago."""

from __future__ import annotations

import asyncio

import pytest

from guitara_app.kit import metrics
from guitara_app.live import views
from guitara_app.live.scopes import Scope
from guitara_app.live.views import Views
from guitara_app.settings import Settings
from tests.live.one_view import CAUSE, DESK, World, until


def test_a_newcomer_gets_all_and_the_room_gets_what_changed(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        assert world.room.sent == [("one", {"a": 1, "b": 1})]
        world.values, world.version = {"a": 1, "b": 2}, 2
        world.views.change(DESK, 2, CAUSE)
        await world.sent(("desk", {"b": 2}))
        await world.join("two")
        assert world.room.sent[-1] == ("two", {"a": 1, "b": 2})
        assert world.reads == 2

    asyncio.run(story())


def test_whoever_comes_back_is_sent_what_is_new_since_and_nothing_otherwise(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        had = world.views.of(DESK).mark
        world.room.inside.clear()
        await world.join("one", had=had)
        assert world.room.sent[-1] == ("one", {})
        world.room.inside.clear()
        # Nobody is in the room and no message has come: only the counter says that something is new.
        world.values, world.version = {"a": 1, "b": 2}, 2
        await world.join("one", had=had)
        assert world.room.sent[-1] == ("one", {"a": 1, "b": 2})

    asyncio.run(story())


def test_a_view_that_was_forgotten_meanwhile_is_not_taken_for_what_somebody_has(world: World) -> None:
    async def story() -> None:
        await world.join("one")
        had = world.views.of(DESK).mark
        world.values, world.views = {"a": 9, "b": 9}, Views(world.views._channel)
        await world.join("one", had=had)
        assert world.views.of(DESK).mark.rev == had.rev
        assert world.room.sent[-1] == ("one", {"a": 9, "b": 9})

    asyncio.run(story())


def test_an_old_message_causes_no_read(world: World) -> None:
    async def story() -> None:
        world.version = 7
        await world.join("one")
        world.views.change(DESK, 7, CAUSE)
        world.views.change(DESK, 6, CAUSE)
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


def test_newcomers_while_much_happens_are_told_with_the_room_and_read_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[bool] = []
    monkeypatch.setattr(views, "cache_read", lambda cache, *, hit: found.append(hit))

    async def story() -> None:
        await world.join("first")
        for number in range(2, 12):
            # Sometimes the message has come, sometimes only the counter says so yet.
            world.values, world.version = {"a": number, "b": 1}, number
            if number % 2:
                world.views.change(DESK, number, CAUSE)
            for newcomer in range(10):
                await world.join(f"{number}-{newcomer}")
            await world.sent(("desk", {"a": number}))
        assert world.reads == 11

    asyncio.run(story())
    assert (found.count(False), found.count(True)) == (1, 100)


def test_the_first_change_leaves_at_once_and_the_next_waits_for_the_window(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "settings", lambda: Settings(merge_window_ms=1000))

    async def story() -> None:
        await world.join("one")
        world.values, world.version = {"a": 2, "b": 1}, 2
        world.views.change(DESK, 2, CAUSE)
        # Reading takes a moment; a window that was waited for would take a second.
        async with asyncio.timeout(0.9):
            await world.sent(("desk", {"a": 2}))
        for number in range(3, 9):
            world.values, world.version = {"a": number, "b": 1}, number
            world.views.change(DESK, number, CAUSE)
            await asyncio.sleep(0.01)
        assert world.room.sent[-1] == ("desk", {"a": 2})
        await world.sent(("desk", {"a": 8}))
        assert world.reads == 3

    asyncio.run(story())


def test_newcomers_do_not_wait_behind_what_few_look_at(world: World) -> None:
    pages = [Scope.hours(number) for number in range(1, 9)]

    async def story() -> None:
        for scope in pages:
            await world.join(f"of {scope.key}", scope)
        world.gate.clear()
        for scope in pages:
            world.views.change(scope, 2, CAUSE)
        await until(lambda: world.reads == 8 + 3)
        async with asyncio.timeout(2):
            # Known already, waits to be read again: shown what there is.
            await world.join("second page", pages[-1])
            assert world.room.sent[-1] == ("second page", {"a": 1, "b": 1})
        # Never read before: is read although all turns of such pages are taken.
        opening = asyncio.create_task(world.join("somebody else", Scope.hours(9)))
        await until(lambda: world.reads == 8 + 3 + 1)
        world.gate.set()
        await opening
        await until(lambda: world.reads == 8 + 8 + 1)

    asyncio.run(story())


def test_what_single_people_look_at_is_read_for_all_of_them_together(world: World) -> None:
    people = [Scope.person(number) for number in range(1, 31)]

    async def story() -> None:
        for scope in people:
            await world.join(f"of {scope.key}", scope)
        assert world.together == [[scope.key] for scope in people]
        world.together.clear()
        world.gate.clear()
        world.values = {"a": 2, "b": 1}
        for scope in people:
            world.views.change(scope, 2, CAUSE)
        await until(lambda: bool(world.together))
        opening = asyncio.create_task(world.join("somebody else", Scope.person(99)))
        await asyncio.sleep(0.02)
        world.gate.set()
        await opening
        assert world.room.sent[-1] == ("somebody else", {"a": 2, "b": 1})
        await until(
            lambda: {(scope.topic, 2) for scope in people} <= {(to, new.get("a")) for to, new in world.room.sent}
        )
        assert sorted(key for keys in world.together for key in keys) == [*range(1, 31), 99]
        assert len(world.together) <= 3

    asyncio.run(story())


def test_one_read_that_fails_fails_for_each_and_is_tried_again(world: World) -> None:
    async def story() -> None:
        for number in (1, 2):
            await world.join(f"of {number}", Scope.person(number))
        world.room.sent.clear()
        world.down, world.values = True, {"a": 2, "b": 1}
        for number in (1, 2):
            world.views.change(Scope.person(number), 2, CAUSE)
        await until(lambda: world.reads >= 6)
        assert world.room.sent == []
        world.down = False
        await until(lambda: {("person:1", 2), ("person:2", 2)} <= {(to, new["a"]) for to, new in world.room.sent})

    asyncio.run(story())


def test_whoever_gives_up_waiting_takes_it_from_nobody_else(world: World) -> None:
    async def story() -> None:
        world.gate.clear()
        first, second = Scope.inbox(1), Scope.inbox(2)
        waiting = [asyncio.create_task(world.join(f"of {scope.key}", scope)) for scope in (first, second)]
        await until(lambda: world.reads >= 1)
        waiting[0].cancel()
        world.gate.set()
        await waiting[1]
        assert world.room.sent == [("of 2", {"a": 1, "b": 1})]
        await world.join("again", first)
        assert world.room.sent[-1] == ("again", {"a": 1, "b": 1})

    asyncio.run(story())


def test_of_those_that_only_aged_a_few_are_read_at_a_time_boards_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [Scope.person(number) for number in range(1, 31)]

    async def story() -> None:
        for scope in people:
            await world.join(f"of {scope.key}", scope)
        await world.join("board")
        monkeypatch.setattr(views, "MAX_AGE_S", 0.05)
        monkeypatch.setattr(views, "_AGED_AT_ONCE", 4)
        await asyncio.sleep(0.1)
        before, world.values = world.reads, {"a": 2, "b": 1}
        world.views.refresh_aged()
        await until(lambda: ("desk", {"a": 2}) in world.room.sent and world.reads == before + 4)
        await asyncio.sleep(0.05)
        assert world.reads == before + 4

    asyncio.run(story())


def test_a_clients_card_is_read_again_by_its_age_alone_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        await world.join("one", Scope.client(1))
        monkeypatch.setattr(views, "MAX_AGE_S", 0.0)
        world.views.refresh_aged()
        await until(lambda: world.reads == 2)

    asyncio.run(story())


def test_an_inbox_shows_no_minutes_and_is_not_read_for_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        await world.join("one", Scope.inbox(1))
        monkeypatch.setattr(views, "MAX_AGE_S", 0.0)
        world.views.refresh_aged()
        await asyncio.sleep(0.02)
        assert world.reads == 1
        monkeypatch.setattr(views, "_TIMELESS_AGE_S", 0.0)
        world.views.refresh_aged()
        await until(lambda: world.reads == 2)

    asyncio.run(story())


def test_what_a_newcomer_finds_is_counted(world: World) -> None:
    def counted(found: str) -> float:
        return metrics.CACHE_READS.labels("boards", found)._value.get()

    async def story() -> None:
        before = counted("no"), counted("yes")
        for number in range(5):
            await world.join(f"{number}")
        world.down, world.version = True, 2
        world.room.inside.clear()
        await world.join("while nothing can be read")
        assert (counted("no") - before[0], counted("yes") - before[1]) == (2, 4)

    asyncio.run(story())


def test_a_page_that_is_left_while_it_reads_loses_nothing_for_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        await world.join("stays")
        monkeypatch.setattr(views, "MAX_AGE_S", 0.0)
        world.values, world.version = {"a": 5, "b": 1}, 2
        world.board_gate.clear()
        leaving = asyncio.create_task(world.join("leaves"))
        await until(lambda: world.reads == 2)
        leaving.cancel()
        world.board_gate.set()
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
        world.views.change(DESK, 2, CAUSE)
        await asyncio.sleep(0.02)
        assert world.reads == 1
        world.views.refresh_aged()
        assert world.views.of(DESK) is view
        monkeypatch.setattr(views, "_UNUSED_S", 0.0)
        world.views.refresh_aged()
        assert world.views.of(DESK) is not view

    asyncio.run(story())
