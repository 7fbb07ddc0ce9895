"""The servers of one installation: those named in the environment, else embedded ones below the data folder.

``up`` holds a lock for as long as it runs and notes in ``run.json`` (private) how its servers are reached, so that
other commands in the same folder can use them.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import psutil

from guitara_app.cli.windows import on_windows
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.place import private_folder, said_plainly
from guitara_app.embedded.server import write_private
from guitara_app.kit.errors import GuitaraError, Unavailable
from guitara_app.settings import settings

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from guitara_app.embedded.server import Server

MARK = "GUITARA_STARTED_BY"
"""In the environment of everything ``up`` starts, so that nothing of a killed one is left over."""


@dataclass(frozen=True, slots=True)
class Note:
    """What ``run.json`` says about the ``up`` that runs."""

    mark: str
    address: str
    database_url: str
    owner_database_url: str
    redis_url: str


def data_dir() -> Path:
    """The private folder of this installation, made when missing."""
    folder = settings().data_dir.absolute()
    with said_plainly(folder):
        return private_folder(folder)


def read_note() -> Note | None:
    """The note of an ``up``, of the one that runs or of one that was killed."""
    file = data_dir() / "run.json"
    return Note(**json.loads(file.read_text())) if file.exists() else None


def write_note(note: Note) -> None:
    """Leave the note; only the owner can read it."""
    write_private(data_dir() / "run.json", json.dumps(asdict(note)))


def remove_note() -> None:
    """The last thing an ``up`` does."""
    (data_dir() / "run.json").unlink(missing_ok=True)


@contextmanager
def held(lock: str = "up.lock") -> Iterator[bool]:
    """Hold this folder's lock, if nobody else does: whether it is held is what is yielded."""
    with (data_dir() / lock).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class Servers:
    """PostgreSQL and Valkey for one run: embedded, unless the settings name real ones (each on its own).

    ``folder`` is where the embedded ones keep their data; the data folder, unless given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        given, where = settings(), folder or data_dir()
        self.postgres = None if given.database_url else Postgres(where / "postgresql")
        self.valkey = None if given.redis_url else Valkey(where / "valkey")

    @property
    def embedded(self) -> list[Server]:
        """Those started here."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def announce(self) -> None:
        """Let the settings of this process name the servers that run."""
        if self.postgres is not None:
            os.environ["GUITARA_DATABASE_URL"] = self.postgres.app_url
            os.environ["GUITARA_OWNER_DATABASE_URL"] = self.postgres.owner_url
        if self.valkey is not None:
            os.environ["GUITARA_REDIS_URL"] = self.valkey.url
        os.environ["GUITARA_DATA_DIR"] = str(data_dir())
        _announce_secret()

    def stop(self) -> None:
        """Stop those started here, the one that keeps the truth last."""
        for server in reversed(self.embedded):
            server.stop()


@contextmanager
def at_hand() -> Iterator[None]:
    """Servers to work with: the given ones, those of the ``up`` that runs here, else embedded ones for the moment."""
    if on_windows():
        need_servers()
    if settings().database_url and settings().redis_url:
        yield
        return
    with held() as free:
        if not free:
            note = read_note()
            if note is None:
                raise Unavailable("Guitara is just starting in this folder. Wait until it is up and try again.")
            _use(note)
            yield
            return
        servers = Servers()
        try:
            for server in servers.embedded:
                server.start()
            servers.announce()
            migrate()
            yield
        finally:
            servers.stop()


def migrate() -> None:
    """Bring the schema up to date, as its owner."""
    from guitara_app.kit.migrate import upgrade

    upgrade(settings().owner_database_url or settings().database_url)


def need_servers() -> None:
    """For the commands that run one part: they use real servers only."""
    missing = [name for name in ("database_url", "redis_url") if not getattr(settings(), name)]
    if missing:
        names = " and ".join(f"GUITARA_{name.upper()}" for name in missing)
        raise GuitaraError(
            f"Set {names} first: this runs one part of a system whose servers are elsewhere. "
            "./guitara up starts everything on one machine (Linux or macOS)."
        )


def stop_leftovers(mark: str) -> None:
    """Stop whatever a killed ``up`` (or this one) has started and left."""
    end(marked(mark))


def marked(mark: str) -> list[psutil.Process]:
    """What the ``up`` with this mark has started, found by the mark in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
        except psutil.Error:
            continue
    return found


def end(processes: Sequence[psutil.Process]) -> None:
    """Ask them to end; those that do not are killed."""
    found = list(processes)
    for act in (psutil.Process.terminate, psutil.Process.kill):
        for process in found:
            try:
                act(process)
            except psutil.NoSuchProcess:
                continue
        _, found = psutil.wait_procs(found, timeout=10)


def _use(note: Note) -> None:
    os.environ["GUITARA_DATABASE_URL"] = note.database_url
    os.environ["GUITARA_OWNER_DATABASE_URL"] = note.owner_database_url
    os.environ["GUITARA_REDIS_URL"] = note.redis_url
    _announce_secret()


def _announce_secret() -> None:
    """One secret for all processes of this folder, made once; and let the settings be read anew."""
    if not settings().secret.get_secret_value():
        file = data_dir() / "secret"
        if not file.exists():
            write_private(file, secrets.token_urlsafe(48))
        os.environ["GUITARA_SECRET"] = file.read_text()
    settings.cache_clear()
