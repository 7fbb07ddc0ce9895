"""What ``up`` looks at before it starts anything, and how it treats a part that falls."""

from __future__ import annotations

import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import psutil
import pytest

from guitara_app.cli import children, installation, up
from guitara_app.cli.children import Child
from guitara_app.embedded.server import free_port
from guitara_app.kit.errors import GuitaraError, Unavailable
from guitara_app.settings import settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(f"GUITARA_{name}", "")
    monkeypatch.setenv("GUITARA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def until(condition: Callable[[], object]) -> None:
    ends, pause = monotonic() + 20, threading.Event()
    while not condition():
        assert monotonic() < ends, "not within 20 s"
        pause.wait(0.02)


def test_a_taken_port_is_a_sentence_with_a_way_out() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(
            Unavailable, match=rf"Port {port} is in use. Stop the other program or run ./guitara up --p"
        ):
            up.check_port(port, "127.0.0.1")


def test_a_nearly_full_disk_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage._replace(free=7_000_000))
    with pytest.raises(Unavailable, match="nearly full: 7 MB are free"):
        up.check_space()


def test_one_part_alone_needs_real_servers(folder: Path) -> None:
    with pytest.raises(GuitaraError, match="Set GUITARA_DATABASE_URL and GUITARA_REDIS_URL first"):
        installation.need_servers()


def test_a_folder_is_held_once(folder: Path) -> None:
    with installation.held() as first:
        assert first
        with installation.held() as second:
            assert not second
    with installation.held() as again:
        assert again


def test_other_commands_wait_for_an_up_that_is_just_starting(folder: Path) -> None:
    with installation.held(), pytest.raises(Unavailable, match="just starting"), installation.at_hand():
        pass


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = Child("worker", [sys.executable, "-c", "print('oh no'); raise SystemExit(3)"], {}, tmp_path / "worker.log")
    yield made
    children.stop([made])


def test_a_part_that_falls_is_started_again_after_a_growing_pause(child: Child) -> None:
    child.start()
    until(child.fell_over)
    assert "oh no" in child.last_words()

    news = child.look_after()
    assert news is not None
    assert "worker stopped (exit code 3). It starts again in 1 s." in news
    assert child.look_after() is None  # the pause

    child.due = 0
    assert child.look_after() == "worker was started again."
    until(child.fell_over)
    again = child.look_after()
    assert again is not None
    assert "in 2 s" in again


def test_stopping_leaves_no_grandchild(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_STOP_SECONDS", 0.5)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    below = f"{stubborn} print('ready', flush=True); signal.pause()"
    child.command = [
        *(sys.executable, "-c"),
        f"import subprocess, sys; {stubborn} subprocess.run([sys.executable, '-c', {below!r}])",
    ]
    child.start()
    until(lambda: "ready" in child.last_words())
    assert child.process is not None
    family = psutil.Process(child.process.pid).children(recursive=True)
    assert family

    children.stop([child])

    assert child.process.returncode == -signal.SIGKILL
    assert psutil.wait_procs(family, timeout=5)[1] == []
