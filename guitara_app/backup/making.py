"""Copies everything into one file, as it was at one moment, while everybody goes on working."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from guitara_app.backup.archive import Manifest, TableFacts, Writer
from guitara_app.kit.errors import NotPossible, Unavailable
from guitara_app.kit.release import release

STORED = ("receipts",)
"""Folders of the data folder that hold what people have stored."""

_ENDING = ".zip"
_PREFIX = "guitara-"
_PIECE = 1 << 20

# Alembic's own table is the manifest's revision. What PostgreSQL computes is computed again.
_TABLES = (
    "SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'"
    " GROUP BY 1 ORDER BY 1"
)
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"


class Made(NamedTuple):
    """A backup: where it is, its bytes, and how many rows and stored files it holds."""

    path: Path
    size: int
    rows: int
    files: int


def make_backup(database_url: str, data_dir: Path, path: Path, *, password: str = "", now: datetime) -> Made:
    """Write everything into ``path``; with a password encrypted.

    Args:
        database_url: of a login that may read every table; the application's may.
        data_dir: where what people have stored lies.
        path: the file; what is there is replaced when the new one is whole.
        password: for the file; empty: not encrypted.
        now: the present moment.

    Raises:
        NotPossible: there is no schema to back up, or the folder of ``path`` does not exist.
        Unavailable: the database does not answer, or the file cannot be written.
    """
    if not path.parent.is_dir():
        raise NotPossible(f"There is no folder {path.parent}. Make it first.")
    with _snapshot(database_url) as cursor, Writer(path, password) as writer:
        cursor.execute("SELECT version_num FROM alembic_version")
        [(revision,)] = cursor.fetchall()
        cursor.execute(_TABLES)
        facts = {name: _copy(cursor, writer, name, columns) for name, columns in cursor.fetchall()}
        # After the rows: a number given meanwhile is then never given twice.
        cursor.execute(_SEQUENCES)
        sequences = dict(cursor.fetchall())
        files = sum(_store(writer, data_dir, file) for file in _stored(data_dir))
        manifest = Manifest(
            version=release(),
            revision=revision,
            made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            tables=facts,
            sequences=sequences,
            checksums=writer.checksums,
        )
        size = writer.finish(manifest)
    return Made(path, size, sum(table.rows for table in facts.values()), files)


def nightly_path(folder: Path, now: datetime) -> Path:
    """Where the scheduled backup of this moment lies; by name the newest is the last."""
    return folder / f"{_PREFIX}{now.astimezone(UTC):%Y%m%d-%H%M%S}{_ENDING}"


def forget_old(folder: Path, *, keep: int) -> int:
    """Remove scheduled backups but the newest ``keep``, and what a killed one has left; how many there were."""
    old = sorted(_scheduled(folder))[:-keep]
    for path in [*old, *folder.glob(f".{_PREFIX}*{_ENDING}.part")]:
        path.unlink(missing_ok=True)
    return len(old)


def _scheduled(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"{_PREFIX}*{_ENDING}") if path.is_file()]


@contextmanager
def _snapshot(url: str) -> Iterator[Any]:
    try:
        connection = psycopg2.connect(url, connect_timeout=10)
    except psycopg2.OperationalError as error:
        raise Unavailable("The database does not answer.") from error
    with closing(connection), connection, connection.cursor() as cursor:
        connection.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
        cursor.execute("SELECT pg_try_advisory_lock(9)")
        if cursor.fetchone() != (True,):
            raise NotPossible("Another backup is being made. Wait until it is there.")
        cursor.execute("SELECT to_regclass('alembic_version') IS NOT NULL")
        if cursor.fetchone() != (True,):
            raise NotPossible("There is nothing to back up: this database has no schema yet.")
        yield cursor


def _copy(cursor: Any, writer: Writer, name: str, columns: list[str]) -> TableFacts:
    statement = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
    )
    with writer.entry(f"tables/{name}") as file:
        cursor.copy_expert(statement, file)
        rows = cursor.rowcount
    return TableFacts(columns=columns, rows=rows)


def _stored(data_dir: Path) -> list[Path]:
    found = (path for folder in STORED for path in (data_dir / folder).rglob("*"))
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _store(writer: Writer, data_dir: Path, path: Path) -> int:
    try:
        source = path.open("rb")
    except FileNotFoundError:  # erased since it was listed
        return 0
    with source, writer.entry(f"files/{path.relative_to(data_dir).as_posix()}") as file:
        while piece := source.read(_PIECE):
            file.write(piece)
    return 1
