"""What the parts of the system say of themselves: the database, workers, beat, the queues."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from functools import lru_cache
from typing import NamedTuple

import structlog
from redis import Redis
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from guitara_app.kit.database import reading
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.signs import BEAT_KEY, QUEUES, WORKER_KEY, is_fresh, sign_age
from guitara_app.kit.statements import text
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

_LIMIT_S = 2.0
_CONNECTIONS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL")


class Signs(NamedTuple):
    """Signs of life in Redis; the age of beat's is in seconds, None when there is none."""

    workers: int
    beat_age_s: float | None
    queues: dict[str, int]


def signs(redis: Redis) -> Signs:
    """Workers that gave a sign within the last half minute, beat's last one, and how many tasks wait.

    Raises:
        redis.exceptions.RedisError: Redis does not say.
    """
    keys = list(redis.scan_iter(match=f"{WORKER_KEY}*", count=1000))
    ages = [sign_age(sign) for sign in redis.mget(keys)] if keys else []  # type: ignore[union-attr]  # two clients
    with _broker().pipeline() as pipe:
        for name in QUEUES:
            pipe.llen(name)
        depths = pipe.execute()
    return Signs(
        workers=sum(is_fresh(age) for age in ages),
        beat_age_s=sign_age(redis.get(BEAT_KEY)),  # type: ignore[arg-type]  # two clients
        queues=dict(zip(QUEUES, depths, strict=True)),
    )


class Database:
    """Asks the database how many are connected; never waits for it longer than a moment."""

    def __init__(self) -> None:
        self._asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="monitor-database")
        self._asked: Future[int] | None = None

    def look(self) -> tuple[bool, int | None]:
        """Whether it answers, and how many are connected. That this process has none to spare is no silence."""
        if self._asked is None or self._asked.done():
            self._asked = self._asker.submit(_connections)
        try:
            return True, self._asked.result(_LIMIT_S)
        except (Late, GuitaraError, SQLAlchemyError, OSError) as error:
            if isinstance(error.__cause__, PoolTimeout):
                return True, None
            log.warning("the database does not say how it is", error=type(error).__name__)
            return False, None


def _connections() -> int:
    with reading() as session:
        return int(session.execute(_CONNECTIONS).scalar_one())


@lru_cache(maxsize=1)
def _broker() -> Redis:
    return Redis.from_url(settings().broker_redis_url, socket_timeout=1.0, socket_connect_timeout=0.5)


def forget_addresses() -> None:
    """Ask the servers that the settings name now."""
    _broker.cache_clear()
