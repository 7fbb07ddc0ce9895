"""Figures of several processes: summed while they live, and what is only true of the living forgotten with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from guitara_app.kit.counting import FOLDER, counting_environment, registry
from guitara_app.settings import PROJECT

_COUNTS = """
import os, sys
from guitara_app.kit import metrics
metrics.CACHE_READS.labels("views", "yes").inc(3)
for seconds in (0.02, 0.3, 20):
    metrics.HANDLER_SECONDS.labels("who.load").observe(seconds)
metrics.ROUTE_SECONDS.labels("GET /x", "200").observe(0.02)
metrics.CONNECTIONS.labels("therapist").set(5)
if sys.argv[1:] == ["forks"]:
    if not os.fork():
        metrics.CACHE_READS.labels("views", "yes").inc(4)
        os._exit(0)
    os.wait()
print("counted", flush=True)
sys.stdin.read()
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "metrics"
    monkeypatch.setenv(FOLDER, str(found))
    return found


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """A process that has counted and stays."""
    started: list[subprocess.Popen[str]] = []

    def one(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _COUNTS, *arguments],
            cwd=PROJECT,
            env={**os.environ, **counting_environment(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        return process

    yield one
    for process in started:
        kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def read(name: str, /, **labels: str) -> float | None:
    return registry().get_sample_value(name, labels)


def shown(found: CollectorRegistry) -> list[str]:
    return generate_latest(found).decode().splitlines()


def prometheus_own(folder: Path) -> CollectorRegistry:
    found = CollectorRegistry()
    MultiProcessCollector(found, str(folder))
    return found


def hits() -> float | None:
    return read("guitara_cache_reads_total", cache="views", found="yes")


def test_processes_are_summed_and_the_dead_hold_nothing_open(start: Start, folder: Path) -> None:
    one, two = start(), start("forks")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert hits() == 3 + 3 + 4
    assert read("guitara_handler_seconds_count", handler="who.load") == 6
    assert read("guitara_connections", role="therapist") == 10
    assert sorted(shown(registry())) == sorted(shown(prometheus_own(folder)))
    one.kill()
    os.waitid(os.P_PID, one.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the list of processes
    assert read("guitara_connections", role="therapist") == 5
    counting_environment(folder)
    assert hits() == 10, "what was counted stays as long as anybody counts, else the sum would fall"
    kill(two)
    counting_environment(folder)
    assert hits() is None


def test_another_process_with_the_number_of_a_dead_one_is_not_that_one(start: Start, folder: Path) -> None:
    start()
    mine = folder / f"gauge_livesum_{os.getpid()}.db"
    theirs = next(folder.glob("gauge_livesum_*.db"))
    mine.write_bytes(theirs.read_bytes())
    assert read("guitara_connections", role="therapist") == 10
    os.utime(mine, (1, 1))  # before this process began
    assert read("guitara_connections", role="therapist") == 5


def test_many_that_died_leave_little(start: Start, folder: Path) -> None:
    start()
    (folder / "histogram_1.db").write_bytes(b"")  # made this moment, by one that has written nothing yet
    for number in range(200):
        (folder / f"counter_{10_000_000 + number}.db").write_bytes(b"")
    registry()
    assert len(list(folder.glob("counter_*"))) == 61


def test_without_a_folder_a_process_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    assert registry() is REGISTRY
