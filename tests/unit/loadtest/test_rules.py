"""What a load test refuses, how it counts, and what its pages make of what they are sent."""

from __future__ import annotations

import asyncio
import json
import math
import resource
import sys
import time
from pathlib import Path

import pytest

from guitara_app.demo.sizes import DEMO, LARGE
from guitara_app.kit.errors import NotPossible, Unavailable
from loadtest import limits
from loadtest.audit import Told
from loadtest.crowd import Crowd
from loadtest.effort import Effort
from loadtest.figures import Level, percentile, row
from loadtest.handle import Swarm, swarm
from loadtest.people import Change
from loadtest.pushes import Pushes, judge
from loadtest.report import Cache, Outcome, Report
from loadtest.run import roster
from loadtest.screen import Screen, read_update
from loadtest.wire import EVENT


def test_percentiles_are_of_the_nearest_rank() -> None:
    hundred = [float(number) for number in range(100, 0, -1)]
    assert [percentile(hundred, at) for at in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 99) == 7.0
    found = row("x", [0.010, 0.020, 0.200], 150, 50)
    assert (found.p50_ms, found.p95_ms, found.ok) == (20, 200, False)


@pytest.mark.parametrize(
    ("value", "at_least", "ok", "aimed"),
    [
        *[(5, False, True, True), (30, False, True, False), (51, False, False, False), (None, False, False, False)],
        *[(60, True, True, True), (55, True, True, False), (49, True, False, False)],
    ],
)
def test_a_level_is_compared_from_its_own_side(value: float | None, at_least: bool, ok: bool, aimed: bool) -> None:
    level = Level("x", value, must=50, aim=60 if at_least else 10, at_least=at_least)
    assert (level.ok, level.aimed) == (ok, aimed)


def test_what_has_no_limit_cannot_fail() -> None:
    assert Level("x", None).ok
    assert not Level("x", 3).aimed


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/board", "http://localhost:8000", "http://[::1]:8000"])
def test_this_machine_may_be_tested(url: str) -> None:
    assert limits.check_host(url, allowed=False) == url.removesuffix("/board")


@pytest.mark.parametrize(
    "url",
    ["https://guitara.example", "http://10.0.0.5:8000", "http://127.0.0.1.example:8000", "http://localhost.example"],
)
def test_another_machine_is_refused_unless_it_is_meant(url: str) -> None:
    with pytest.raises(NotPossible, match="--i-know-this-is-not-local"):
        limits.check_host(url, allowed=False)
    assert limits.check_host(url, allowed=True) == url


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "127.0.0.1:8000", "http://"])
def test_what_is_no_address_of_a_site_is_refused(url: str) -> None:
    with pytest.raises(NotPossible):
        limits.check_host(url, allowed=True)


def test_more_files_are_asked_for_when_the_machine_allows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: asked.append(both))
    limits.make_room(1000)
    assert asked == [(1300, 4096)]
    with pytest.raises(Unavailable, match=r"ulimit -n 5300.*--users 3796"):
        limits.make_room(5000)


def test_the_time_of_a_test_is_divided_whatever_its_length() -> None:
    for seconds, slow, asking in ((8.0, 2.0, 6.0), (60.0, 15.0, 45.0), (600.0, 15.0, 580.0)):
        effort = Effort(500, seconds)
        orders = effort.orders(2, 1_000.0)
        assert effort.burst(1_000.0) == (1_000.0 + slow, 1_000.0 + asking)
        assert (orders["slow_until"], orders["asking"], orders["until"]) == (1e3 + slow, 1e3 + asking, 1e3 + seconds)
        assert (orders["changes"], orders["slowly"]) == (10.0, 1.0)
    assert Effort(12, 8.0).per_second == 2.0
    assert Effort(12, 8.0, 4.0).per_second == 4.0


async def _nothing_to_do(_: float) -> None: ...


def test_what_comes_to_nothing_is_followed_by_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"base": "http://127.0.0.1", "members": [], "names": {}, "words": [], "mark": "m", "password": ""}
    ends: list[str | None] = ["nobody free", None, "refused", "", "never asked"]

    async def deed(why: str) -> str:
        return why

    async def change() -> Crowd:
        monkeypatch.setattr("loadtest.crowd.asyncio.sleep", _nothing_to_do)
        async with Crowd.of(plan) as crowd:
            monkeypatch.setattr(crowd, "_change_something", lambda: None if (e := ends.pop(0)) is None else deed(e))
            await crowd._one_change(time.time() + 60)
            await crowd._one_change(time.time() - 1)
        return crowd

    crowd = asyncio.run(change())
    assert crowd.evening.in_vain == {"nobody free": 1, "nothing to change": 1, "refused": 1}
    assert ends == ["never asked"]


