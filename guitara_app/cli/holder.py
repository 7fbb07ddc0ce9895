"""Who runs ``up`` in this folder: its process, told from a later one with the same number by when it started."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil

from guitara_app.cli.installation import data_dir
from guitara_app.embedded.server import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = "up.pid"
_CLOSE_ENOUGH = 0.5


@contextmanager
def noted_holder() -> Iterator[None]:
    """Note this process for as long as it holds the folder."""
    file = data_dir() / _FILE
    itself = psutil.Process()
    write_private(file, json.dumps({"pid": itself.pid, "started": _started(itself)}))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def holder() -> psutil.Process | None:
    """The process that was noted, while it lives; none when another has its number now."""
    try:
        noted = json.loads((data_dir() / _FILE).read_text())
        process = psutil.Process(noted["pid"])
        same = abs(_started(process) - noted["started"]) < _CLOSE_ENOUGH
    except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
        return None
    return process if same and not is_over(process) else None


def is_over(process: psutil.Process) -> bool:
    """Whether it has ended, also when whoever started it has not taken notice yet."""
    try:
        return not process.is_running() or bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _started(process: psutil.Process) -> float:
    # Seconds after the machine's own start: a clock that is set meanwhile moves both.
    return float(process.create_time() - psutil.boot_time())
