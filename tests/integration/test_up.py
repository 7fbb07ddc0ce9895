"""``./guitara up`` as a person runs it: it comes up, lets somebody in, stops, and leaves no process behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import httpx
import psutil
import pytest

from guitara_app.demo.accounts import DEMO_ACCOUNTS
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.server import free_port
from guitara_app.settings import PROJECT

pytestmark = pytest.mark.xdist_group("up")

_START_S = 600.0  # the first start of all installs the requirements and builds the pages
_STOP_S = 60.0
_SERVERS = ("GUITARA_DATABASE_URL", "GUITARA_OWNER_DATABASE_URL", "GUITARA_REDIS_URL", "GUITARA_SECRET")


@dataclass
class Started:
    """One ``up`` and all it started."""

    process: subprocess.Popen[str]
    address: str

    def wait_until_well(self) -> None:
        """Until ``/health`` says that every part is well."""
        ends, pause = monotonic() + _START_S, threading.Event()
        while not self._well():
            assert self.process.poll() is None, f"up ended: {self.process.communicate()}"
            assert monotonic() < ends, "up is not well"
            pause.wait(0.2)

    def _well(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health", timeout=10, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def family(self) -> list[psutil.Process]:
        """It and everything below it."""
        itself = psutil.Process(self.process.pid)
        return [itself, *itself.children(recursive=True)]


@dataclass
class Folder:
    """A data folder, and ``./guitara`` run against it from somewhere else on the machine."""

    path: Path
    port: int

    def run(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in _SERVERS}
        return subprocess.Popen(
            [PROJECT / "guitara", *arguments],
            cwd="/",
            env={**environment, "GUITARA_DATA_DIR": str(self.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def up(self) -> Started:
        started = Started(self.run("up", "--port", str(self.port)), f"http://127.0.0.1:{self.port}")
        started.wait_until_well()
        return started

    def ask(self, *arguments: str) -> tuple[int, str]:
        asked = self.run(*arguments)
        said, complained = asked.communicate(timeout=_START_S)
        return asked.returncode, said + complained


@pytest.fixture
def folder() -> Iterator[Folder]:
    with tempfile.TemporaryDirectory(prefix="guitara-up-") as path:
        made = Folder(Path(path) / "data", free_port())
        yield made
        for process in processes_of(made):
            process.kill()
        for server in (Postgres(made.path / "postgresql"), Valkey(made.path / "valkey")):
            server.remove()


def processes_of(folder: Folder) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("GUITARA_DATA_DIR") == str(folder.path):
                found.append(process)
        except psutil.Error:
            continue
    return found


def stop(started: Started, folder: Folder, number: signal.Signals) -> str:
    """Stop as a terminal or a service manager does. Returns what ``up`` said; nothing of it may be left."""
    family = started.family()
    assert len(family) > 8  # two web processes, a worker with its two, beat, two servers

    started.process.send_signal(number)
    said, complained = started.process.communicate(timeout=_STOP_S)

    assert started.process.returncode == 0, complained
    assert psutil.wait_procs(family, timeout=0)[1] == []
    assert processes_of(folder) == []
    return said


def test_up_lets_somebody_in_and_ctrl_c_leaves_nothing(folder: Folder) -> None:
    started = folder.up()
    note = folder.path / "run.json"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600

    with httpx.Client(base_url=started.address, headers={"Origin": started.address}, trust_env=False) as browser:
        account = DEMO_ACCOUNTS[0]
        form = {"username": account.username, "password": account.password}
        signed_in = browser.post("/auth/login", data=form)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/board")
        assert "HttpOnly" in signed_in.headers["set-cookie"]
        assert browser.get("/board").status_code == 200

    code, said = folder.ask("health")
    assert (code, said.count("✓")) == (0, 4)
    code, said = folder.ask("up", "--port", str(free_port()))
    assert code == 1
    assert f"already runs in this folder, at {started.address}" in said

    said = stop(started, folder, signal.SIGINT)

    assert started.address in said
    assert account.password in said
    assert not note.exists()


def test_after_a_kill_the_next_up_works_and_sigterm_leaves_nothing(folder: Folder) -> None:
    killed = folder.up()
    family = killed.family()
    killed.process.kill()
    killed.process.communicate()
    assert psutil.wait_procs(family, timeout=_STOP_S)[1] == []

    stop(folder.up(), folder, signal.SIGTERM)


def test_a_port_in_use_is_said_before_anything_starts(folder: Folder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", folder.port))
        other.listen()

        code, said = folder.ask("up", "--port", str(folder.port))

    assert code == 1
    assert f"Port {folder.port} is in use. Stop the other program or run ./guitara up --port" in said
    assert not (folder.path / "postgresql").exists()
