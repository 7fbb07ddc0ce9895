"""``guitara bench``: the promised figures, measured on this machine with data of the promised size."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from guitara_app.cli.console import console, tell_progress

if TYPE_CHECKING:
    from bench.timing import Row


def bench(
    as_json: Annotated[bool, typer.Option("--json", help="For programs; only this goes to stdout.")] = False,
    only: Annotated[str, typer.Option(help="Only the figures whose name begins like this.")] = "",
    quick: Annotated[bool, typer.Option(help="A tenth of the data and fewer runs.")] = False,
) -> None:
    """Measure with the large firm, on servers and web processes of its own; takes a quarter of an hour."""
    from bench.run import measure

    rows = measure(only=only, quick=quick, say=tell_progress, put=os.environ.__setitem__)
    if as_json:
        sys.stdout.write(json.dumps({"rows": [row.as_json() for row in rows]}) + "\n")
    else:
        console.print(_table(rows))


def _table(rows: list[Row]) -> Table:
    table = Table("Figure (milliseconds)", *("p50", "p95", "p99", "must", "aim", "", ""))
    for row in rows:
        limits = ("", "") if row.must is None or row.aim is None else (f"{row.must:g}", f"{row.aim:g}")
        sign = "" if row.must is None else "[green]✓✓[/]" if row.aimed else "[green]✓[/]" if row.ok else "[red]✗[/]"
        table.add_row(row.name, f"{row.p50_ms:g}", f"{row.p95_ms:g}", f"{row.p99_ms:g}", *limits, sign, row.note)
    table.caption = "Compared at p95, changes and the race at p99: ✓ what must be is reached, ✓✓ what is aimed at too."
    return table
