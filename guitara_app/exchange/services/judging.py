"""What would become of each row of a file, decided for all rows at once, inside the database.

What a file says lies in a table of the transaction alone (``staged``); a subject's own statements compare it with what
is kept and leave ``judged``: whom each row is about, what it changes, why it is refused. The same statements run for
the dry run and again in the transaction that takes the file in, so the two cannot follow other rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from sqlalchemy.orm import Session

from guitara_app.exchange.cells import Read
from guitara_app.exchange.models import Subject
from guitara_app.exchange.services import of_clients, of_services, of_staff
from guitara_app.kit.statements import text

_JUDGE = {
    Subject.CLIENTS: of_clients.JUDGE,
    Subject.SERVICES: of_services.JUDGE,
    Subject.STAFF: of_staff.JUDGE,
}
_STAGED = (
    "CREATE TEMP TABLE staged (number int PRIMARY KEY, cells text[] NOT NULL, wanted jsonb NOT NULL,"
    " problems jsonb NOT NULL) ON COMMIT DROP"
)
_KEEP = text(
    "INSERT INTO import_rows (import_id, number, cells, wanted, fate, target_id, label, changes, problems)"
    " SELECT :import, s.number, s.cells, s.wanted, j.fate, j.target_id, j.label, j.changes, j.problems"
    " FROM staged s JOIN judged j USING (number)"
)
_COUNT = text("SELECT fate, count(*) AS many FROM judged GROUP BY fate")
_STAGE_AGAIN = text(
    "INSERT INTO staged SELECT number, cells, wanted, '[]' FROM import_rows"
    " WHERE import_id = :import AND fate <> 'refused'"
)
_OTHERS_NOW = text(
    "SELECT count(*) FROM judged j JOIN import_rows r ON r.import_id = :import AND r.number = j.number"
    " WHERE (r.fate, r.target_id, r.changes) IS DISTINCT FROM (j.fate, j.target_id, j.changes)"
)


def stage(session: Session, rows: Iterable[tuple[int, list[str], Read]]) -> None:
    """Bring the rows of a file, each with its number and its cells, into ``staged``."""
    session.execute(text(_STAGED))
    cursor = session.connection().connection.cursor()
    cursor.copy_expert("COPY staged FROM STDIN", _Lines(_copied(*row) for row in rows))


def judge(session: Session, subject: Subject, *, actor_id: int) -> dict[str, int]:
    """Decide on every staged row; how many rows have which fate."""
    session.execute(text("ANALYZE staged"))
    for statement in _JUDGE[subject]:
        session.execute(text(statement), {"actor": actor_id} if ":actor" in statement else {})
    session.execute(text("ANALYZE judged"))
    return {row.fate: row.many for row in session.execute(_COUNT)}


def keep_judged(session: Session, import_id: int) -> None:
    """Keep what was decided, for whoever looks at the dry run."""
    session.execute(_KEEP, {"import": import_id})


def judge_again(session: Session, subject: Subject, import_id: int, *, actor_id: int) -> int:
    """Decide anew on the rows that were not refused; how many have come out differently since they were shown."""
    session.execute(text(_STAGED))
    session.execute(_STAGE_AGAIN, {"import": import_id})
    judge(session, subject, actor_id=actor_id)
    return int(session.execute(_OTHERS_NOW, {"import": import_id}).scalar_one())


class _Lines(StringIO):
    """What ``COPY`` reads, made while it reads."""

    def __init__(self, lines: Iterator[str]) -> None:
        super().__init__()
        self._lines = lines
        self._rest = ""

    def read(self, size: int | None = -1, /) -> str:
        wanted = size if size is not None and size > 0 else 1 << 20
        pieces, length = [self._rest], len(self._rest)
        for line in self._lines:
            pieces.append(line)
            length += len(line)
            if length >= wanted:
                break
        everything = "".join(pieces)
        self._rest = everything[wanted:]
        return everything[:wanted]


def _copied(number: int, cells: list[str], read: Read) -> str:
    array = "{" + ",".join(f'"{_in_array(cell)}"' for cell in cells) + "}"
    return "\t".join((str(number), _escaped(array), _json(read.wanted), _json(read.problems))) + "\n"


def _in_array(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace('"', '\\"')


def _json(value: Any) -> str:
    return _escaped(json.dumps(value, ensure_ascii=False))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
