"""Nobody waits without end for a thread: not while none comes free, and not for ever while some do."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from prometheus_client import REGISTRY

from guitara_app.kit import threads
from guitara_app.kit.errors import BUSY, Unavailable
from guitara_app.kit.threads import Lane, in_thread, in_viewing_thread
from guitara_app.settings import settings


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with ThreadPoolExecutor(1) as doing, ThreadPoolExecutor(1) as viewing:
        pools = {Lane.DOING: doing, Lane.VIEWING: viewing}
        monkeypatch.setattr(threads, "_pool", pools.__getitem__)
        monkeypatch.setattr(settings(), "pool_timeout_s", 0.3)
        yield


def told() -> float:
    return REGISTRY.get_sample_value("guitara_pool_exhausted_total") or 0.0


def test_while_no_thread_comes_free_it_is_said_and_the_work_never_begun() -> None:
    let_go, begun, before = threading.Event(), list[str](), told()

    async def both() -> None:
        first = asyncio.create_task(in_thread(let_go.wait, 30))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await in_thread(begun.append, "second")
        assert refused.value.sentence == BUSY
        assert told() == before + 1
        let_go.set()
        await first
        await in_thread(begun.append, "third")

    asyncio.run(both())
    assert begun == ["third"]


def test_many_that_are_taken_one_after_the_other_all_have_their_turn() -> None:
    async def all_at_once() -> None:
        await asyncio.gather(*(in_thread(time.sleep, 0.02) for _ in range(30)))

    asyncio.run(all_at_once())


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "pool_timeout_s", 0.05)

    async def all_at_once() -> list[BaseException | None]:
        return await asyncio.gather(*(in_thread(time.sleep, 0.02) for _ in range(60)), return_exceptions=True)

    assert any(isinstance(error, Unavailable) for error in asyncio.run(all_at_once()))


def test_whoever_goes_away_is_not_told_that_it_is_busy() -> None:
    async def leave() -> None:
        waiting = [asyncio.create_task(in_thread(time.sleep, 0.2)) for _ in range(2)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            assert task.cancelled()

    asyncio.run(leave())


def test_what_a_page_is_to_show_does_not_wait_for_what_people_do() -> None:
    let_go = threading.Event()

    async def both() -> None:
        doing = asyncio.create_task(in_thread(let_go.wait, 30))
        await asyncio.sleep(0)
        assert await in_viewing_thread(str, "shown") == "shown"
        let_go.set()
        await doing

    asyncio.run(both())


def test_a_few_take_short_turns_and_many_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the sake of whoever waits for an answer, and for the sake of what gets done."""
    many, let_go, turns = 9, threading.Event(), list[float]()
    at_it = threading.Barrier(many + 1)

    def compute() -> None:
        at_it.wait(30)
        let_go.wait(30)

    async def all_of_them() -> None:
        await in_thread(lambda: turns.append(sys.getswitchinterval()))
        crowd = asyncio.gather(*(in_thread(compute) for _ in range(many)))
        await asyncio.to_thread(at_it.wait, 30)
        turns.append(sys.getswitchinterval())
        let_go.set()
        await crowd
        turns.append(sys.getswitchinterval())

    before = sys.getswitchinterval()
    with ThreadPoolExecutor(many) as pool:
        monkeypatch.setattr(threads, "_pool", {Lane.DOING: pool}.__getitem__)
        asyncio.run(all_of_them())
    sys.setswitchinterval(before)
    short, long, again = turns
    assert short == again < long
