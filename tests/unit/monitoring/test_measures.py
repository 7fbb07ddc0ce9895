"""What is shown of the figures: words, targets and lines."""

from __future__ import annotations

import json

import pytest

from guitara_app.monitoring.figures import Point
from guitara_app.monitoring.measures import KINDS, LINE, NOTHING, hours, measures, shown
from tests.unit.monitoring.points import point, points


def by_key(kept: list[Point], key: str) -> dict[str, object]:
    return next(dict(one) for one in measures(kept) if one["key"] == key)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "ms", NOTHING),
        (0.4, "ms", "0.4 ms"),
        (1000, "ms", "1 s"),
        (12.3, "ms", "12 ms"),
        (1430, "ms", "1.4 s"),
        (95.5, "%", "96 %"),
        (820, "MB", "820 MB"),
        (1210, "MB", "1.2 GB"),
        (12, "/s", "12/s"),
        (1200, "", "1,200"),
    ],
)
def test_figures_in_words(value: float | None, unit: str, words: str) -> None:
    assert shown(value, unit) == words


@pytest.mark.parametrize(("p95", "tone"), [(None, ""), (50, "good"), (51, "fair"), (251, "bad")])
def test_a_figure_is_judged_by_its_target(p95: float | None, tone: str) -> None:
    assert by_key([point(push_p95=p95)], "push_p95")["tone"] == tone


@pytest.mark.parametrize(("hits", "tone"), [(96, "good"), (90, "fair"), (79, "bad")])
def test_where_more_is_better(hits: int, tone: str) -> None:
    found = by_key([point(view_hits=hits, view_reads=100)], "views")
    assert (found["tone"], found["value"], found["target"]) == (tone, f"{hits} %", "≥ 95 %")


def test_a_share_of_few_is_shown_and_not_judged() -> None:
    found = by_key([point(view_reads=1)], "views")
    assert (found["value"], found["tone"]) == ("0 %", "")
    # The last minute together, and no longer.
    kept = [*points(9, view_reads=90), *(point(at, view_reads=2, view_hits=2) for at in range(9, 21))]
    assert by_key(kept, "views")["value"] == "100 %"
    assert by_key(kept, "views")["tone"] == "good"


def test_what_was_last_measured_stays_for_a_minute() -> None:
    kept = [point(0, push_p95=12), *(point(at) for at in range(1, 14))]
    assert by_key(kept[:12], "push_p95")["number"] == 12
    assert by_key(kept, "push_p95")["value"] == NOTHING


def test_without_figures_every_place_is_there() -> None:
    assert [one["value"] for one in measures([])] == [NOTHING] * len(KINDS)
    assert set(hours([])) == {kind.key for kind in KINDS}


def test_a_line_is_ten_minutes_long() -> None:
    line = by_key([point(at, sockets=at) for at in range(500)], "sockets")["line"]
    assert line == list(range(380, 500))


def test_the_hour_changes_only_when_a_step_of_it_is_over() -> None:
    kept = [point(at, push_p95=float(at), events=10 * at, workers=at % 3) for at in range(721)]
    found = hours(kept)
    assert {len(line) for line in found.values()} == {LINE}
    # The worst of each half minute; where more is better, the least.
    assert found["push_p95"][-1] == max(p.push_p95 or 0 for p in kept if p.at // 30 == kept[-1].at // 30 - 1)
    assert found["workers"][-1] == 0
    assert hours([*kept, kept[-1]._replace(at=kept[-1].at + 0.1, push_p95=9e9)]) == found


def test_an_hour_of_figures_is_small() -> None:
    busy = point(event_p95=123.4, request_p95=123.4, push_p95=12.3, events=1234, queries=12345)
    assert 720 * len(json.dumps(busy)) < 300_000
