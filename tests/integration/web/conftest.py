"""Two web processes behind one port, serving the built pages of a firm with one person of each role."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time

import httpx
import pytest
from redis import Redis

from guitara_app import settings as settings_module
from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.rules import hash_password
from guitara_app.cli.build import ensure_built
from guitara_app.cli.parts import web_command, web_environment
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.server import free_port
from guitara_app.kit import database, outbox
from guitara_app.settings import PROJECT
from tests.support.socket_client import Sockets

PASSWORD = "correct horse battery"
_START_S = 60.0


@dataclass
class Web:
    """A started web server and what stands behind it."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def redis(self) -> Redis:
        return outbox.live_redis()

    def client(self) -> httpx.Client:
        """A browser without a screen that follows nothing by itself."""
        return httpx.Client(base_url=self.base, trust_env=False, timeout=20)

    def sign_in(self, name: str, password: str = PASSWORD, wanted: str = "") -> httpx.Client:
        """The same, after it posted the sign-in form."""
        client = self.client()
        client.post("/auth/login", data={"username": name, "password": password, "next": wanted})
        return client

    def cookie(self, name: str) -> str:
        """The cookie header of somebody who just signed in."""
        return f"sid={self.sign_in(name).cookies['sid']}"

    def person(self, name: str, role: Role = Role.OPERATOR) -> int:
        """One more account."""
        with database.transaction() as session:
            vehicle = "car" if role == Role.DRIVER else None
            person = Person(
                username=name, name=name.title(), role=role, vehicle=vehicle, password_hash=hash_password(PASSWORD)
            )
            session.add(person)
            session.flush()
            return person.id

    def beat(self) -> None:
        """Sign of life of a worker and of beat, as they write them."""
        self.redis.set("guitara:heartbeat:worker:test", time())
        self.redis.set("guitara:heartbeat:beat", time())

    def forget_failures(self) -> None:
        """Let this machine try passwords again."""
        for key in self.redis.scan_iter(match="login*"):
            self.redis.delete(key)

    def stop(self) -> None:
        """End it and everything below it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


StartWeb = Callable[..., Web]


def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until ``condition`` holds."""
    ends, pause = monotonic() + timeout, threading.Event()
    while not condition():
        assert monotonic() < ends, f"not within {timeout} s: {condition}"
        pause.wait(0.05)


@pytest.fixture(scope="package")
def start_web(postgres: Postgres) -> Iterator[StartWeb]:
    """Starts web servers on one database; they end with the package."""
    ensure_built()
    with tempfile.TemporaryDirectory(prefix="guitara-api-") as folder, pytest.MonkeyPatch.context() as environment:
        valkey = Valkey(Path(folder) / "valkey")
        started: list[Web] = []
        try:
            valkey.start()
            urls = postgres.create_database("api", template="migrated")
            environment.setenv("GUITARA_DATABASE_URL", urls.app)
            environment.setenv("GUITARA_REDIS_URL", valkey.url)
            _forget_addresses()

            def start(processes: int = 2) -> Web:
                port = free_port()
                log = Path(folder) / f"web-{port}.log"
                with log.open("wb") as output:
                    process = subprocess.Popen(
                        web_command("127.0.0.1", port, processes),
                        cwd=PROJECT,
                        env={**os.environ, **web_environment()},
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                    )
                web = Web(port, log, process)
                started.append(web)
                until(lambda: _listens(web), _START_S)
                return web

            yield start
        finally:
            for web in started:
                web.stop()
            database.engine().dispose()
            postgres.drop_database("api")
            valkey.remove()
    _forget_addresses()


@pytest.fixture(scope="package")
def web(start_web: StartWeb) -> Web:
    server = start_web()
    for role in Role:
        server.person(role, role)
    return server


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with Sockets() as opened:
        yield opened


def _listens(web: Web) -> bool:
    assert web.process.poll() is None, f"the web process ended: {web.log.read_text()[-3000:]}"
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", web.port)) == 0


def _forget_addresses() -> None:
    settings_module.settings.cache_clear()
    database.engine.cache_clear()
    outbox.live_redis.cache_clear()
