"""Web processes that do not each read the whole program anew.

To import the application takes seconds of work, and nearly every file of browser tests starts two web processes. So one
process imports it once, as far as it depends on no setting, and a web process forked from it goes on from there as if
it had just been started: with its own environment, servers, log and group of processes. What a web process does from
its first line on is seen by the tests of ``integration/web``, ``integration/api`` and ``integration/test_up.py``.
"""

from __future__ import annotations

import ast
import atexit
import ctypes
import gc
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module, util
from pathlib import Path
from typing import NoReturn

from guitara_app.settings import PROJECT, settings

APPLICATION = "guitara_app.guitara_app"
_WHEN_THE_PARENT_ENDS = 1


class Forked:
    """A process that is no child of this one, with what is needed of ``subprocess.Popen``."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._watched = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it lives; how it ended is not known."""
        return 0 if select.select([self._watched], [], [], 0)[0] else None

    def wait(self, timeout: float | None = None) -> int:
        """Until it has ended; raises ``TimeoutExpired`` when that takes longer."""
        if not select.select([self._watched], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return 0

    def terminate(self) -> None:
        """Ask it to end, if it has not."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._watched, signal.SIGTERM)

    def __del__(self) -> None:
        os.close(self._watched)


class _Nursery:
    """The process that is forked from; it ends when nobody holds its input any more."""

    def __init__(self, assembly: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, assembly],
            cwd=PROJECT,
            env={name: value for name, value in os.environ.items() if not name.startswith("GUITARA_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        atexit.register(self._process.kill)

    def fork(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Forked:
        """``command`` begins with ``python -m``."""
        assert list(command[:2]) == [sys.executable, "-m"], command
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"arguments": command[2:], "environment": dict(environment), "log": str(log)}
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process to fork web processes from ended; see what it wrote"
        return Forked(int(answer))


@cache
def nursery(assembly: str = APPLICATION) -> _Nursery:
    """Where applications that ``assembly`` puts together are forked from, in this process.

    Once it is asked for it imports, whatever else is done meanwhile.
    """
    return _Nursery(assembly)


def begin(assembly: str = APPLICATION) -> None:
    """Import it meanwhile."""
    if hasattr(os, "pidfd_open"):
        nursery(assembly)


def launch(
    command: Sequence[str], environment: Mapping[str, str], log: Path, *, assembly: str = APPLICATION
) -> Forked | subprocess.Popen[bytes]:
    """Fork it; where processes cannot be watched that are no children, start it."""
    if hasattr(os, "pidfd_open"):
        return nursery(assembly).fork(command, environment, log)
    with log.open("ab") as said:
        return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=said, stderr=said, start_new_session=True)


def _import_all(assembly: str) -> None:
    """Everything the assembly imports, and every page, but not the assembly itself: that asks for settings."""
    found = util.find_spec(assembly)
    assert found is not None
    assert found.origin is not None
    for part in ast.walk(ast.parse(Path(found.origin).read_text())):
        if isinstance(part, ast.ImportFrom) and part.module not in (None, "__future__"):
            module = import_module(str(part.module))
            for name in part.names:
                if not hasattr(module, name.name):
                    import_module(f"{part.module}.{name.name}")
    if assembly == APPLICATION:
        import_module("guitara_app.pages").register()
    import_module("granian.cli")


def _serve(assembly: str) -> None:
    _import_all(assembly)
    assert assembly not in sys.modules
    assert threading.active_count() == 1, "a fork would lose threads"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ended is nobody's concern here
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _become(**json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def _become(arguments: list[str], environment: dict[str, str], log: str) -> NoReturn:
    """Go on as the program that was asked for."""
    code = 1
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(_WHEN_THE_PARENT_ENDS, signal.SIGTERM)  # tests that are killed leave nothing running
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        written, nothing = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), os.open(os.devnull, os.O_RDONLY)
        for kept, now in ((0, nothing), (1, written), (2, written)):
            os.dup2(now, kept)
        os.environ.clear()
        os.environ.update(environment)
        settings.cache_clear()
        import_module("reflex_base.config").reload_config()
        sys.argv = arguments
        with suppress(SystemExit):
            runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        code = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(sys.argv[1])
