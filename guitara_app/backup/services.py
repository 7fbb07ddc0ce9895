"""The backup that is made each day, and what is known of the last good one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.backup.making import Made, forget_old, make_backup, nightly_path
from guitara_app.firm.services import keep_setting
from guitara_app.kit import database
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.settings import settings

_KEY = "last_backup"
_EACH = timedelta(days=1)


class LastBackup(TypedDict):
    """The last one that was written whole: when (ISO, UTC), the name of its file, its bytes and rows."""

    at: str
    file: str
    size: int
    rows: int


def note_backup(session: Session, made: Made, *, now: datetime) -> None:
    """Write down that a backup was made."""
    last = LastBackup(at=now.isoformat(timespec="seconds"), file=made.path.name, size=made.size, rows=made.rows)
    keep_setting(session, _KEY, last, now=now)
    record(session, "backup_made", by=SYSTEM, now=now, topics=["system"], data={**last})


def last_backup(session: Session) -> LastBackup | None:
    """The last good one, of whichever place it was written to."""
    found: LastBackup | None = session.execute(
        text("SELECT value FROM settings WHERE key = :key"), {"key": _KEY}
    ).scalar()
    return found


def back_up_daily(*, now: datetime) -> Made | None:
    """Make today's backup in the folder the settings name, when there is none of the last day. Blocking.

    Raises:
        NotPossible: the folder is not there.
        Unavailable: the database does not answer, or the file cannot be written.
    """
    given = settings()
    if not given.backup_dir:
        return None
    folder = Path(given.backup_dir)
    if not folder.is_dir():
        raise NotPossible(f"There is no folder {folder} for backups (GUITARA_BACKUP_DIR).")
    last = database.run(last_backup)
    if last is not None and now - datetime.fromisoformat(last["at"]) < _EACH and (folder / last["file"]).is_file():
        return None
    password = given.backup_password.get_secret_value()
    made = make_backup(given.database_url, given.data_dir, nightly_path(folder, now), password=password, now=now)
    database.run(lambda session: note_backup(session, made, now=now))
    forget_old(folder, keep=given.backup_keep)
    return made
