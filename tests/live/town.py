"""The whole application at work: two web processes, a worker, beat, a demo firm's evening, and what can befall them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg2
import pytest
from redis import Redis
from sqlalchemy import text

from guitara_app.accounts.models import LoginSession
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.rules import new_token, token_hash
from guitara_app.cli.parts import beat_command, worker_command
from guitara_app.demo.seed import run as seed
from guitara_app.embedded.place import home_of
from guitara_app.embedded.server import Server, free_port
from guitara_app.kit import database
from guitara_app.kit.migrate import upgrade
from guitara_app.kit.time import now
from guitara_app.settings import PROJECT
from tests.live.conftest import Firm, forget_addresses, until
from tests.support.warm import Forked, launch

_START_S = 180.0


@dataclass
class Part:
    """One process of the system, and those below it."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    port: int = 0
    process: subprocess.Popen[bytes] | Forked | None = None

    @property
    def base(self) -> str:
        """Its address, when it serves."""
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start it, and go on meanwhile; a web process from what is imported already."""
        if self.port:
            self.process = launch(self.command, {**os.environ, **self.environment}, self.log)
            return
        with self.log.open("ab") as said:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env={**os.environ, "PYTHONPATH": str(PROJECT), **self.environment},
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until it answers; it takes connections long before."""
        until(self._answers, _START_S)

    def kill(self) -> None:
        """End it and everything below it, as a crash does."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the web process ended: {self.log.read_text()[-3000:]}"
        try:
            return httpx.get(f"{self.base}/api/v1/me", timeout=1, trust_env=False).status_code == 401
        except httpx.HTTPError:
            return False


@dataclass
class Town:
    """The system, and the staff by user name."""

    firm: Firm
    webs: list[Part]
    worker: Part
    beat: Part
    staff: dict[str, Actor]
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def parts(self) -> list[Part]:
        """Everything that was started besides the servers."""
        return [*self.webs, self.worker, self.beat]

    def of(self, *roles: Role) -> list[str]:
        """The user names of those with one of these roles."""
        return sorted(name for name, actor in self.staff.items() if actor.role in roles)

    def cookie(self, name: str) -> str:
        """Of the session of somebody."""
        if name not in self.cookies:
            token = new_token()
            with database.transaction() as session:
                session.add(
                    LoginSession(
                        person_id=self.staff[name].person_id,
                        token_hash=token_hash(token),
                        expires_at=now().replace(year=now().year + 1),
                    )
                )
            self.cookies[name] = f"sid={token}"
        return self.cookies[name]

    def restart_database(self) -> None:
        """As after a crash of its machine: every session is gone at once, and what was committed is there again."""
        _end(self.firm.postgres, signal.SIGQUIT)
        self.firm.postgres.start()

    def restart_redis_empty(self, meanwhile: threading.Event) -> None:
        """It crashes, stays away for a moment, and comes back without anything it held."""
        valkey = self.firm.valkey
        _end(valkey, signal.SIGKILL)
        home, _ = home_of(valkey.folder)
        for held in (home / "data").iterdir():
            shutil.rmtree(held) if held.is_dir() else held.unlink()
        meanwhile.wait(1.0)
        valkey.start()

    def flush_redis(self) -> None:
        """Everything it held is gone, and it goes on."""
        with Redis.from_url(self.firm.valkey.url) as client:
            client.flushall()

    def rests(self) -> bool:
        """Whether everything that was recorded is published and told."""
        with database.reading() as session:
            left = session.execute(
                text(
                    "SELECT EXISTS (SELECT FROM events WHERE published_at IS NULL)"
                    " OR EXISTS (SELECT FROM untold_events)"
                )
            )
            return not left.scalar_one()


@contextmanager
def town(firm: Firm, folder: Path, *, without: str = "") -> Iterator[Town]:
    """A firm of the demo on a database of its own; ``without`` one of the guards of ``tests.live.weakened``."""
    with pytest.MonkeyPatch.context() as environment:
        urls = firm.postgres.create_database("town")
        upgrade(urls.owner)
        with closing(psycopg2.connect(urls.owner)) as connection, connection, connection.cursor() as cursor:
            # Servers of tests forget what was committed last when they crash; here that would be a lost change.
            cursor.execute("ALTER DATABASE town SET synchronous_commit = on")
        environment.setenv("GUITARA_DATABASE_URL", urls.app)
        environment.setenv("GUITARA_DATA_DIR", str(folder))
        environment.setenv("GUITARA_SIMULATOR", "false")
        environment.setenv("WEAKENED_WITHOUT", without)
        forget_addresses()
        made = Town(
            firm,
            [_web(folder, name) for name in ("one", "two")],
            Part(worker_command(1), {}, folder / "worker.log"),
            Part(beat_command(), {}, folder / "beat.log"),
            {},
        )
        try:
            for web in made.webs:
                web.launch()
            seed()
            made.staff = _staff()
            for part in (made.worker, made.beat):
                part.launch()
            for web in made.webs:
                web.wait()
            yield made
        finally:
            for part in made.parts:
                part.kill()
            database.engine().dispose()
            firm.postgres.drop_database("town")
    forget_addresses()


def _web(folder: Path, name: str) -> Part:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "asgi",
        "--factory",
        "--workers",
        "1",
        "--loop",
        "uvloop",
    ]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-access-log", "tests.live.weakened:app"]
    # Without its pages: who looks here needs only what is pushed.
    return Part(command, {"REFLEX_ENV_MODE": "prod", "__REFLEX_SKIP_COMPILE": "true"}, folder / f"{name}.log", port)


def _staff() -> dict[str, Actor]:
    with database.reading() as session:
        rows = session.execute(
            text("SELECT id, username, role, name FROM people WHERE disabled_at IS NULL ORDER BY id")
        )
        return {row.username: Actor(row.id, Role(row.role), row.name) for row in rows}


def _end(server: Server, number: signal.Signals) -> None:
    assert server.process is not None
    os.kill(server.process.pid, number)
    server.process.wait()
    server.process = None
