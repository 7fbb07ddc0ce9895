"""What the commands say, and how: one line for each step, with the time it took."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from collections.abc import Iterator

console = Console(highlight=False, soft_wrap=True)
complaints = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def step(doing: str) -> Iterator[None]:
    """Show that ``doing`` goes on, then that it is done; nothing when it fails, the failure speaks."""
    start = time.monotonic()
    if not console.is_terminal:
        console.print(f"… {doing}", markup=False)
    columns = (TextColumn(" "), SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(doing, total=None)
        yield
    console.print(f"[green]✓[/] {doing}  [dim]{time.monotonic() - start:.1f} s[/]")


def tell(sentence: str) -> None:
    """A plain line."""
    console.print(sentence, markup=False)


def tell_progress(what: str) -> None:
    """What a long work is at; not for programs."""
    complaints.print(f"… {what}", markup=False)


def complain(sentence: str) -> None:
    """A sentence about what went wrong."""
    complaints.print(sentence, markup=False, style="red")
