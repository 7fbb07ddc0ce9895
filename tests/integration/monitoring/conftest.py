"""A system whose last minutes a test makes up, and whoever measures it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Role
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import transaction
from guitara_app.kit.outbox import live_redis
from guitara_app.monitoring import keeping, parts
from guitara_app.monitoring.sampler import Sampler
from tests.unit.monitoring.points import EVERY_S, point


class Site:
    """What stands in Redis and in the database."""

    @property
    def redis(self) -> Redis:
        return live_redis()

    def past(self, number: int, **different: Any) -> None:
        """The last intervals before now."""
        now = time.time()
        made = [point(at=now - EVERY_S * (number - index), **different) for index in range(number)]
        keeping.keep(self.redis, made, None)

    def forget(self) -> None:
        """Nothing was measured yet."""
        self.redis.flushdb()

    def well(self) -> None:
        """Worker and beat give signs of life."""
        for name in ("worker:celery@here", "beat"):
            self.redis.set(f"guitara:heartbeat:{name}", time.time())

    def person(self, role: Role, name: str = "") -> int:
        """Somebody who may be told."""
        with transaction() as session:
            person = Person(username=name or str(role), name="Ada Lim", role=role)
            session.add(person)
            session.flush()
            return person.id


@pytest.fixture
def site(database: DatabaseUrls) -> Iterator[Site]:
    parts.forget_addresses()
    yield Site()
    parts.forget_addresses()


@pytest.fixture
def sampler(site: Site) -> Sampler:
    """One that has begun: what it measures next is an interval."""
    made = Sampler()
    assert made.step() is None
    return made
