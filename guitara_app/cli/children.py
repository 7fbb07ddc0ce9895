"""The processes ``up`` looks after: each on a leash, in a session of its own, started again when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from guitara_app.embedded import leash
from guitara_app.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_STOP_SECONDS = 15
_LONGEST_PAUSE = 30
_WELL_AGAIN_SECONDS = 60


@dataclass(slots=True)
class Child:
    """One process: what to run, what it says, how often it fell over lately."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    started: float = field(default=0.0)
    due: float | None = None

    def start(self) -> None:
        """Start it; what the one before it said is kept beside the log as ``.1``."""
        if self.log.exists():
            self.log.replace(self._log_before)
        with self.log.open("wb") as log:
            self.log.chmod(0o600)
            self.process = subprocess.Popen(
                leash.command(self.command, signal_number=signal.SIGTERM),
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started, self.due = time.monotonic(), None

    def look_after(self) -> str | None:
        """Start it again when it has died, after a pause that grows. Returns a sentence when there is news."""
        if self.due is not None:
            if time.monotonic() < self.due:
                return None
            self.start()
            return f"{self.name} was started again."
        if self.process is None or self.process.poll() is None:
            return None
        self._kill_group()  # what it started itself must not live beside its successor
        self.falls = 1 if time.monotonic() - self.started > _WELL_AGAIN_SECONDS else self.falls + 1
        pause = min(2 ** (self.falls - 1), _LONGEST_PAUSE)
        self.due = time.monotonic() + pause
        return f"{self.name} stopped ({self._ending()}). It starts again in {pause} s. What it said: {self._log_before}"

    def fell_over(self) -> bool:
        """Whether it is not running now."""
        return self.process is None or self.process.poll() is not None

    def last_words(self) -> str:
        """The end of what it said."""
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return "\n".join(lines[-12:])

    @property
    def _log_before(self) -> Path:
        return self.log.with_suffix(".log.1")

    def _ending(self) -> str:
        code = self.process.returncode if self.process else 0
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def _kill_group(self) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def stop(children: Sequence[Child]) -> None:
    """Ask all at once, wait, then end by force what is still there."""
    running = [child for child in children if not child.fell_over()]
    for child in running:
        if child.process is not None:
            child.process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for child in running:
        if child.process is None:
            continue
        try:
            child.process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child._kill_group()
            child.process.wait()
