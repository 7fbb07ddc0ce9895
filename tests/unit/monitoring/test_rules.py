"""Alerts open once, close by themselves, and a figure that sways around its limit tells nobody twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guitara_app.monitoring.figures import Point
from guitara_app.monitoring.rules import Key, Known, Limits, Step, Verdict, decide, judge
from guitara_app.monitoring.words import Alarm
from tests.unit.monitoring.points import point, points

LIMITS = Limits(1000, 2000, 500, 2000, 200, 2, 80, 2000, 50, 20, 20, 30)
NOTHING = Limits(*(0 for _ in Limits._fields))
QUIET = timedelta(minutes=15)
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

BAD, WELL, UNSURE = Verdict(True, False, "Bad."), Verdict(False, True, "Well."), Verdict(False, False, "Neither.")
ONE, OTHER = Key(Alarm.QUEUE, "dispatch"), Key(Alarm.MEMORY)


def verdict(kept: list[Point], alarm: Alarm, subject: str = "") -> Verdict:
    return judge(kept, LIMITS)[Key(alarm, subject)]


MINUTE = 12
CASES: dict[Alarm, tuple[int, dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    # How many intervals it must last; what is bad, what is neither, what is well.
    Alarm.WORKER: (4, {"workers": 0}, {}, {"workers": 1}),
    Alarm.BEAT: (3, {"beat_age_s": 31}, {"beat_age_s": 29}, {"beat_age_s": 5}),
    Alarm.HANDLERS: (MINUTE, *({"event_p95": ms, "events": 9} for ms in (1001, 900, 700))),
    Alarm.ROUTES: (MINUTE, *({"request_p95": ms, "requests": 9} for ms in (2001, 1900, 700))),
    Alarm.PUSHES: (MINUTE, *({"push_p95": ms, "pushes": 9} for ms in (501, 450, 60))),
    Alarm.LAG: (6, {"lag_p95": 2001}, {"lag_p95": 1900}, {"lag_p95": 20}),
    Alarm.MEMORY: (MINUTE, {"memory_mb": 2001}, {"memory_mb": 1700}, {"memory_mb": 900}),
    Alarm.CONNECTIONS: (6, {"connections": 51}, {"connections": 45}, {"connections": 30}),
}


@pytest.mark.parametrize("alarm", CASES)
def test_a_figure_must_stay_beyond_its_limit_to_be_bad_and_clearly_within_to_be_well(alarm: Alarm) -> None:
    lasts, bad, between, well = CASES[alarm]
    assert verdict(points(60, **bad), alarm).bad
    # One interval that was not, of those that count, and nothing opens.
    swaying = [point(at, **(well if at == 59 else bad)) for at in range(60)]
    assert not verdict(swaying, alarm).bad
    assert not verdict(swaying, alarm).well
    # Long enough ago it does not matter.
    assert verdict([point(at, **(well if at < 60 - lasts else bad)) for at in range(60)], alarm).bad
    assert verdict(points(60, **well), alarm).well
    if between:
        assert not verdict(points(60, **between), alarm).bad
        assert not verdict(points(60, **between), alarm).well
    # Too little was measured to say anything.
    assert not verdict([point(0, **bad)], alarm).bad
    assert not verdict([point(0, **bad)], alarm).well


def test_it_must_have_begun_long_enough_ago() -> None:
    def begun(before: int) -> Verdict:
        return verdict(
            [point(at, **({"push_p95": 900, "pushes": 5} if at >= 60 - before else {})) for at in range(60)],
            Alarm.PUSHES,
        )

    assert not begun(5).bad
    assert not begun(5).well
    assert begun(9).bad
    # Few of them, but all the time.
    few = [point(at, **({"push_p95": 900, "pushes": 5} if at % 5 == 0 else {})) for at in range(60)]
    assert verdict(few[:57], Alarm.PUSHES) == Verdict(True, False, "Changes reach pages late: p95 900 ms.")
    # Nothing since: it may be over, and is not said to be before a minute has passed.
    since = [*few[:56], *(point(at) for at in range(56, 80))]
    assert [verdict(since[:at], Alarm.PUSHES).bad for at in (56, 57, 58)] == [True, True, False]
    assert [verdict(since[:at], Alarm.PUSHES).well for at in (60, 67, 68)] == [False, False, True]


def test_each_queue_is_judged_by_itself() -> None:
    found = judge(points(20, queues={"dispatch": 201, "notify": 3}), LIMITS)
    assert found[Key(Alarm.QUEUE, "dispatch")].bad
    assert found[Key(Alarm.QUEUE, "dispatch")].words == "201 tasks wait in dispatch."
    assert found[Key(Alarm.QUEUE, "notify")].well


def test_a_slow_answer_of_few_says_nothing() -> None:
    found = verdict(points(20, event_p95=5000, events=2), Alarm.HANDLERS)
    assert (found.bad, found.well) == (False, True)


def test_a_part_that_was_silent_is_told_of_also_afterwards() -> None:
    silent = [point(at, failing=["database"] if 10 <= at < 13 else []) for at in range(30)]
    assert not judge(silent[:12], LIMITS)[Key(Alarm.PART, "database")].bad
    assert judge(silent[:16], LIMITS)[Key(Alarm.PART, "database")].bad
    assert judge(silent[:16], LIMITS)[Key(Alarm.PART, "redis")].well
    assert judge(silent, LIMITS)[Key(Alarm.PART, "database")].well


def test_errors_are_compared_with_all_that_was_asked() -> None:
    assert verdict(points(20, events=50, errors=2), Alarm.ERRORS).bad
    assert verdict(points(20, events=50, errors=0), Alarm.ERRORS).well
    assert not verdict(points(20, events=1, errors=1), Alarm.ERRORS).bad
    assert verdict(points(20), Alarm.ERRORS).well


def test_a_full_pool_is_bad_at_once_and_well_when_nobody_was_refused_for_a_minute() -> None:
    kept = [point(at, exhausted=3 if at == 20 else 0) for at in range(40)]
    assert not verdict(kept[:20], Alarm.POOL).bad
    assert verdict(kept[:21], Alarm.POOL).bad
    assert verdict(kept, Alarm.POOL).well


def test_the_cache_is_judged_over_five_minutes_of_reads() -> None:
    assert verdict(points(60, view_reads=10, view_hits=7), Alarm.CACHE).bad
    assert not verdict(points(60, view_reads=1, view_hits=0), Alarm.CACHE).bad
    assert verdict(points(60, view_reads=10, view_hits=10), Alarm.CACHE).well


@pytest.mark.parametrize(("alarm", "what"), [(Alarm.SLOW, "slow"), (Alarm.REPEATED, "repeated")])
def test_what_is_counted_is_counted_per_minute(alarm: Alarm, what: str) -> None:
    assert verdict(points(60, **{what: 2}), alarm).bad
    assert verdict(points(60, **{what: 1}), alarm).well


def test_a_limit_of_nothing_leaves_its_alert_out() -> None:
    bad = points(60, workers=0, failing=["redis"], memory_mb=1e6, errors=9, events=9, slow=99, repeated=99)
    assert {key.alarm for key in judge(bad, NOTHING)} == {Alarm.PART, Alarm.WORKER, Alarm.POOL}
    assert judge([], LIMITS) == {}


def test_one_that_opens_is_told_of_and_one_that_comes_back_is_not() -> None:
    [opened] = decide([], {ONE: BAD}, now=NOW, quiet=QUIET)
    assert (opened.opens, opened.id, opened.tells) == (True, None, True)
    assert decide([Known(1, ONE, None)], {ONE: BAD}, now=NOW, quiet=QUIET) == []
    assert decide([Known(1, ONE, None)], {ONE: UNSURE}, now=NOW, quiet=QUIET) == []
    [closed] = decide([Known(1, ONE, None)], {ONE: WELL}, now=NOW, quiet=QUIET)
    assert (closed.opens, closed.id, closed.tells) == (False, 1, False)
    [again] = decide([Known(1, ONE, NOW - QUIET / 2)], {ONE: BAD}, now=NOW, quiet=QUIET)
    assert (again.opens, again.id, again.tells) == (True, 1, False)
    [anew] = decide([Known(1, ONE, NOW - QUIET)], {ONE: BAD}, now=NOW, quiet=QUIET)
    assert (anew.id, anew.tells) == (None, True)


def test_what_is_no_longer_judged_closes() -> None:
    [closed] = decide([Known(1, ONE, None)], {}, now=NOW, quiet=QUIET)
    assert (closed.id, closed.opens) == (1, False)


class Board:
    """The alerts as the table keeps them."""

    def __init__(self) -> None:
        self.rows: list[Known] = []
        self.told: list[tuple[Key, datetime]] = []

    def take(self, step: Step, now: datetime) -> None:
        if step.id is None:
            self.rows.append(Known(len(self.rows), step.key, None))
        else:
            self.rows[step.id] = self.rows[step.id]._replace(closed_at=None if step.opens else now)
        if step.tells:
            self.told.append((step.key, now))

    def newest(self) -> list[Known]:
        return list({row.key: row for row in self.rows}.values())

    def open(self) -> list[Key]:
        return [row.key for row in self.rows if row.closed_at is None]


@given(
    st.lists(st.tuples(st.sampled_from([BAD, WELL, UNSURE]), st.sampled_from([BAD, WELL, UNSURE]), st.integers(1, 600)))
)
def test_whatever_happens_one_is_open_at_most_and_nobody_is_flooded(story: list[tuple[Verdict, Verdict, int]]) -> None:
    board, now = Board(), NOW
    for first, second, seconds in story:
        now += timedelta(seconds=seconds)
        verdicts = {ONE: first, OTHER: second}
        before = set(board.open())
        for step in decide(board.newest(), verdicts, now=now, quiet=QUIET):
            board.take(step, now)
        opened = board.open()
        assert len(opened) == len(set(opened))
        for key, found in verdicts.items():
            assert (key in opened) == (found.bad or (not found.well and key in before))
    for key in (ONE, OTHER):
        told = [at for one, at in board.told if one == key]
        assert all(later - earlier > QUIET for earlier, later in pairwise(told))
