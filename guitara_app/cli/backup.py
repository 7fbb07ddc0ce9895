"""``guitara backup`` and ``guitara restore``: the whole firm in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from guitara_app import tables  # noqa: F401  what is noted points at tables that nothing here imports
from guitara_app.backup import make_backup, note_backup, restore_backup, what_is_there
from guitara_app.cli.console import console, step, tell
from guitara_app.cli.installation import at_hand, held
from guitara_app.kit import database, outbox
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.time import now
from guitara_app.settings import settings

Encrypt = Annotated[bool, typer.Option("--encrypt", help="Ask for a password to encrypt it with.")]
File = Annotated[Path, typer.Argument(help="Where the backup is to be, or lies.")]


def backup(file: File, encrypt: Encrypt = False) -> None:
    """Copy every row and every stored file into FILE, as it is at this moment, while everybody goes on working.

    GUITARA_BACKUP_PASSWORD encrypts it too, without asking.
    """
    password = _password(confirm=True) if encrypt else settings().backup_password.get_secret_value()
    with at_hand():
        given = settings()
        with step(f"Backup written to {file}"):
            made = make_backup(given.database_url, given.data_dir, file, password=password, now=now())
            database.run(lambda session: note_backup(session, made, now=now()))
    tell(f"{made.rows:,} rows and {made.files:,} stored files in {made.size / 1e6:,.1f} MB.")


def restore(
    file: File,
    replace: Annotated[bool, typer.Option("--replace", help="Lose what is there, after being shown it.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Bring FILE back into an empty place, whole or not at all; with --replace after showing what is lost."""
    with held() as free:
        if not free:
            raise NotPossible("Guitara runs in this folder. Stop it first: ./guitara stop.")
    with at_hand():
        given = settings()
        owner = given.owner_database_url or given.database_url
        there = what_is_there(owner)
        if there and not replace:
            lines = ", ".join(f"{many:,} {name}" for name, many in there.items())
            raise NotPossible(f"There is a firm in this place: {lines}. With --replace it is lost.")
        if there and not yes:
            for name, many in there.items():
                console.print(f"[red]lost[/]  {many:,} {name}")
            typer.confirm("All of this is lost, and cannot be had back. Go on?", abort=True)
        password = given.backup_password.get_secret_value() or (_password(confirm=False) if _is_encrypted(file) else "")
        with step(f"{file} restored"):
            found = restore_backup(
                owner,
                given.data_dir,
                file,
                password=password,
                replace=replace,
            )
        # What is kept of the firm that was there: reports, versions, pages of browsers.
        outbox.live_redis().flushdb()
    tell(f"{found.rows:,} rows and {found.files:,} stored files, as they were at {found.made_at}.")


def _password(*, confirm: bool) -> str:
    answer: str = typer.prompt("Password of the backup", hide_input=True, confirmation_prompt=confirm)
    return answer


def _is_encrypted(file: Path) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(file) as opened:
            return any(entry.flag_bits & 1 for entry in opened.infolist())
    except (OSError, zipfile.BadZipFile):
        return False
