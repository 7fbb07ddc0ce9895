"""What the embedded servers have in common: one private folder, one process on a leash, a clean start after any end."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

import psutil

from guitara_app.embedded import leash
from guitara_app.embedded.place import Account, Programs, home_of, private_folder, programs, said_plainly
from guitara_app.kit.errors import Unavailable

_START_SECONDS = 120
_STOP_SECONDS = 30
_LONGEST_LOG = 5_000_000
_KEEPERS_FILE = "secrets.json"


class Server(ABC):
    """One server: ``folder`` holds its secrets and log and, unless root started it, its data (see ``place``)."""

    name: ClassVar[str]
    users: ClassVar[tuple[str, ...]]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).absolute()
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._silence = 0  # how much of the log others have written
        self.passwords: dict[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the process started here is alive."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    def start(self) -> None:
        """Start and wait until it answers. One that a killed session left behind in this folder is stopped first.

        Raises ``Unavailable`` with a sentence. Call it from a thread that lives as long as the server shall.
        """
        if self.running:
            return
        with said_plainly(self.folder):
            private_folder(self.folder)
            home, account = home_of(self.folder)
            _stop_all_in(self._data(home), self.stop_signal)
            self._read_keepers()
            found = programs()
            self._prepare(found, home, account)
            self._start_process(found, home, account)
        self._wait()
        self._ready()

    def stop(self) -> None:
        """Stop the server of this folder, whoever started it, and wait until it is gone."""
        if self.process is None and not self.folder.exists():
            return
        home, _ = home_of(self.folder)
        _stop_all_in(self._data(home), self.stop_signal)
        if self.process is not None:
            self.process.wait(timeout=_STOP_SECONDS)
            self.process = None

    def processes(self) -> list[psutil.Process]:
        """Those of this folder's server, whoever started it."""
        return processes_in(self._data(home_of(self.folder)[0])) if self.folder.exists() else []

    def remove(self) -> None:
        """Stop, and delete all data. For tests."""
        self.stop()
        if self.folder.exists():
            shutil.rmtree(home_of(self.folder)[0])
            shutil.rmtree(self.folder, ignore_errors=True)

    @abstractmethod
    def _prepare(self, found: Programs, home: Path, account: Account | None) -> None:
        """Make the data folder and the configuration, when missing."""

    @abstractmethod
    def _command(self, found: Programs, home: Path) -> list[str]:
        """The server's command line, staying in the foreground."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it takes connections; False while it is starting."""

    def _ready(self) -> None:  # noqa: B027 - not every server has something left to do
        """What is left to do once it answers."""

    def _data(self, home: Path) -> Path:
        return home / "data"

    def _read_keepers(self) -> None:
        """Passwords are made once; the port is kept while it is free, so that open connections can come back."""
        file = self.folder / _KEEPERS_FILE
        kept = json.loads(file.read_text()) if file.exists() else {}
        passwords = kept.get("passwords", {})
        self.passwords = {user: passwords.get(user) or secrets.token_urlsafe(24) for user in self.users}
        self.port = kept.get("port", 0)
        if not self.port or not port_is_free(self.port):
            self.port = free_port()
        write_private(file, json.dumps({"passwords": self.passwords, "port": self.port}))

    def _start_process(self, found: Programs, home: Path, account: Account | None) -> None:
        ids = (account.uid, account.gid) if account else None
        arguments = leash.command(self._command(found, home), signal_number=self.stop_signal, account=ids)
        if self.log.exists() and self.log.stat().st_size > _LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.log.chmod(0o600)
            self._silence = log.tell()
            self.process = subprocess.Popen(
                arguments,
                cwd=self._data(home),
                env=clean_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # else Ctrl-C in a terminal would stop it before those who use it
                umask=0o077,
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if not self.running:
                raise Unavailable(f"{self.name} did not start. It said: {self._last_words()} (all of it in {self.log})")
            if time.monotonic() > deadline:
                self.stop()
                raise Unavailable(f"{self.name} did not answer within {_START_SECONDS} s. See {self.log}.")
            time.sleep(0.02)

    def _last_words(self) -> str:
        said = self.log.read_bytes()[self._silence :].decode(errors="replace")
        lines = [line for line in said.splitlines() if line.strip()]
        if any("No space left on device" in line for line in lines):
            return "the disk is full; free some space and start again"
        return " / ".join(lines[-3:]) or "nothing"


def clean_environment(home: Path) -> dict[str, str]:
    """No password, proxy or ``PG*`` variable of the caller reaches a server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "LC_ALL": "C", "TZ": "UTC"}


def write_private(file: Path, text: str) -> None:
    """Write ``text`` so that only the owner can read it, at no moment anybody else, and whole or not at all."""
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    new.replace(file)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on ``port`` of ``host`` now."""
    with socket.socket() as listener:
        # As servers do: a port whose last connections are only fading out is free.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return False
        return True


def processes_in(folder: Path) -> list[psutil.Process]:
    """The processes whose working directory is ``folder``: how a server is found again without trusting a pid file."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.pid != os.getpid():
                found.append(process)
        except psutil.Error:
            continue
    return found


def _stop_all_in(folder: Path, stop_signal: signal.Signals) -> None:
    """Ask the server in ``folder`` to stop; what has not gone after a while is killed."""
    found = processes_in(folder)
    pids = {process.pid for process in found}
    for process in found:
        try:
            if process.ppid() not in pids:
                process.send_signal(stop_signal)
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(found, timeout=_STOP_SECONDS)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=_STOP_SECONDS)
