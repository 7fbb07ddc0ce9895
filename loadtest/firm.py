"""What is put under load: a firm of its own on servers of its own, or a system that runs."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from guitara_app.cli.build import ensure_built
from guitara_app.cli.installation import read_note
from guitara_app.cli.large import large_folder, make_large
from guitara_app.cli.parts import WEB_PROCESSES, beat_command, web_command, web_environment, worker_command
from guitara_app.demo import seed
from guitara_app.demo.accounts import STAFF, StaffMember
from guitara_app.demo.sizes import DEMO, LARGE
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.server import free_port
from guitara_app.kit import database, outbox
from guitara_app.kit.errors import NotPossible, Unavailable
from guitara_app.kit.migrate import upgrade
from guitara_app.kit.time import now
from guitara_app.settings import settings
from loadtest.processes import running

Say = Callable[[str], None]
Put = Callable[[str, str], None]

COUNTING = "PROMETHEUS_MULTIPROC_DIR"
COMMIT_TIMES = {"track_commit_timestamp": "on"}
"""What the server keeps besides, so that the moment of each commit can be asked for."""

_START_S = 180.0
_FEW_PEOPLE = 60
# As many people as the promised size has, and the past of a small firm: made in seconds.
_MANY = DEMO._replace(name="many", staff=LARGE.staff, homes=2_500, shelves=20)


@dataclass(frozen=True, slots=True)
class System:
    """Where it is, whose processes it consists of, and who works there.

    ``parts`` are the ids of each part's first process; empty where they are not ours to know. ``counted`` is the folder
    in which its processes count, None when that is not known.
    """

    base: str
    staff: tuple[StaffMember, ...]
    parts: dict[str, int] = field(default_factory=dict)
    counted: Path | None = None
    log: Path | None = None


@contextmanager
def own_firm(*, large: bool, users: int, say: Say, put: Put) -> Iterator[System]:
    """A firm that is there for this one test, with two web processes, worker and beat; gone afterwards."""
    with ExitStack() as undo:
        scratch = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="guitara-load-")))
        if ensure_built():
            say("the pages were built")
        folder = undo.enter_context(large_folder()) if large else scratch
        postgres = Postgres(folder / "postgresql", more=COMMIT_TIMES)
        valkey = Valkey(scratch / "valkey")
        undo.callback(valkey.remove)
        undo.callback(postgres.stop if large else postgres.remove)
        undo.callback(lambda: database.engine().dispose())
        say("starting PostgreSQL and Valkey")
        postgres.start()
        valkey.start()
        point_at(postgres, valkey, scratch, put)
        size = LARGE if large else DEMO if users <= _FEW_PEOPLE else _MANY
        if large:
            make_large(postgres, LARGE, now=now(), say=say, anew=True)
        else:
            upgrade(postgres.owner_url)
        say("telling this evening")
        seed.run(now=now(), size=size)
        if postgres.process is None or valkey.process is None:
            raise Unavailable("PostgreSQL or Valkey ended while the firm was made.")
        servers = {"PostgreSQL": postgres.process.pid, "Valkey": valkey.process.pid}
        with serving(scratch, say) as (base, parts, counted):
            yield System(base, size.staff, parts | servers, counted, scratch / "web.log")


def point_at(postgres: Postgres, valkey: Valkey, scratch: Path, put: Put) -> None:
    """Let this process, and those it starts, work with these servers."""
    put("GUITARA_DATABASE_URL", postgres.app_url)
    put("GUITARA_OWNER_DATABASE_URL", postgres.owner_url)
    put("GUITARA_REDIS_URL", valkey.url)
    put("GUITARA_DATA_DIR", str(scratch / "data"))
    put("GUITARA_SECRET", secrets.token_urlsafe(48))
    put("GUITARA_SIMULATOR", "false")
    settings.cache_clear()
    settings().data_dir.mkdir(mode=0o700, exist_ok=True)
    database.engine.cache_clear()
    outbox.live_redis.cache_clear()


@contextmanager
def serving(scratch: Path, say: Say) -> Iterator[tuple[str, dict[str, int], Path]]:
    """Web, worker and beat: their address, their processes, and the folder they count in."""
    counted = scratch / "metrics"
    counted.mkdir(mode=0o700, exist_ok=True)
    port = free_port()
    commands = {
        "web": web_command("127.0.0.1", port, WEB_PROCESSES),
        "worker": worker_command(),
        "beat": beat_command(),
    }
    more = {COUNTING: str(counted)}
    say("starting web, worker and beat")
    with ExitStack() as undo:
        parts = {
            name: undo.enter_context(
                running(command, scratch / f"{name}.log", more | (web_environment() if name == "web" else {}))
            )
            for name, command in commands.items()
        }
        base = f"http://127.0.0.1:{port}"
        ends = time.monotonic() + _START_S
        while not _well(base):
            for name, process in parts.items():
                if process.poll() is not None:
                    said = (scratch / f"{name}.log").read_text(errors="replace")[-1500:]
                    raise Unavailable(f"{name} did not start. What it said: {said}")
            if time.monotonic() > ends:
                raise Unavailable(f"Web, worker and beat were not well after {_START_S:.0f} s.")
            time.sleep(0.2)
        for process in parts.values():
            undo.callback(process.terminate)  # all of them first; then each is waited for
        yield base, {name: process.pid for name, process in parts.items()}, counted


@contextmanager
def running_system(base: str, put: Put) -> Iterator[System]:
    """The system at ``base``, whose database is the one of the ``up`` of this folder, or of the environment.

    Raises:
        Unavailable: nothing well answers there.
        NotPossible: its database is not known, so nobody could count what was booked twice.
    """
    if not _well(base):
        raise Unavailable(f"Nothing well answers at {base}. ./guitara health says what is missing.")
    note = read_note()
    if note is not None and note.address.rpartition(":")[2] == base.rpartition(":")[2]:
        put("GUITARA_DATABASE_URL", note.database_url)
        put("GUITARA_REDIS_URL", note.redis_url)
    elif not settings().database_url:
        raise NotPossible(
            "Set GUITARA_DATABASE_URL to that system's database: what was booked twice, and what was lost, is counted"
            " there. Without --url a firm of its own is made for the test."
        )
    settings.cache_clear()
    database.engine.cache_clear()
    yield System(base, STAFF)


def _well(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
