"""Through which door somebody came in to change something: said once where they come in, read when it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum


class Door(StrEnum):
    """Where a change came from."""

    PAGE = "page"
    API = "api"
    CONSOLE = "console"
    TASK = "task"
    COMMAND = "command"


_usual = Door.COMMAND
_door: ContextVar[Door | None] = ContextVar("door", default=None)


def usually(door: Door) -> None:
    """Say what the door of this process is, unless a request says another."""
    global _usual  # noqa: PLW0603
    _usual = door


def came_through(door: Door) -> None:
    """Say it for the rest of what runs now: one request, in its own task."""
    _door.set(door)


@contextmanager
def through(door: Door) -> Iterator[None]:
    """Say it for a block."""
    before = _door.set(door)
    try:
        yield
    finally:
        _door.reset(before)


def door_of(*, by_somebody: bool) -> Door:
    """The door of what is recorded now; what nobody does in a web process, a task of it does."""
    if by_somebody or _usual == Door.COMMAND:
        return _door.get() or _usual
    return Door.TASK
