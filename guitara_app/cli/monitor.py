"""``./guitara monitor``: how the system is doing, in the terminal."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from redis.exceptions import RedisError
from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from guitara_app.cli.console import console
from guitara_app.cli.installation import held, read_note
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.outbox import live_redis
from guitara_app.kit.time import now
from guitara_app.monitoring.measures import GROUPS
from guitara_app.monitoring.system import seen_from_outside
from guitara_app.settings import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis import Redis

    from guitara_app.monitoring.views import Measure, PartRow, ProcessRow, System

_EVERY_S = 1.0
_STYLES = {"good": "green", "fair": "yellow", "bad": "bold red"}
_BARS = "▁▂▃▄▅▆▇█"
_LINE = 14
_MOST_PROCESSES = 10
_A_WHILE_S = 120
_NOT_RUNNING = "Guitara is not running in this folder. Start it with ./guitara up, or set GUITARA_REDIS_URL."
_NOTHING = "Nothing has been measured yet. The first figures come a few seconds after the start."


def monitor(
    once: Annotated[bool, typer.Option(help="Print the figures once and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one object on a line each time.")] = False,
) -> None:
    """Watch processor, memory, response times, cache, sockets, queries and queues; Ctrl-C leaves.

    The web processes measure; this only shows. It ends with 1 when the system does not run.
    """
    redis = _redis()
    with suppress(KeyboardInterrupt):
        if once or as_json:
            while True:
                seen = _seen(redis)
                if as_json:
                    sys.stdout.write(json.dumps(_plain(seen)) + "\n")
                    sys.stdout.flush()
                else:
                    console.print(_screen(seen, now()))
                if once:
                    raise typer.Exit(0 if seen["fresh"] else 1)
                time.sleep(max(_EVERY_S, settings().sample_seconds))
        with Live(
            _screen(_seen(redis), now()), console=console, screen=console.is_terminal, auto_refresh=False
        ) as live:
            while True:
                time.sleep(_EVERY_S)
                live.update(_screen(_seen(redis), now()), refresh=True)


def _redis() -> Redis:
    """Of the system at hand.

    Raises:
        Unavailable: none runs here, and none is named.
    """
    if not settings().redis_url:
        with held() as free:
            note = None if free else read_note()
        if note is None:
            raise Unavailable(_NOT_RUNNING)
        os.environ["GUITARA_REDIS_URL"] = note.redis_url
        settings.cache_clear()
    return live_redis()


def _seen(redis: Redis) -> System:
    try:
        return seen_from_outside(redis, now=now())
    except RedisError as error:
        raise Unavailable("Redis does not answer, so Guitara cannot be running. Start it with ./guitara up.") from error


def _plain(seen: System) -> dict[str, object]:
    """Without the lines, and the figures by their keys."""
    figures = {
        one["key"]: {"name": one["name"], "value": one["number"], "tone": one["tone"]} for one in seen["measures"]
    }
    rest = {name: value for name, value in seen.items() if name not in ("measures", "hour")}
    return {**rest, "alerts": [one["words"] for one in seen["alerts"]], "figures": figures}


def _screen(seen: System, at: datetime) -> Group:
    if not seen["measured"]:
        return Group(Text(_NOTHING, style="yellow"))
    left = [name for number, name in enumerate(GROUPS) if number % 2 == 0]
    columns = Table.grid(expand=True, padding=(0, 2))
    columns.add_column(ratio=1)
    columns.add_column(ratio=1)
    columns.add_row(
        Group(*(_figures(name, seen["measures"]) for name in left)),
        Group(
            *(_figures(name, seen["measures"]) for name in GROUPS if name not in left),
            _counts("Sockets", seen["sockets"]),
            _counts("Waiting tasks", seen["queues"]),
            _processes(seen["processes"]),
        ),
    )
    return Group(_head(seen, at), *_alerts(seen), columns)


def _head(seen: System, at: datetime) -> Text:
    age = (at - datetime.fromisoformat(seen["measured"])).total_seconds()
    if not seen["fresh"]:
        since = f"{age:.0f} s" if age < _A_WHILE_S else f"{age / 60:.0f} min"
        return Text(f"Nothing measured for {since}: no web process runs. This is how it was.", style="bold red")
    head = Text("Guitara  ", style="bold")
    for part in seen["parts"]:
        head.append("● ", style=_STYLES[part["tone"]])
        head.append(f"{part['name']} {part['words']}  ")
    head.append(f"{age:.0f} s ago", style="dim")
    return head


def _alerts(seen: System) -> list[Text]:
    return [Text(f"! {one['words']}", style="bold red") for one in seen["alerts"]]


def _figures(group: str, measures: Sequence[Measure]) -> Table:
    table = _table(group, ("", {"ratio": 1}), ("", {"justify": "right"}), ("", {"style": "dim"}), ("", {}))
    for one in measures:
        if one["group"] == group:
            style = _STYLES.get(one["tone"], "")
            table.add_row(
                one["name"], Text(one["value"], style=style), one["target"], Text(_bars(one), style=style or "cyan")
            )
    return table


def _counts(title: str, rows: Sequence[PartRow]) -> Text:
    words = "  ".join(f"{row['name']} {row['words']}" for row in rows) or "none"
    return Text.assemble((f"{title}  ", "bold"), words)


def _processes(rows: Sequence[ProcessRow]) -> Table:
    table = _table("Processes", ("", {"ratio": 1}), ("", {"justify": "right"}), ("", {"justify": "right"}))
    for row in rows[:_MOST_PROCESSES]:
        table.add_row(row["name"], f"{row['cpu']:.0f} %", f"{row['memory_mb']:.0f} MB")
    return table


def _table(title: str, *columns: tuple[str, dict[str, object]]) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        show_header=False,
        box=None,
        expand=True,
        padding=(0, 1, 0, 0),
    )
    for name, more in columns:
        table.add_column(name, no_wrap=True, **more)  # type: ignore[arg-type]  # rich's own options
    return table


def _bars(one: Measure) -> str:
    """The last of its line as bars; a gap where nothing was measured."""
    line = one["line"][-_LINE:]
    top = max((value for value in line if value is not None), default=0) or 1
    bars = ("·" if value is None else _BARS[round(value / top * (len(_BARS) - 1))] for value in line)
    return "".join(bars).rjust(_LINE)
