"""The whole firm in one file: every row and every stored file, and back."""

from guitara_app.backup.making import Made, make_backup
from guitara_app.backup.restoring import Restored, restore_backup, what_is_there
from guitara_app.backup.services import LastBackup, back_up_daily, last_backup, note_backup

__all__ = [
    "LastBackup",
    "Made",
    "Restored",
    "back_up_daily",
    "last_backup",
    "make_backup",
    "note_backup",
    "restore_backup",
    "what_is_there",
]
