"""The ``guitara`` command: its groups of commands, and how what goes wrong is said."""

from __future__ import annotations

import sys
from functools import wraps
from typing import Any

import typer
from pydantic import ValidationError

from guitara_app.cli import parts
from guitara_app.cli.bench import bench
from guitara_app.cli.check import check
from guitara_app.cli.console import complain
from guitara_app.cli.installation import at_hand
from guitara_app.cli.quality import test
from guitara_app.cli.up import up
from guitara_app.embedded.place import said_plainly
from guitara_app.kit.errors import GuitaraError
from guitara_app.settings import PROJECT

app = typer.Typer(
    name="guitara",
    help="Scheduling and dispatch for home-service massage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they hold passwords
)
app.command()(up)
app.command(context_settings={"ignore_unknown_options": True})(test)
app.command()(parts.web)
app.command()(parts.worker)
app.command()(parts.beat)
app.command("migrate")(parts.migrate_schema)
app.command("seed")(parts.seed_demo)
app.command()(parts.health)
app.command()(bench)


@app.command("check", help=check.__doc__)
@wraps(check)
def check_with_servers(*arguments: Any, **options: Any) -> Any:
    """The audit, on whichever servers are at hand."""
    with at_hand():
        return check(*arguments, **options)


def main() -> None:
    """Run one command; a failure a person can do something about is a sentence, not a traceback."""
    try:
        with said_plainly(PROJECT):
            app(prog_name="./guitara")
    except GuitaraError as error:
        complain(error.sentence)
        sys.exit(1)
    except ValidationError as error:
        complain(" ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors()))
        sys.exit(1)


if __name__ == "__main__":
    main()
