"""One firm for all cases of a module: making a database for each would take longer than the cases themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from guitara_app import settings as settings_module
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import database as kit_database
from guitara_app.kit import outbox
from tests.integration.guards.guard import as_owner
from tests.support.firm import Firm, open_firm

_NAME = "guards"


@dataclass(frozen=True)
class Place:
    """A database and the firm in it."""

    database: DatabaseUrls
    firm: Firm


@pytest.fixture(scope="module")
def _place(postgres: Postgres, valkey: Valkey) -> Iterator[Place]:
    urls = postgres.create_database(_NAME, template="migrated")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GUITARA_DATABASE_URL", urls.app)
        patched.setenv("GUITARA_REDIS_URL", valkey.url)
        _forget()
        yield Place(urls, open_firm())
        kit_database.engine().dispose()
    _forget()
    postgres.drop_database(_NAME)


@pytest.fixture
def place(_place: Place) -> Place:
    """The firm on an evening without visits."""
    as_owner(_place.database.owner, "TRUNCATE appointments CASCADE")
    return _place


def _forget() -> None:
    settings_module.settings.cache_clear()
    kit_database.engine.cache_clear()
    outbox.live_redis.cache_clear()
