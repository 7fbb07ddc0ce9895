"""``guitara bench``: the promised figures, measured on this machine with data of the promised size."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

from guitara_app.cli.console import tell_progress
from guitara_app.cli.figures import show_figures


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
        show_figures("Bench", rows)
