"""Parts of the application that run beside a measurement, and end with it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from guitara_app.embedded import leash
from guitara_app.settings import PROJECT

_END_S = 15


@contextmanager
def running(
    command: Sequence[str], log: Path, more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """``command`` with this environment and ``more``; it is asked to end, and killed when it does not."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            leash.command(list(command), signal_number=signal.SIGTERM),
            cwd=PROJECT,
            env={**os.environ, **(more or {})},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