@pytest.mark.parametrize(
    ("seconds", "made", "value", "ok"), [(600, 20, 20.0, True), (600, 18, 18.0, False), (4, 18, 18.0, True)]
)
def test_the_pace_counts_what_was_committed_in_the_burst(seconds: float, made: int, value: float, ok: bool) -> None:
    effort = Effort(500, seconds)
    begin, end = effort.burst(100.0)
    changes = [Change(f"k{number}", "accept", 1, 5, "") for number in range(round(made * (end - begin)))]
    commits = {change.key: (begin + number / made, 5) for number, change in enumerate(changes)}
    others = [Change("slow", "accept", 1, 5, ""), Change("no", "accept", 1, 5, "refused")]
    commits |= {"slow": (begin - 0.1, 5), "no": (begin + 0.1, 5)}
    reports = [
        {"in_vain": {"nobody free": 2}, "errors": []},
        {"in_vain": {"nobody free": 1, "refused": 1}, "errors": []},
    ]
    outcome = Outcome(reports, [], [*changes, *others], [], 500, 500, 1.0)
    told = Told(commits, True, [], [], [], [])
    report = Report(effort, 100.0, seconds, outcome, told, Pushes(), [], Cache((0, 0), (0, 0)), None)
    pace = next(level for level in report.rights() if level.name == "changes a second")
    assert (pace.value, pace.ok, pace.note) == (value, ok, "in vain: nobody free 3, refused 1")


def test_everybody_is_dealt_pages_and_they_are_as_many_as_asked_for() -> None:
    for staff, users in ((DEMO.staff, 6), (DEMO.staff, 48), (LARGE.staff, 500), (LARGE.staff, 1000)):
        members = roster(staff, users)
        assert sum(one.pages for one in members) == users
        assert {one.home for one in members} == {"/board", "/tonight"}
        assert any(one.roams for one in members)
    with pytest.raises(NotPossible, match="--size large"):
        roster(DEMO.staff, 2000)


def test_a_process_that_hangs_is_not_waited_for(tmp_path: Path) -> None:
    with swarm(tmp_path / "log") as one:
        with pytest.raises(Unavailable, match=r"within 0 s"):
            one.hear(0.3)
        process = one.process
    assert process.poll() is not None


def test_a_process_that_ended_is_said_to_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with swarm(tmp_path / "log") as one:
        one.process.kill()
        one.process.wait()
        with pytest.raises(Unavailable, match="ended"):
            one.hear(30)
        with pytest.raises(Unavailable, match="ended"):
            one.tell({"do": "open"})
    assert isinstance(one, Swarm)
    assert sys.executable


def _frame(**values: object) -> str:
    delta = {"a.b.guitara_app___live___states____desk_live": {f"{key}_rx_state_": one for key, one in values.items()}}
    return f"{EVENT}{json.dumps({'delta': delta, 'events': []})}]"


def test_a_page_puts_a_difference_on_what_it_builds_on_and_asks_again_when_it_cannot() -> None:
    screen = Screen()
    rows = [{"id": 1, "state": "pending"}, {"id": 2, "state": "paid"}]
    assert screen.take(read_update(_frame(scope="desk", rev=4, waiting=rows)))
    patch = {"~key": "id", "~rows": [{"id": 3, "state": "pending"}], "~order": [3, 2]}
    assert screen.take(read_update(_frame(scope="desk", rev=5, after=4, waiting=patch)))
    assert [one["id"] for one in screen.get("desk_live", "waiting")] == [3, 2]
    assert not screen.take(read_update(_frame(scope="desk", rev=9, after=8, waiting=patch)))
    assert screen.get("desk_live", "rev") == 5
    assert screen.take(read_update(_frame(scope="desk:other", rev=9, after=8, waiting=[])))
    assert len(screen.get("desk_live", "waiting")) == 2


def _told(**commits: tuple[float, int]) -> Told:
    return Told(commits, True, [(at - 0.01, visit) for at, visit in commits.values()], [], [], [])


def test_a_push_takes_until_the_last_board_and_a_board_that_never_shows_it_is_missing() -> None:
    changes = [Change("k1", "book", 7, 0, ""), Change("k2", "accept", 70, 5, ""), Change("k3", "accept", 1, 5, "no")]
    told = _told(k1=(100.0, 5), k2=(102.0, 5))
    here = {
        "desk": {"5|pending": [100.02, 100.03], "5|therapist_confirmed": [102.01, math.nan]},
        "person:7": {"5|pending": [100.05]},
    }
    there = {"desk": {"5|pending": [100.04], "5|in_session": [102.5]}}
    found = judge(changes, told, [here, there], last=110.0)
    assert [round(one, 2) for one in found.alone] == [0.04, 0.5]
    assert [round(one, 2) for one in found.own] == [0.05]
    assert found.missing == ["accept of visit 5: 1 boards never showed it"]


def test_what_follows_another_change_at_once_is_of_a_burst() -> None:
    changes = [Change("k1", "book", 7, 0, ""), Change("k2", "book", 8, 0, "")]
    told = _told(k1=(100.0, 5), k2=(100.1, 6))
    seen = {"desk": {"5|pending": [100.02], "6|pending": [100.2]}}
    found = judge(changes, told, [seen], last=110.0)
    assert (len(found.alone), len(found.burst)) == (1, 1)


def test_what_was_committed_at_the_very_end_is_not_judged() -> None:
    found = judge([Change("k1", "book", 7, 0, "")], _told(k1=(100.0, 5)), [{"desk": {}}], last=101.0)
    assert not found.missing
    assert judge([Change("k1", "book", 7, 0, "")], _told(k1=(100.0, 5)), [{"desk": {}}], last=120.0).missing
