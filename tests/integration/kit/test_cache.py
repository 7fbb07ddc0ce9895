"""What is kept is never older than a change that was committed before it was asked for."""

from __future__ import annotations

import multiprocessing
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisDown
from sqlalchemy import text

from guitara_app import tables  # noqa: F401  rows point at tables that no test itself imports
from guitara_app.accounts.permissions import SYSTEM
from guitara_app.embedded import Valkey
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import cache, outbox
from guitara_app.kit.cache import kept
from guitara_app.kit.database import engine, reading, transaction
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import record
from guitara_app.kit.time import now

Notes = Callable[..., int]


def noted(topic: str) -> int:
    """How many notes there are, straight from the database."""
    with reading() as session:
        found = session.execute(
            text("SELECT count(*) FROM events WHERE kind = 'note' AND :topic = ANY(topics)"), {"topic": topic}
        )
        return int(found.scalar_one())


def note(*topics: str, told: bool = True, undone: bool = False) -> None:
    """Write one more; without ``told`` its process is killed after the commit, ``undone`` it fails before."""
    with transaction() as session:
        record(session, "note", by=SYSTEM, now=now(), topics=topics)
        if not told or undone:
            session.info.pop("recorded")
        if undone:
            session.rollback()


class Report:
    """The number of notes, kept; and how often it was made."""

    def __init__(self) -> None:
        self.made = 0
        self.between: Callable[[], object] = lambda: None

    def __call__(self, topic: str = "one", *arguments: Any) -> int:
        return kept("notes", topic, *arguments, topics=[topic, "all"], make=partial(self._make, topic), shape=int)

    def _make(self, topic: str) -> int:
        self.made += 1
        with reading() as session:
            found = session.execute(
                text("SELECT count(*) FROM events WHERE kind = 'note' AND :topic = ANY(topics)"), {"topic": topic}
            ).scalar_one()
        # Whoever has looked may take long to come to an end.
        self.between()
        return int(found)


