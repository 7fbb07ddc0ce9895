"""``./guitara`` alone: what keys do, which lines there are, and the menu in a terminal."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from guitara_app.cli.__main__ import app
from guitara_app.cli.installation import Note, write_note
from guitara_app.cli.menu import QUIT, offered, press
from guitara_app.embedded.server import free_port
from guitara_app.settings import PROJECT, settings

_ALL = offered({"up", "test", "health", "monitor", "loadtest", "stop"})


@pytest.mark.parametrize(
    ("typed", "at", "chosen"),
    [
        ("\x1b[B", 1, None),
        ("\x1b[A", 6, None),
        ("jj\x1bOAk", 0, None),
        ("\x1b[B\x1b[B\r", 2, "health"),
        ("5\r", 4, "loadtest"),
        ("0", 0, None),
        ("9x²", 0, None),
        ("q", 0, "Quit"),
        ("\x1b", 0, "Quit"),
        ("7", 6, "Quit"),
    ],
)
def test_keys(typed: str, at: int, chosen: str | None) -> None:
    now_at, choice = press(typed, 0, _ALL)
    assert now_at == at
    assert (choice and (choice.command[0] if choice.command else choice.words)) == chosen


def test_every_line_is_a_command_that_exists() -> None:
    names = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    assert {choice.command[0] for choice in offered(names) if choice.command} >= {
        *("up", "test", "health", "loadtest", "stop"),
    }
    assert offered(set()) == [QUIT]


def test_on_windows_the_menu_has_what_works_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    left = [choice.command[0] for choice in offered({"up", "test", "health", "loadtest", "stop"}) if choice.command]
    assert left == ["health"]


@contextmanager
def in_a_terminal(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "guitara_app.cli"],
        cwd=PROJECT,
        env={**os.environ, "GUITARA_DATA_DIR": str(folder), "TERM": "xterm", "NO_COLOR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(terminal: int, words: str) -> str:
    said = b""
    while words.encode() not in said:
        assert select.select([terminal], [], [], 30)[0], f"no {words!r} in {said.decode()!r}"
        said += os.read(terminal, 4096)  # raises when the other end is gone
    return said.decode()


def test_somebody_asks_for_health_and_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUITARA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    nobody = f"http://127.0.0.1:{free_port()}"
    write_note(Note("of a killed one", nobody, "", "", ""))
    settings.cache_clear()

    with in_a_terminal(tmp_path) as (process, terminal):
        said = read_until(terminal, "q leaves")
        assert "does not run here" in said
        assert "Load test: 500 people at once, for a minute" in said

        os.write(terminal, b"\x1b[B")
        read_until(terminal, "→ 2")
        os.write(terminal, b"\x1b[B\r")

        read_until(terminal, f"Nothing well answers at {nobody}")
        read_until(terminal, "q leaves")
        os.write(terminal, b"q")
        assert process.wait(timeout=30) == 0


def test_without_a_terminal_the_help_is_printed() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "guitara_app.cli"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 2
    assert "Usage: ./guitara [OPTIONS] COMMAND" in asked.stdout + asked.stderr
