"""Two web processes of the probe, PostgreSQL and Valkey for this package, and tabs to open on them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import monotonic

import pytest
from redis import Redis

from guitara_app import settings as settings_module
from guitara_app.accounts.models import LoginSession, Person
from guitara_app.accounts.permissions import SYSTEM, Role
from guitara_app.accounts.rules import new_token, token_hash
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.server import free_port
from guitara_app.kit import database, outbox
from guitara_app.kit.events import record
from guitara_app.kit.migrate import upgrade
from guitara_app.kit.time import now
from tests.live.one_view import World
from tests.support.socket_client import Sockets
from tests.support.warm import Forked, launch

_START_S = 60.0
_PROBE = "tests.live.probe"
_numbers = count(1)


@dataclass
class Web:
    """One web process of the probe."""

    base: str
    process: Forked | subprocess.Popen[bytes]
    log: Path
    frozen: list[int] = field(default_factory=list)

    def listens(self) -> bool:
        """Whether it takes connections by now."""
        if self.process.poll() is not None:
            raise AssertionError(f"the web process ended: {self.log.read_text()[-2000:]}")
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", int(self.base.rpartition(":")[2]))) == 0

    def family(self) -> list[int]:
        """The process and those below it, which serve."""
        found = [self.process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in children.read_text().split()]
        return found

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        self.frozen = self.family()
        for pid in self.frozen:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for pid in self.frozen:
            os.kill(pid, signal.SIGCONT)
        self.frozen = []


@dataclass
class Firm:
    """The servers behind the probe, and what a test may do with them from outside every web process."""

    postgres: Postgres
    valkey: Valkey

    @property
    def wires(self) -> Redis:
        """The database of Redis that holds the stream and the counters."""
        return outbox.live_redis()

    def person(self, role: Role) -> tuple[int, str]:
        """A new person who is signed in: their id and their cookie."""
        number = next(_numbers)
        with database.transaction() as session:
            vehicle = "car" if role == Role.DRIVER else None
            person = Person(username=f"{role}{number}", name=f"{role} {number}", role=role, vehicle=vehicle)
            session.add(person)
            session.flush()
            token = new_token()
            session.add(
                LoginSession(
                    person_id=person.id, token_hash=token_hash(token), expires_at=now().replace(year=now().year + 1)
                )
            )
            return person.id, f"sid={token}"

    def note(self, words: str, *topics: str) -> None:
        """Change something: commit a note on these topics and publish it."""
        with database.transaction() as session:
            record(session, "note", by=SYSTEM, now=now(), topics=topics, data={"note": words})

    def note_unpublished(self, words: str, *topics: str) -> None:
        """Commit a note as a process does that is killed right after the commit."""
        with database.transaction() as session:
            record(session, "note", by=SYSTEM, now=now(), topics=topics, data={"note": words})
            session.info.pop("recorded")

    def hold_next_read(self, topic: str) -> None:
        """Let the next read of this topic, in whichever process, wait when it has read."""
        self.wires.set(f"probe:hold:{topic}", 1)

    def wait_held(self, topic: str) -> None:
        """Until a read waits."""
        until(lambda: self.wires.exists(f"probe:held:{topic}"))

    def let_go(self, topic: str) -> None:
        """Let the held read go on."""
        self.wires.rpush(f"probe:go:{topic}", 1)

    def reads(self, topic: str) -> int:
        """How often the topic was read from the database, by all processes."""
        return int(self.wires.get(f"probe:reads:{topic}") or 0)


def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until ``condition`` holds."""
    ends, pause = monotonic() + timeout, threading.Event()
    while not condition():
        if monotonic() > ends:
            raise AssertionError(f"not within {timeout} s: {condition}")
        pause.wait(0.01)


@pytest.fixture(scope="package")
def firm() -> Iterator[Firm]:
    with tempfile.TemporaryDirectory(prefix="guitara-live-") as folder, pytest.MonkeyPatch.context() as environment:
        postgres, valkey = Postgres(Path(folder) / "pg", fast=True), Valkey(Path(folder) / "valkey")
        try:
            postgres.start()
            valkey.start()
            upgrade(postgres.owner_url)
            environment.setenv("GUITARA_DATABASE_URL", postgres.app_url)
            environment.setenv("GUITARA_REDIS_URL", valkey.url)
            forget_addresses()
            yield Firm(postgres, valkey)
            database.engine().dispose()
        finally:
            forget_addresses()
            postgres.remove()
            valkey.remove()


def forget_addresses() -> None:
    """Let this process ask again where its servers are."""
    settings_module.settings.cache_clear()
    database.engine.cache_clear()
    outbox.live_redis.cache_clear()


@contextmanager
def serving(number: int = 1, *, without: str = "", ping_s: int = 10) -> Iterator[list[Web]]:
    """``number`` web processes of the probe, ``without`` one of its guards; a ping goes unanswered as long again."""
    webs: list[Web] = []
    try:
        webs.extend(_start(without, ping_s) for _ in range(number))
        for web in webs:
            until(web.listens, _START_S)
        yield webs
    finally:
        for web in webs:
            web.thaw()
            web.process.terminate()
        for web in webs:
            try:
                web.process.wait(10)
            except subprocess.TimeoutExpired:
                for pid in web.family():
                    os.kill(pid, signal.SIGKILL)
                web.process.wait(10)
            web.log.unlink()


def _start(without: str, ping_s: int) -> Web:
    port = free_port()
    log = Path(tempfile.gettempdir()) / f"guitara-probe-{port}.log"
    environment = {
        **os.environ,
        "PROBE_WITHOUT": without,
        "REFLEX_SOCKET_INTERVAL": str(ping_s),
        "REFLEX_SOCKET_TIMEOUT": str(ping_s),
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", f"{_PROBE}:app"]
    log.unlink(missing_ok=True)
    return Web(f"http://127.0.0.1:{port}", launch(command, environment, log, assembly=_PROBE), log)


@pytest.fixture(scope="package")
def webs(firm: Firm) -> Iterator[list[Web]]:
    """Two web processes."""
    with serving(2) as started:
        yield started


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with Sockets() as opened:
        yield opened


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """One view by itself."""
    return World(monkeypatch)
