"""``guitara check``: does everything that must be true of the data hold right now?"""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from guitara_app.cli.audits import AUDITS, run_audits
from guitara_app.cli.console import console
from guitara_app.kit.database import reading

_SHOWN = 200


def check(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Audit the live data; exits with 1 when anything is not as it must be."""
    with reading() as session:
        findings = run_audits(session)
    if as_json:
        body = {"audits": [audit.name for audit in AUDITS], "findings": [finding._asdict() for finding in findings]}
        sys.stdout.write(json.dumps(body) + "\n")
    else:
        broken = {finding.audit for finding in findings}
        for audit in AUDITS:
            console.print(f"{'[red]✗[/]' if audit.name in broken else '[green]✓[/]'} {audit.sentence}")
        if findings:
            table = Table("Rule", "Where", "What")
            for finding in findings[:_SHOWN]:
                table.add_row(*finding)
            console.print(table)
            if len(findings) > _SHOWN:
                console.print(f"… and {len(findings) - _SHOWN} more; --json lists all.")
    raise typer.Exit(1 if findings else 0)
