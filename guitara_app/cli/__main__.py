"""The ``guitara`` command: its groups of commands, and how what goes wrong is said."""

from __future__ import annotations

import sys
from functools import wraps
from typing import Any

import typer
from pydantic import ValidationError

from guitara_app.cli import parts
from guitara_app.cli.backup import backup, restore
from guitara_app.cli.bench import bench
from guitara_app.cli.check import check
from guitara_app.cli.console import complain
from guitara_app.cli.installation import at_hand
from guitara_app.cli.loadtest import loadtest
from guitara_app.cli.menu import in_a_terminal, menu
from guitara_app.cli.monitor import monitor
from guitara_app.cli.publish import publish
from guitara_app.cli.quality import test
from guitara_app.cli.stop import stop
from guitara_app.cli.up import up
from guitara_app.cli.windows import why_not
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
app.command()(stop)
app.command(context_settings={"ignore_unknown_options": True})(test)
app.command()(parts.web)
app.command()(publish)
app.command()(parts.worker)
app.command()(parts.beat)
app.command("migrate")(parts.migrate_schema)
app.command("seed")(parts.seed_demo)
app.command()(parts.health)
app.command()(backup)
app.command()(restore)
app.command()(bench)
app.command()(loadtest)
app.command()(monitor)


@app.command("check", help=check.__doc__)
@wraps(check)
def check_with_servers(*arguments: Any, **options: Any) -> Any:
    """The audit, on whichever servers are at hand."""
    with at_hand():
        return check(*arguments, **options)


def _names() -> set[str]:
    return {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}


def main() -> None:
    """Run one command, or let somebody choose one; a failure they can do something about is a sentence."""
    refusal = why_not(sys.argv[1:])
    if refusal:
        complain(refusal)
        sys.exit(1)
    try:
        with said_plainly(PROJECT):
            if len(sys.argv) == 1 and in_a_terminal():
                menu(
                    {
                        command.name or command.callback.__name__
                        for command in app.registered_commands
                        if command.callback
                    }
                )
            else:
                app(prog_name="./guitara")
    except GuitaraError as error:
        complain(error.sentence)
        sys.exit(1)
    except ValidationError as error:
        complain(" ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors()))
        sys.exit(1)


if __name__ == "__main__":
    main()
