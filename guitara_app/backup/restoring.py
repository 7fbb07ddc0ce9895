"""Brings a backup back, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from alembic.script import ScriptDirectory
from psycopg2 import sql
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy import table as named
from sqlalchemy.exc import OperationalError

from alembic import command
from guitara_app.backup.archive import Manifest, Reader
from guitara_app.kit.errors import Conflict, NotPossible, Unavailable
from guitara_app.kit.migrate import config, ensure_app_role
from guitara_app.kit.statements import text
from guitara_app.settings import with_driver

_LOCK_TIMEOUT = "10s"
_FOREIGN_KEYS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 1, 2"
)
# What extensions have brought along stays.
_OWN = (
    "SELECT format('DROP TABLE %s CASCADE', c.oid::regclass) FROM pg_class c"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')",
    "SELECT format('DROP ROUTINE %s CASCADE', p.oid::regprocedure) FROM pg_proc p"
    " WHERE p.pronamespace = 'public'::regnamespace"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')",
)


class Restored(NamedTuple):
    """What came back."""

    made_at: str
    rows: int
    files: int


def what_is_there(owner_url: str) -> dict[str, int]:
    """How many rows would be lost, by table; empty when the place is empty.

    Raises:
        Unavailable: the database does not answer.
    """
    engine = create_engine(with_driver(owner_url), connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            return _rows_there(connection)
    except OperationalError as error:
        raise Unavailable("The database does not answer.") from error
    finally:
        engine.dispose()


def restore_backup(
    owner_url: str, data_dir: Path, path: Path, *, password: str = "", replace: bool = False
) -> Restored:
    """Bring everything back, and up to the schema of this version; killed at any moment, nothing has changed.

    Args:
        owner_url: of the login that owns the schema.
        data_dir: where what people have stored is to lie.
        path: the backup.
        password: of the file, when it is encrypted.
        replace: lose what is there; otherwise the place must be empty.

    Raises:
        NotPossible: the file is damaged or later than this version.
        Invalid: the password is missing or wrong.
        Conflict: the place is not empty.
        Unavailable: the database does not answer, or something still works with it.
    """
    with Reader(path, password) as reader:
        manifest = reader.manifest
        _check_known(manifest)
        engine = create_engine(with_driver(owner_url), connect_args={"connect_timeout": 10})
        try:
            with engine.connect() as connection, connection.begin():
                connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(8)"))
                if not replace and _rows_there(connection):
                    raise Conflict("There is a firm in this place already. Restore into an empty one, or replace it.")
                ensure_app_role(connection, owner_url)
                for statement in _OWN:
                    for drop in connection.scalars(text(statement)).all():
                        connection.execute(text(drop))
                command.upgrade(config(connection), manifest.revision)
                _load(connection, reader)
                command.upgrade(config(connection), "head")
                # Before the commit: a file too many is nothing, a row without its file would be a loss.
                files = _bring_files(reader, data_dir)
        except OperationalError as error:
            if getattr(error.orig, "pgcode", "") == "55P03":
                raise Unavailable("Something still works with this database. Stop the system first.") from error
            raise Unavailable("The database does not answer.") from error
        finally:
            engine.dispose()
    return Restored(manifest.made_at, sum(table.rows for table in manifest.tables.values()), files)


def _rows_there(connection: Connection) -> dict[str, int]:
    counts = {}
    for name in ("people", "clients", "appointments", "payments"):
        if connection.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name}):
            counts[name] = connection.scalar(select(func.count()).select_from(named(name))) or 0
    return {name: many for name, many in counts.items() if many}


def _check_known(manifest: Manifest) -> None:
    # Without a connection: only the migrations that are there are asked.
    known = {script.revision for script in ScriptDirectory.from_config(config(None)).walk_revisions()}
    if manifest.revision not in known:
        raise NotPossible("This backup was made by a later version of Guitara. Update first.")


def _load(connection: Connection, reader: Reader) -> None:
    """Every row where it was: without foreign keys and triggers, which are put back and looked at afterwards."""
    tables = reader.manifest.tables
    keys: Sequence[Any] = connection.execute(text(_FOREIGN_KEYS)).all()
    cursor: Any = connection.connection.cursor()
    for table, name, _ in keys:
        cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.SQL(table), sql.Identifier(name)))
    for name, facts in tables.items():
        table = sql.Identifier(name)
        cursor.execute(sql.SQL("TRUNCATE {}").format(table))
        cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
        columns = sql.SQL(", ").join(map(sql.Identifier, facts.columns))
        with reader.entry(f"tables/{name}") as file:
            cursor.copy_expert(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns), file)
        if cursor.rowcount != facts.rows:
            raise NotPossible(f"This backup is damaged: {name} has {cursor.rowcount} rows of {facts.rows}.")
        cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table))
    for table, name, definition in keys:
        cursor.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                sql.SQL(table), sql.Identifier(name), sql.SQL(definition)
            )
        )
    for name, last in reader.manifest.sequences.items():
        if last is not None:
            cursor.execute("SELECT setval(%s::regclass, %s, true)", (sql.Identifier(name).as_string(cursor), last))
    cursor.close()


def _bring_files(reader: Reader, data_dir: Path) -> int:
    files = [name for name in reader.manifest.checksums if name.startswith("files/")]
    for name in files:
        to = data_dir / name.removeprefix("files/")
        if not to.resolve().is_relative_to(data_dir.resolve()):
            raise NotPossible("This backup names a file outside its own place. It was not made by Guitara.")
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = to.with_name(f".{to.name}.part")
        with reader.entry(name) as source, part.open("wb") as file:
            part.chmod(0o600)
            while piece := source.read(1 << 20):
                file.write(piece)
            os.fsync(file.fileno())
        part.replace(to)
    return len(files)