@pytest.fixture
def report(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> Report:
    monkeypatch.setattr(cache, "_silent_until", float("-inf"))
    return Report()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    found: list[bool] = []
    monkeypatch.setattr(cache, "cache_read", lambda name, *, hit: found.append(hit))
    return found


def test_it_is_made_once_until_something_changes(report: Report, counted: list[bool]) -> None:
    assert [report() for _ in range(3)] == [0, 0, 0]
    note("another")
    assert (report(), report.made) == (0, 1)
    note("one")
    assert [report(), report()] == [1, 1]
    note("all")
    assert (report(), report.made) == (1, 3)
    assert counted == [False, True, True, True, False, True, False]


def test_other_arguments_are_another_report(report: Report) -> None:
    note("two")
    assert (report("one"), report("two"), report("one", "of Ana"), report("one", "of Ana's")) == (0, 1, 0, 0)
    assert report.made == 4


def test_only_the_newest_of_each_is_kept_and_not_for_ever(report: Report) -> None:
    for _ in range(5):
        note("one")
        report()
    (name,) = list(outbox.live_redis().scan_iter("cache:*"))
    assert 0 < outbox.live_redis().pttl(name) <= cache.KEPT.total_seconds() * 1000


def test_what_is_undone_changes_nothing(report: Report) -> None:
    report()
    note("one", undone=True)
    assert (report(), report.made) == (0, 1)


def test_a_change_that_nobody_has_told_of_is_seen_all_the_same(report: Report) -> None:
    assert report() == 0
    note("one", told=False)
    assert [report(), report()] == [1, 1]
    assert outbox.sweep(engine(), older_than_s=0) == 1
    assert [report(), report()] == [1, 1]
    assert report.made == 4


def test_a_change_that_lands_while_it_is_made(report: Report) -> None:
    report.between = lambda: note("one")
    assert report() == 0
    report.between = lambda: None
    assert report() == 1


def test_a_redis_that_forgot_everything_or_only_the_counters(report: Report) -> None:
    report()
    note("one")
    outbox.live_redis().flushall()
    assert report() == 1
    counters = [f"{outbox.VERSION_PREFIX}{topic}" for topic in ("one", "all")]
    with transaction() as session:
        record(session, "note", by=SYSTEM, now=now(), topics=["one"])
    outbox.live_redis().delete(*counters)
    assert report() == 2
    outbox.live_redis().delete(*counters)
    assert (report(), report.made) == (2, 4)


def test_a_redis_that_lost_its_last_second(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Valkey(tmp_path / "valkey")
    server.start()
    try:
        monkeypatch.setenv("GUITARA_REDIS_URL", server.url)
        _forget()
        counter = f"{outbox.VERSION_PREFIX}one"
        note("one")
        assert report() == 1
        before = outbox.live_redis().get(counter)
        note("one")
        server.stop()
        server.start()
        monkeypatch.setenv("GUITARA_REDIS_URL", server.url)
        _forget()
        outbox.live_redis().set(counter, str(before))
        assert report() == 2
    finally:
        server.remove()


def _forget() -> None:
    from guitara_app.settings import settings

    settings.cache_clear()
    outbox.live_redis.cache_clear()


def test_a_silent_redis_is_asked_once_and_everybody_makes_their_own(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Silent:
        def eval(self, *_: object) -> None:
            asked.append(1)
            raise RedisDown("silent")

    monkeypatch.setattr(cache, "live_redis", Silent)
    assert [report() for _ in range(5)] == [0] * 5
    assert (report.made, len(asked)) == (5, 1)


def test_of_all_who_ask_at_once_one_makes_it(report: Report, counted: list[bool]) -> None:
    go_on = threading.Event()
    report.between = lambda: go_on.wait(10)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(report) for _ in range(8)]
        threading.Timer(0.3, go_on.set).start()
        assert [one.result() for one in asked] == [0] * 8
    assert (report.made, sorted(counted)) == (1, [False] + [True] * 7)


def test_one_that_cannot_be_made_holds_up_nobody(report: Report) -> None:
    def refuse() -> int:
        raise Invalid("Choose another evening.", field="evening")

    for _ in range(3):
        with pytest.raises(Invalid):
            kept("refused", topics=["one"], make=refuse, shape=int)
    assert list(outbox.live_redis().scan_iter("cache:refused*")) == []


def test_who_takes_too_long_is_not_waited_for(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_WAIT_S", 0.1)
    made, go_on = [], threading.Event()

    def slowly() -> int:
        made.append(1)
        if len(made) == 1:
            go_on.wait(10)
        return 7

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(kept, "slow", topics=["one"], make=slowly, shape=int)
        while not made:
            threading.Event().wait(0.01)
        assert kept("slow", topics=["one"], make=slowly, shape=int) == 7
        go_on.set()
        assert first.result() == 7


TOPICS = ("red", "green", "blue")


def _life(seed: int, guarded: bool, wrong: Any) -> None:
    """One process: threads that write, fail, are killed before they tell, lose Redis, and read."""
    if not guarded:
        cache._untold = lambda topics: False  # type: ignore[assignment]  # the guard is taken out

    def one(number: int) -> None:
        dice, report = random.Random(f"{seed} {number}"), Report()
        report.between = lambda: threading.Event().wait(dice.random() / 100)
        for _ in range(60):
            topic, throw = dice.choice(TOPICS), dice.random()
            if throw < 0.2:
                note(topic)
            elif throw < 0.24:
                note(topic, told=False)
            elif throw < 0.28:
                note(topic, undone=True)
            elif throw < 0.3:
                outbox.sweep(engine(), older_than_s=0)
            elif throw < 0.31:
                outbox.live_redis().flushdb()
            elif throw < 0.33:
                outbox.live_redis().delete(f"{outbox.VERSION_PREFIX}{topic}")
            else:
                stands = noted(topic)
                if (found := report(topic)) < stands:
                    wrong.put((topic, stands, found))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one, range(3)))
    engine().dispose()


@pytest.fixture
def two_processes(database: DatabaseUrls) -> Iterator[Callable[[bool], list[Any]]]:
    spawning = multiprocessing.get_context("spawn")

    def lived(guarded: bool) -> list[Any]:
        wrong = spawning.Queue()
        lives = [spawning.Process(target=_life, args=(seed, guarded, wrong)) for seed in range(2)]
        for life in lives:
            life.start()
        for life in lives:
            life.join(60)
        assert [life.exitcode for life in lives] == [0, 0]
        return [wrong.get() for _ in iter(wrong.empty, True)]

    return lived


def test_whatever_happens_nothing_old_is_given_out(two_processes: Callable[[bool], list[Any]]) -> None:
    assert two_processes(True) == []


def test_without_a_look_at_what_is_untold_something_old_is(two_processes: Callable[[bool], list[Any]]) -> None:
    assert two_processes(False) != []
