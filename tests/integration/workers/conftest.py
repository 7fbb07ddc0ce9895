"""Real workers and beats on a real broker, and ways to kill them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from redis import Redis

from guitara_app.kit.counting import counting_environment
from guitara_app.settings import PROJECT, settings
from tests.integration.conftest import Scratch

WORKER = ("worker", "--concurrency", "1", "--without-mingle", "--without-gossip")
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(scratch: Scratch, tmp_path: Path) -> Iterator[Start]:
    """Start a part of Celery; whatever still runs after the test is killed with its children."""
    running: list[subprocess.Popen[bytes]] = []

    def started(*arguments: str, python: str = "") -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", python] if python else [sys.executable, "-m", "celery", "-A", "workers.app"]
        with (tmp_path / f"{len(running)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, *arguments],
                cwd=PROJECT,
                env={**os.environ, "GUITARA_DATA_DIR": str(tmp_path), **counting_environment(tmp_path / "metrics")},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        running.append(process)
        return process

    yield started
    for process in running:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """With everything it started, without warning."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def broker() -> Iterator[Redis]:
    with Redis.from_url(settings().broker_redis_url) as client:
        yield client


def waits_for_lock(scratch: Scratch) -> bool:
    return bool(scratch.one("SELECT count(*) FROM pg_locks WHERE NOT granted"))
