"""A process full of pages, as the one that started it talks to it: a line of JSON there, a line of JSON back."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from guitara_app.embedded import leash
from guitara_app.kit.errors import Unavailable
from guitara_app.settings import PROJECT

_LOOK_S = 0.2


class Swarm:
    """One such process; ``swarm`` starts it."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def tell(self, command: dict[str, Any]) -> None:
        """Say what to do, and do not wait for it."""
        if self.process.stdin is None or self.process.poll() is not None:
            raise self._gone()
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise self._gone() from error

    def hear(self, within: float) -> dict[str, Any]:
        """Its next answer.

        Raises:
            Unavailable: it has ended, or does not answer within so many seconds.
        """
        ends = monotonic() + within
        while monotonic() < ends:
            try:
                answer: dict[str, Any] = json.loads(self._lines.get(timeout=_LOOK_S))
            except queue.Empty:
                if self.process.poll() is not None and self._lines.empty():
                    raise self._gone() from None
            else:
                if answer.get("failed"):
                    raise Unavailable(f"The load test could not go on: {answer['failed']}")
                return answer
        raise Unavailable(f"The process with the pages did not answer within {within:.0f} s. What it said: {self._log}")

    def ask(self, command: dict[str, Any], within: float) -> dict[str, Any]:
        """Say what to do, and wait for the answer."""
        self.tell(command)
        return self.hear(within)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def _gone(self) -> Unavailable:
        return Unavailable(f"The process with the pages ended. What it said: {self._log}")


@contextmanager
def swarm(log: Path) -> Iterator[Swarm]:
    """A process of its own, so that what measures takes no time of the loop that is measured; killed at the end."""
    command = leash.command([sys.executable, "-m", "loadtest.swarm"], signal_number=signal.SIGKILL)
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    try:
        yield Swarm(process, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
