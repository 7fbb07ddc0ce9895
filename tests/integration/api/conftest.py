"""Two web processes on one build, with a small firm behind them, and plain HTTP clients to knock on their doors."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from pathlib import Path

import httpx
import pytest

from guitara_app import settings as settings_module
from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.rules import hash_password
from guitara_app.cli.build import BUILT, ensure_built
from guitara_app.cli.parts import web_command, web_environment
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.server import free_port
from guitara_app.kit import database, outbox
from guitara_app.kit.counting import counting_environment
from guitara_app.kit.migrate import upgrade
from guitara_app.settings import PROJECT
from tests.integration.conftest import Until
from tests.support.firm import Firm, open_firm
from tests.support.socket_client import Sockets

PASSWORD = "correct-horse-battery"
WRONG = "wrong-staple-battery"
METRICS_TOKEN = "metrics-token-of-thirty-two-letters-or-more"
BEHIND_PROXY = "guitara.test"
_START_S = 60.0
_numbers = count(1)


@dataclass
class Web:
    """One web process."""

    port: int
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, *, host: str = "", address: str = "127.0.0.1", cookie: str = "", **headers: str) -> httpx.Client:
        """A program that calls itself from ``address``, asks for ``host`` and follows no redirect."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"host": host} if host else {}
        given |= {"cookie": cookie} if cookie else {}
        transport = httpx.HTTPTransport(local_address=address)
        return httpx.Client(base_url=self.base, transport=transport, headers=given, timeout=20)

    def handshake(self, *, host: str = "", **headers: str) -> int:
        """The status a web socket's opening is answered with: 101 when it opens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        asked = {
            "Host": host or f"127.0.0.1:{self.port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            **headers,
        }
        try:
            connection.request("GET", "/_event/?EIO=4&transport=websocket&token=t", headers=asked)
            return connection.getresponse().status
        finally:
            connection.close()

    def listens(self) -> bool:
        """Whether it answers by now."""
        assert self.process.poll() is None, f"the web process ended: {self.log.read_text()[-3000:]}"
        with suppress(httpx.TransportError):
            return self.client().get("/ping").status_code == 200
        return False

    def kill(self) -> None:
        """End it and everything below it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Site:
    """The running firm; ``secrets`` are words that no log may hold."""

    webs: list[Web]
    postgres: Postgres
    valkey: Valkey
    firm: Firm
    secrets: set[str] = field(default_factory=set)

    @property
    def one(self) -> Web:
        return self.webs[0]

    @property
    def two(self) -> Web:
        return self.webs[1]

    def person(self, role: Role) -> str:
        """Somebody new, who can sign in with ``PASSWORD``; returns the user name."""
        name = f"{role}{next(_numbers)}"
        vehicle = "car" if role == Role.DRIVER else None
        with database.transaction() as session:
            person = Person(username=name, name=f"Mx {name}", role=role, vehicle=vehicle, password_hash=_hashed())
            session.add(person)
        return name

    def cookie(self, role: Role, username: str = "") -> str:
        """The cookie of somebody who has signed in."""
        form = {"username": username or self.person(role), "password": PASSWORD}
        with self.one.client() as client:
            answer = client.post("/auth/login", data=form)
            assert "sid" in answer.cookies, answer.headers
            self.secrets.add(answer.cookies["sid"])
            return f"sid={answer.cookies['sid']}"

    def said(self) -> str:
        """Everything the web processes have logged so far."""
        return "".join(web.log.read_text() for web in self.webs)

    def leaked(self) -> set[str]:
        """The secrets that the logs hold."""
        said = self.said()
        return {secret for secret in self.secrets if secret in said}


@lru_cache(maxsize=1)
def _hashed() -> str:
    return hash_password(PASSWORD)


@pytest.fixture(scope="package")
def site(until: Until) -> Iterator[Site]:
    ensure_built()
    with tempfile.TemporaryDirectory(prefix="guitara-api-") as folder, pytest.MonkeyPatch.context() as environment:
        postgres, valkey = Postgres(Path(folder) / "pg", fast=True), Valkey(Path(folder) / "valkey")
        webs: list[Web] = []
        try:
            postgres.start()
            valkey.start()
            upgrade(postgres.owner_url)
            environment.setenv("GUITARA_DATABASE_URL", postgres.app_url)
            environment.setenv("GUITARA_REDIS_URL", valkey.url)
            environment.setenv("GUITARA_DATA_DIR", folder)
            environment.setenv("GUITARA_METRICS_TOKEN", METRICS_TOKEN)
            environment.setenv("GUITARA_ORIGINS", f"https://{BEHIND_PROXY}")
            _forget_addresses()
            counting = counting_environment(Path(folder) / "metrics")
            webs.extend(_start(Path(folder) / f"{number}.log", counting) for number in range(2))
            found = Site(webs, postgres, valkey, open_firm())
            found.secrets |= {PASSWORD, WRONG, METRICS_TOKEN, "+639171234567", "1 Main Street", "D'Souza"}
            for web in webs:
                until(web.listens, _START_S)
            yield found
            database.engine().dispose()
            assert found.leaked() == set()
        finally:
            for web in webs:
                web.kill()
            _forget_addresses()
            postgres.remove()
            valkey.remove()


@pytest.fixture(autouse=True)
def no_failures_counted(request: pytest.FixtureRequest) -> None:
    """Wrong passwords of one test do not count in the next."""
    if "site" not in request.fixturenames:
        return
    request.getfixturevalue("site")
    for key in outbox.live_redis().scan_iter(match="login*"):
        outbox.live_redis().delete(key)


@pytest.fixture
def sockets() -> Iterator[Sockets]:
    with Sockets() as opened:
        yield opened


@pytest.fixture(scope="session")
def pages() -> Path:
    """The build."""
    return BUILT


def _forget_addresses() -> None:
    settings_module.settings.cache_clear()
    database.engine.cache_clear()
    outbox.live_redis.cache_clear()


def _start(log: Path, environment: dict[str, str]) -> Web:
    port = free_port()
    with log.open("ab") as output:
        process = subprocess.Popen(
            web_command("127.0.0.1", port, 1),
            cwd=PROJECT,
            env={**os.environ, **web_environment(), **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Web(port, log, process)
