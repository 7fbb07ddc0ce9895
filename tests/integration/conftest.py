"""The test's database as its superuser sees it: past every right and guard of the application."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg2
import pytest

from guitara_app.embedded import Postgres
from guitara_app.embedded.postgres import DatabaseUrls


@dataclass(frozen=True)
class Scratch:
    """One empty, migrated database."""

    superuser_url: str

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run ``statement`` and commit; the rows it gives, if any."""
        with closing(psycopg2.connect(self.superuser_url)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: Any) -> Any:
        """The first value of the first row."""
        return self.sql(statement, *values)[0][0]


Until = Callable[..., None]


@pytest.fixture
def scratch(postgres: Postgres, database: DatabaseUrls) -> Scratch:
    name = database.app.rpartition("/")[2]
    return Scratch(f"{postgres.superuser_url.rpartition('/')[0]}/{name}")


@pytest.fixture(scope="session")
def until() -> Until:
    """Wait until a condition holds."""

    def wait(condition: Callable[[], object], timeout: float = 20.0) -> None:
        ends, pause = monotonic() + timeout, threading.Event()
        while not condition():
            if monotonic() > ends:
                raise AssertionError(f"not within {timeout} s")
            pause.wait(0.05)

    return wait
