"""What the whole system takes and keeps up while hundreds of people work in it: rows of the load test."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.timing import Figure, Row
from guitara_app.demo.sizes import Size
from loadtest.effort import Effort
from loadtest.firm import Say, System, serving
from loadtest.run import load_test

_SHOWN = (
    "double bookings",
    "lost updates",
    "unexpected errors",
    "push of a change alone",
    "push of a change in a burst",
    "open websockets",
    "HTTP requests a minute",
    "memory of the whole system",
    "cache hits on dashboard views",
    "database connections",
)
_ACTIONS_APART = ("book", "search clients", "push")


def under_load(scratch: Path, size: Size, servers: dict[str, int], effort: Effort, say: Say) -> list[Figure]:
    """Let people work in the firm that is measured, with web, worker and beat of their own."""
    with serving(scratch, say) as (base, parts, counted):
        report = load_test(
            System(base, size.staff, parts | servers, counted, scratch / "web.log"), effort, say, everything=False
        )
    named = {figure.name: figure for figure in report.figures}
    actions = [one for one in named.values() if isinstance(one, Row) and not one.name.startswith(_ACTIONS_APART)]
    worst = max(actions, key=lambda one: one.p99_ms)
    return [
        *(_renamed(named[name], name) for name in _SHOWN if name in named),
        _renamed(worst, f"any other action; the slowest is: {worst.name}"),
    ]


def _renamed(figure: Figure, name: str) -> Figure:
    return replace(figure, name=f"{name} (under load)")
