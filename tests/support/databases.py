"""Empty databases of this version's schema, emptied again for the next test instead of made anew.

To copy a database of some three hundred files and to drop it costs several times what most tests do. So what a test
leaves is deleted, table by table and past every guard, and what the planner and the sequences know of it too. A test
that touched anything but rows (a guard taken away, statistics, the version) leaves a database that is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import count
from typing import Any, TypeVar

import psycopg2

from guitara_app.embedded import Postgres
from guitara_app.embedded.postgres import DatabaseUrls

Answer = TypeVar("Answer")

TEMPLATE = "migrated"
# Beyond this a copy is made sooner than all of it is deleted.
_LARGE = 32 * 1024 * 1024
_WAIT_MS = 10_000

_ALONE = """
SELECT count(*) FILTER (WHERE NOT pg_terminate_backend(pid, %(wait)s)), pg_database_size(current_database())
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Every part of a schema changes the newest transaction, or the number, of the rows of one of these.
_PARTS = (
    *("pg_attrdef", "pg_attribute", "pg_constraint", "pg_default_acl", "pg_description", "pg_extension", "pg_index"),
    *("pg_inherits", "pg_largeobject_metadata", "pg_namespace", "pg_policy", "pg_proc", "pg_rewrite", "pg_statistic"),
    *("pg_statistic_ext", "pg_trigger", "pg_type"),
)
_MARK = (
    "SELECT md5(concat_ws(' ', (SELECT string_agg(version_num, ' ') FROM alembic_version),"
    " (SELECT string_agg(concat_ws(' ', oid, relname, relkind, relowner, relacl, reloptions, relrowsecurity), ','"
    " ORDER BY oid) FROM pg_class WHERE oid >= 16384),"
    " (SELECT string_agg(setconfig::text, ' ') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase"
    " WHERE d.datname = current_database()), "
    + ", ".join(f"(SELECT concat(count(*), ' ', max(xmin::text::bigint)) FROM {part})" for part in _PARTS)
    + "))"
)
_USED = """
SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
_COUNTED = """
SELECT count(setval(format('%I.%I', schemaname, sequencename), start_value, false))
FROM pg_sequences WHERE last_value IS NOT NULL
"""


class Databases:
    """Those of one server that has a database ``TEMPLATE``."""

    def __init__(self, server: Postgres) -> None:
        self._server = server
        self._empty: list[tuple[str, str]] = []
        self._taken: dict[str, str] = {}
        self._numbers = count(1)

    def take(self) -> DatabaseUrls:
        """One without a row."""
        if self._empty:
            name, mark = self._empty.pop()
        else:
            name = f"test_{next(self._numbers)}"
            self._server.create_database(name, template=TEMPLATE)
            mark = self._ask(name, _mark)
        self._taken[name] = mark
        return self._server.urls(name)

    def give_back(self, urls: DatabaseUrls) -> None:
        """Nobody needs it any more; whoever still uses it is thrown out."""
        name = urls.app.rpartition("/")[2]
        mark = self._taken.pop(name)
        if self._ask(name, lambda cursor: _emptied(cursor, mark)):
            self._empty.append((name, mark))
        else:
            self._server.drop_database(name)

    def _ask(self, name: str, question: Callable[[Any], Answer]) -> Answer:
        address = f"{self._server.superuser_url.rpartition('/')[0]}/{name}"
        with closing(psycopg2.connect(address)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                return question(cursor)


def _mark(cursor: Any) -> str:
    cursor.execute(_MARK)
    return str(cursor.fetchone()[0])


def _emptied(cursor: Any, mark: str) -> bool:
    """Whether it is as it was when it had the mark."""
    cursor.execute(_ALONE, {"wait": _WAIT_MS})
    still_there, size = cursor.fetchone()
    if still_there or size > _LARGE or _mark(cursor) != mark:
        return False
    cursor.execute(_USED)
    used = [name for (name,) in cursor.fetchall()]
    if used:
        # No trigger, no foreign key, no rule stands in the way of a replica.
        deletes = "; ".join(f"DELETE FROM {name}" for name in used)
        cursor.execute(f"SET session_replication_role = replica; BEGIN; {deletes}; COMMIT")
        cursor.execute(f"VACUUM {', '.join(used)}")
        cursor.execute("SELECT " + ", ".join(f"pg_clear_relation_stats('public', '{name}')" for name in used))
    cursor.execute(_COUNTED)
    cursor.execute(_USED)
    return cursor.fetchone() is None
