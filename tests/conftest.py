"""PostgreSQL and Valkey for the tests of one process, and a fresh, migrated database for whoever asks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from guitara_app import settings as settings_module
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import database as kit_database
from guitara_app.kit import garbage, outbox
from guitara_app.kit.migrate import upgrade
from tests.support.databases import TEMPLATE, Databases
from tests.support.passwords import make_cheap

pytest_plugins = ["tests.dealing"]

make_cheap()
# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("guitara", deadline=None)
hypothesis.settings.load_profile("guitara")


def pytest_collection_finish() -> None:
    """Some thousand tests and all that they import stay for good, as in a web process."""
    garbage.settle()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server with a database ``migrated`` to copy from."""
    with tempfile.TemporaryDirectory(prefix="guitara-pg-") as folder:
        server = Postgres(Path(folder) / "pg", fast=True)
        try:
            server.start()
            upgrade(server.create_database(TEMPLATE).owner)
            yield server
        finally:
            server.remove()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A Valkey shared by the tests of this process."""
    with tempfile.TemporaryDirectory(prefix="guitara-valkey-") as folder:
        server = Valkey(Path(folder) / "valkey")
        try:
            server.start()
            yield server
        finally:
            server.remove()


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    """Databases on that server, empty for whoever takes one."""
    return Databases(postgres)


@pytest.fixture
def database(databases: Databases, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseUrls]:
    """An empty database of this version's schema, which the application's own engine and Redis client now use."""
    urls = databases.take()
    monkeypatch.setenv("GUITARA_DATABASE_URL", urls.app)
    monkeypatch.setenv("GUITARA_REDIS_URL", valkey.url)
    _forget()
    outbox.live_redis().flushall()
    yield urls
    kit_database.engine().dispose()
    _forget()
    databases.give_back(urls)


def _forget() -> None:
    settings_module.settings.cache_clear()
    kit_database.engine.cache_clear()
    outbox.live_redis.cache_clear()
