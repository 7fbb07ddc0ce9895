"""``guitara loadtest``: many people at once over the real protocol, and what becomes of their changes."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from guitara_app.cli.console import tell_progress
from guitara_app.cli.figures import show_figures
from guitara_app.cli.parts import FirmSize
from guitara_app.settings import settings


def loadtest(
    users: Annotated[int, typer.Option(min=6, max=5000, help="Pages open at once.")] = 500,
    seconds: Annotated[float, typer.Option(min=3, max=36_000, help="How long they work.")] = 60,
    changes_per_second: Annotated[
        float, typer.Option(min=0, max=200, help="Changes of all of them together; 0: one of each in 25 seconds.")
    ] = 0,
    size: Annotated[FirmSize, typer.Option(help="The firm that is made for it; see seed.")] = FirmSize.DEMO,
    url: Annotated[str, typer.Option(help="A demo system that runs, instead of a firm of its own.")] = "",
    not_local: Annotated[
        bool, typer.Option("--i-know-this-is-not-local", help="Let --url be another machine.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; only this goes to stdout.")] = False,
) -> None:
    """Let many people work at once and see that nothing is late, lost or booked twice.

    With --url it writes into that system: visits are booked, changed, cancelled and paid there. It stops by itself, and
    exits with 0 only when everything that must be reached is.
    """
    from loadtest.effort import Effort
    from loadtest.firm import own_firm, running_system
    from loadtest.limits import check_host, make_room
    from loadtest.run import load_test

    base = check_host(url, allowed=not_local) if url else ""
    make_room(users)
    put = os.environ.__setitem__
    if base:
        tell_progress(f"This books, changes, cancels and takes money for visits at {base}; they stay there.")
    else:
        # Whatever the environment names is somebody's system: nothing of it is touched.
        for name in ("GUITARA_DATABASE_URL", "GUITARA_OWNER_DATABASE_URL", "GUITARA_REDIS_URL"):
            os.environ.pop(name, None)
        settings.cache_clear()
    large = size is FirmSize.LARGE
    with (
        _ended_by_signals(),
        running_system(base, put) if base else own_firm(large=large, users=users, say=tell_progress, put=put) as system,
    ):
        report = load_test(
            system,
            Effort(users, seconds, changes_per_second),
            tell_progress,
            everything=not large,
        )
    if as_json:
        sys.stdout.write(json.dumps(report.as_json()) + "\n")
    else:
        show_figures("Load test", report.figures)
    raise typer.Exit(0 if report.ok else 1)


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Whatever tells this to stop lets it clean up after itself, once."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        tell_progress("stopped; nothing of it is left")
        raise typer.Exit(130) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
