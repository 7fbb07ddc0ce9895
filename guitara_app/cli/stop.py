"""``./guitara stop``: ends what ``up`` started from this folder, and what a killed one left behind."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from guitara_app.cli.console import step, tell
from guitara_app.cli.holder import holder, is_over
from guitara_app.cli.installation import data_dir, end, held, marked, read_note, remove_note
from guitara_app.embedded import Postgres, Valkey
from guitara_app.kit.errors import Unavailable

if TYPE_CHECKING:
    import psutil

    from guitara_app.embedded.server import Server

_STOP_SECONDS = 90


def stop() -> None:
    """Stop what runs from this folder, wherever it was started."""
    running = holder()
    if running is not None:
        note = read_note()
        with step(f"Guitara{f' at {note.address}' if note else ''} stopped"):
            _ask(running)
    with held() as free:
        if not free:
            raise Unavailable(
                "Another command of Guitara is at work in this folder, or up is just starting. Nothing else was "
                "stopped: try again when it is done, or press Ctrl-C where it runs."
            )
        left = _end_leftovers()
    if left:
        tell(f"{left} processes that an earlier start had left behind are stopped.")
    elif running is None:
        tell("Nothing runs from this folder.")


def _ask(running: psutil.Process) -> None:
    running.send_signal(signal.SIGINT)
    deadline = time.monotonic() + _STOP_SECONDS
    while not is_over(running):
        if time.monotonic() > deadline:
            raise Unavailable(
                f"It was asked to stop and has not after {_STOP_SECONDS} s. Its process is {running.pid}; what its "
                f"parts said: {data_dir() / 'logs'}"
            )
        time.sleep(0.1)


def _end_leftovers() -> int:
    """End what nobody looks after any more. Returns how many processes that were."""
    note = read_note()
    orphans = marked(note.mark) if note is not None else []
    end(orphans)
    left = len(orphans)
    with held("large.lock") as free:  # else somebody works with the large firm's servers
        for server in (*_servers(""), *(_servers("large") if free else ())):
            left += len(server.processes())
            server.stop()
    remove_note()
    return left


def _servers(folder: str) -> tuple[Server, ...]:
    return Postgres(data_dir() / folder / "postgresql"), Valkey(data_dir() / folder / "valkey")
