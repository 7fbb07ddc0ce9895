"""``./guitara up`` as a person runs it: it comes up, lets somebody in, stops, and leaves no process behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import psutil
import psycopg2
import pytest

from guitara_app.cli.parts import WEB_PROCESSES, WORKER_PROCESSES
from guitara_app.demo.accounts import DEMO_ACCOUNTS
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.server import free_port
from guitara_app.settings import PROJECT, settings

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


def stop(started: Started, folder: Folder, number: signal.Signals | None = None) -> str:
    """Stop as a service manager does, or (without a signal) by the command, which presses Ctrl-C. Returns what ``up``
    said; nothing of it may be left.
    """
    family = started.family()
    assert len(family) > 8  # two web processes, a worker with its two, beat, two servers

    if number is not None:
        started.process.send_signal(number)
    else:
        code, answer = folder.ask("stop")
        assert (code, f"✓ Guitara at {started.address} stopped" in answer) == (0, True), answer
    said, complained = started.process.communicate(timeout=_STOP_S)

    assert started.process.returncode == 0, complained
    assert psutil.wait_procs(family, timeout=0)[1] == []
    assert processes_of(folder) == []
    return said


def most_connections(started: Started, folder: Folder, cookie: str) -> int:
    """How many connections to the database there are when more people ask than there are connections, and every answer
    waits: nobody can read the clients meanwhile.
    """
    url = json.loads((folder.path / "run.json").read_text())["owner_database_url"]
    counted = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'guitara'"
    held = "SELECT count(*) FROM pg_locks WHERE relation = 'clients'::regclass AND NOT granted"

    def ask(number: int) -> int:
        headers = {"cookie": f"sid={cookie}"}
        path = f"{started.address}/api/v1/clients?q=somebody{number}"
        return httpx.get(path, headers=headers, timeout=60, trust_env=False).status_code

    def count(asked: str) -> int:
        cursor.execute(asked)
        return int(cursor.fetchone()[0])

    with ThreadPoolExecutor(60) as people, closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE clients IN ACCESS EXCLUSIVE MODE")
        answers = [people.submit(ask, number) for number in range(120)]
        ends, pause = monotonic() + _STOP_S, threading.Event()
        while (waiting := count(held)) <= settings().web_pool_size:
            assert monotonic() < ends, f"no more than {waiting} connections of the web processes wait"
            pause.wait(0.2)
        most = count(counted)
        connection.rollback()
        assert {answer.result() for answer in answers} <= {200, 503}
    return most


def measured(folder: Folder) -> Any:
    """What the terminal is told once the system has been measured."""
    ends = monotonic() + _STOP_S
    while monotonic() < ends:
        code, said = folder.ask("monitor", "--once", "--json")
        if code == 0:
            return json.loads(said)
    raise AssertionError(f"nothing measured: {said}")


def test_up_lets_somebody_in_and_the_stop_command_leaves_nothing(folder: Folder) -> None:
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
        figures = browser.get("/metrics").text
        for name in ("route_seconds", "queries", "task_wait_seconds", "task_seconds", "pool_connections"):
            assert f"\nguitara_{name}" in figures, "web and worker count in one place"
        planned = WEB_PROCESSES * settings().web_pool_size + WORKER_PROCESSES * settings().worker_pool_size
        assert 20 <= planned <= 50
        assert settings().web_pool_size < most_connections(started, folder, browser.cookies["sid"]) <= planned

    code, said = folder.ask("health")
    assert (code, said.count("✓")) == (0, 6)
    assert "1 worker; waiting: dispatch " in said
    code, said = folder.ask("health", "--json")
    assert code == 0
    assert {"workers", "queues", "beat_age_s", "connections", "cache", "version"} <= set(json.loads(said))
    names = {process["name"] for process in measured(folder)["processes"]}
    assert {"up", "web main", "web 1", "web 2", "worker 1", "worker 2", "beat", "Valkey"} <= names
    assert any(name.startswith("PostgreSQL") for name in names)
    code, said = folder.ask("up", "--port", str(free_port()))
    assert code == 1
    assert f"already runs in this folder, at {started.address}" in said

    said = stop(started, folder)

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
