"""``./guitara monitor``: what it says of a system that runs, of one that stopped, and of none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rich.console import Console
from typer.testing import CliRunner, Result

from guitara_app.cli import monitor as command
from guitara_app.cli.__main__ import app
from guitara_app.kit.errors import Unavailable
from guitara_app.monitoring import keeping
from guitara_app.monitoring.keeping import Latest
from guitara_app.settings import settings
from tests.integration.monitoring.conftest import Site
from tests.unit.monitoring.points import point, points


def ask(*options: str) -> Result:
    return CliRunner().invoke(app, ["monitor", "--once", *options])


@pytest.fixture(autouse=True)
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "console", Console(width=100, highlight=False))


def measured(site: Site) -> None:
    site.past(30, event_p95=420, events=40, push_p95=12, pushes=9, sockets=3, queues={"dispatch": 2, "notify": 0})
    newest = keeping.history(site.redis)[-1]
    rows = [{"name": f"web {number}", "pid": number, "cpu": 12.5, "memory_mb": 130.0} for number in (1, 2)]
    latest: Latest = {
        "point": list(newest),
        "processes": rows,  # type: ignore[typeddict-item]
        "sockets": {"operator": 2, "driver": 1},
        "slow": [{"kind": "handler", "name": "board_state.load", "times": 4}],
        "repeated": [],
        "alerts": ["Pages answer slowly: p95 420 ms."],
    }
    keeping.keep(site.redis, [newest], latest)


def test_a_program_reads_every_figure(site: Site) -> None:
    measured(site)
    answer = ask("--json")
    assert answer.exit_code == 0
    [line] = answer.stdout.splitlines()
    said = json.loads(line)
    assert said["fresh"] is True
    assert said["figures"]["event_p95"] == {"name": "Handlers, p95", "value": 420, "tone": "fair"}
    assert said["figures"]["push_p95"]["tone"] == "good"
    assert said["figures"]["queued"]["value"] == 2
    assert said["alerts"] == ["Pages answer slowly: p95 420 ms."]
    assert [row["name"] for row in said["processes"]] == ["web 1", "web 2"]
    assert [row["name"] for row in said["sockets"]] == ["operator", "driver"]
    assert said["slow"][0]["name"] == "board_state.load"


def test_a_person_reads_it_in_a_hundred_columns(site: Site) -> None:
    measured(site)
    answer = ask()
    assert answer.exit_code == 0
    for words in (
        "Handlers, p95",
        "420 ms",
        "≤ 300 ms",
        "Database answers",
        "web 2",
        "130 MB",
        "driver 1",
        "dispatch 2",
    ):
        assert words in answer.stdout
    assert "! Pages answer slowly: p95 420 ms." in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 100
    assert "…" not in answer.stdout, "nothing is cut off"


def test_one_that_stopped_says_since_when(site: Site) -> None:
    keeping.keep(site.redis, points(3), None)
    answer = ask()
    assert answer.exit_code == 1
    assert "Nothing measured for" in answer.stdout
    assert json.loads(ask("--json").stdout)["fresh"] is False


def test_before_the_first_figures(site: Site) -> None:
    answer = ask()
    assert answer.exit_code == 1
    assert "Nothing has been measured yet." in answer.stdout


def test_one_that_does_not_run_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setenv("GUITARA_REDIS_URL", "")
    monkeypatch.setenv("GUITARA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    answer = ask("--json")
    assert isinstance(answer.exception, Unavailable)
    assert answer.exception.sentence.startswith("Guitara is not running in this folder.")
    assert answer.stdout == ""


def test_a_redis_that_is_away_is_said_plainly(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Redis(port=1, retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(command, "live_redis", lambda: nowhere)
    answer = ask()
    assert isinstance(answer.exception, Unavailable)
    assert "Redis does not answer" in answer.exception.sentence


def test_ctrl_c_leaves_quietly(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping.keep(site.redis, [point(at=1.0)], None)

    def pressed(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command.time, "sleep", pressed)
    answer = CliRunner().invoke(app, ["monitor"])
    assert (answer.exit_code, answer.exception) == (0, None)
