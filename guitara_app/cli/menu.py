"""``./guitara`` alone in a terminal: what can be done, chosen with the arrow keys or a number."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from rich.live import Live
from rich.text import Text

from guitara_app.cli.console import console
from guitara_app.cli.holder import holder
from guitara_app.cli.installation import read_note
from guitara_app.cli.windows import ELSEWHERE_ONLY, on_windows
from guitara_app.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence
    from types import FrameType


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the menu: the words, and the command they stand for (none: leave)."""

    words: str
    command: tuple[str, ...] = ()


QUIT = Choice("Quit")
_CHOICES = (
    Choice("Set up and start everything", ("up",)),
    Choice("Run all tests", ("test",)),
    Choice("Health: is every part well?", ("health",)),
    Choice("Monitor: watch it work", ("monitor",)),
    Choice("Load test: 500 people at once, for a minute", ("loadtest", "--users", "500", "--seconds", "60")),
    Choice("Stop what runs here", ("stop",)),
    QUIT,
)
_KEY = re.compile(r"\x1b[\[O][AB]|\xe0[HP]|.", re.DOTALL)
_UP = ("\x1b[A", "\x1bOA", "\xe0H", "k")
_DOWN = ("\x1b[B", "\x1bOB", "\xe0P", "j")
_ENTER = ("\r", "\n")
_LEAVE = ("q", "\x1b", "\x03", "\x04")


def in_a_terminal() -> bool:
    """Whether somebody is there to choose."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def menu(commands: Container[str]) -> None:
    """Let somebody choose among those of ``commands`` that this machine can run, until they leave."""
    choices = offered(commands)
    at = 0
    while True:
        chosen = _ask(choices, at)
        if chosen is QUIT:
            return
        at = choices.index(chosen)
        console.print(f"[dim]./guitara {' '.join(chosen.command)}[/]")
        _run(chosen.command)
        console.print()


def offered(commands: Container[str]) -> list[Choice]:
    """The lines of the menu."""
    return [
        choice
        for choice in _CHOICES
        if choice is QUIT
        or (choice.command[0] in commands and not (on_windows() and choice.command[0] in ELSEWHERE_ONLY))
    ]


def press(typed: str, at: int, choices: Sequence[Choice]) -> tuple[int, Choice | None]:
    """What keys do while the line ``at`` is marked: the line marked then, and the choice once it is made."""
    for key in _KEY.findall(typed):
        if key in _LEAVE:
            return at, QUIT
        if key in _ENTER:
            return at, choices[at]
        if key in _UP or key in _DOWN:
            at = (at + (1 if key in _DOWN else -1)) % len(choices)
        elif key.isdecimal() and 1 <= int(key) <= len(choices):
            return int(key) - 1, choices[int(key) - 1]
    return at, None


def _ask(choices: Sequence[Choice], at: int) -> Choice:
    chosen, where = None, _where()
    with (
        suppress(KeyboardInterrupt, EOFError),
        _keys() as read,
        Live(_drawn(choices, at, where), console=console, auto_refresh=False, transient=True) as live,
    ):
        while chosen is None:
            at, chosen = press(read() or "q", at, choices)
            live.update(_drawn(choices, at, where), refresh=True)
    return chosen or QUIT


@contextmanager
def _keys() -> Iterator[Callable[[], str]]:
    """What waits for keys. The terminal hands out single ones all the time, so that none typed meanwhile is lost."""
    if sys.platform == "win32":
        yield typer.getchar
        return
    import termios
    import tty

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSADRAIN)
    try:
        yield lambda: os.read(terminal, 32).decode(errors="replace")
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _where() -> str:
    note = read_note() if holder() is not None else None
    return f"runs at {note.address}" if note else "does not run here"


def _drawn(choices: Sequence[Choice], at: int, where: str) -> Text:
    lines = Text.assemble(("Guitara", "bold"), (f"  {where}\n\n", "dim"))
    for number, choice in enumerate(choices):
        lines.append(f"{'→' if number == at else ' '} {number + 1}  {choice.words}\n", "bold" if number == at else "")
    lines.append("\n↑ ↓ and Enter, or a number; q leaves", "dim")
    return lines


def _run(command: Sequence[str]) -> None:
    """Run it in this terminal. Ctrl-C is meant for the command; whoever ends the menu ends the command."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        sys.exit(1)

    # A function, not SIG_IGN: to ignore is handed down to the command.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None), signal.signal(signal.SIGTERM, leave)
    try:
        with subprocess.Popen([sys.executable, "-m", "guitara_app.cli", *command], cwd=PROJECT) as process:
            try:
                process.wait()
            finally:
                process.terminate()
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
