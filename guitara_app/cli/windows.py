"""What of Guitara cannot be done on Windows, and the sentence that says so."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ELSEWHERE_ONLY = frozenset({"up", "stop", "test", "bench", "loadtest"})
"""Commands that start PostgreSQL and Valkey themselves, or look after what did."""


def on_windows() -> bool:
    """Whether this is Windows itself; inside WSL it is Linux."""
    return sys.platform == "win32"


def why_not(arguments: Sequence[str]) -> str | None:
    """The sentence for a command that this machine cannot run; none for those it can."""
    command = next((argument for argument in arguments if not argument.startswith("-")), "")
    if not on_windows() or command not in ELSEWHERE_ONLY or "--help" in arguments:
        return None
    return (
        f"{command} needs the PostgreSQL and Valkey that Guitara starts by itself on Linux and macOS only: run "
        f"./guitara {command} inside WSL, or start web, worker and beat here with GUITARA_DATABASE_URL and "
        "GUITARA_REDIS_URL naming servers that run elsewhere."
    )
