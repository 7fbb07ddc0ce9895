"""One engine per process and the unit of work.

Services never commit: whoever calls them opens a ``transaction`` (or lets ``run`` open and repeat one), and what they
recorded is published once the commit stands.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from guitara_app.kit import measuring, metrics
from guitara_app.kit.errors import BUSY, Conflict, Unavailable
from guitara_app.kit.outbox import publish
from guitara_app.kit.planned import plan_once
from guitara_app.kit.statements import text
from guitara_app.settings import settings

T = TypeVar("T")

APP_ROLE = "guitara_app"

_DEADLOCK = "40P01"
_SERIALIZATION = "40001"
_EXCLUSION = "23P01"
_LOCK_TIMEOUT = "55P03"
_MOST_PEOPLE = 2**31
_SURELY_THERE_S = 1.0

_pool_size: int | None = None


def use_pool(size: int) -> None:
    """Say how many connections this process may hold; before its first query."""
    global _pool_size  # noqa: PLW0603
    _pool_size = size
    engine.cache_clear()


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process; opened at first use, so that forked children have their own."""
    made = create_engine(
        settings().sqlalchemy_url,
        pool_size=_pool_size or settings().web_pool_size,
        max_overflow=0,
        pool_recycle=600,
        pool_timeout=settings().pool_timeout_s,
        connect_args={
            "connect_timeout": 5,
            "application_name": "guitara",
            "options": "-c timezone=UTC -c statement_timeout=20000 -c lock_timeout=12000"
            " -c idle_in_transaction_session_timeout=60000 -c plan_cache_mode=force_generic_plan",
        },
    )

    @event.listens_for(made, "connect")
    def become_app_role(connection: Any, _record: Any) -> None:
        # Even when the address given is the owner's, the application runs without the owner's rights.
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {APP_ROLE}")
        connection.commit()

    _ask_whether_still_there(made)
    measuring.watch(made)
    if settings().plan_once:
        plan_once(made)
    return made


def _ask_whether_still_there(made: Engine) -> None:
    """Replace a connection that was lost while nobody used it, before it is used again.

    SQLAlchemy's own ``pool_pre_ping`` asks each time, which is a fifth of what a short read takes.
    """

    @event.listens_for(made, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(made, "checkout")
    def ask(connection: Any, record: Any, _lent: Any) -> None:
        if monotonic() - record.info.get("rests_since", monotonic()) > _SURELY_THERE_S:
            try:
                made.dialect.do_ping(connection)
            except connection.Error as error:
                # The others were lost with it; the pool takes a new one for whoever waits.
                raise InvalidatePoolError from error


@lru_cache(maxsize=1)
def _snapshots(made: Engine) -> Engine:
    """The same connections, for transactions of one snapshot that can change nothing."""
    return made.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


os.register_at_fork(after_in_child=engine.cache_clear)


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's five-letter code of ``error``, empty when it has none."""
    return getattr(getattr(error, "orig", None), "pgcode", None) or ""


@contextmanager
def transaction() -> Iterator[Session]:
    """A session that commits when the block ends and then publishes what was recorded in it.

    Raises:
        Unavailable: the database does not answer; nothing was saved.
        Conflict: an exclusion constraint refused the change.
    """
    measuring.next_row()
    with _speaking_plainly(), Session(engine(), expire_on_commit=False) as session:
        yield session
        session.commit()
        recorded = session.info.pop("recorded", [])
    if recorded:
        publish(engine(), recorded)


@contextmanager
def reading() -> Iterator[Session]:
    """A session that sees one consistent snapshot and can change nothing."""
    with _speaking_plainly(), Session(_snapshots(engine()), expire_on_commit=False) as session:
        yield session


def run(work: Callable[[Session], T], *, attempts: int = 5) -> T:
    """Call ``work`` in a transaction of its own, again when PostgreSQL had to choose a victim.

    A refusal by an exclusion constraint is tried again too: the second time the service sees the row it lost to, and
    names it.
    """

    def once() -> T:
        with transaction() as session:
            return work(session)

    retrying = Retrying(
        retry=retry_if_exception(_worth_repeating),
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=0.02, max=0.5),
        reraise=True,
    )
    return retrying(once)


def lock_people(session: Session, people: set[int]) -> None:
    """Hold the time of ``people`` until the transaction ends; in one order, so that groups cannot deadlock."""
    session.execute(
        text(
            "SELECT pg_advisory_xact_lock(7, id) FROM (SELECT unnest(CAST(:ids AS int[])) AS id ORDER BY 1) AS sorted"
        ),
        # A number that nobody can have needs no holding; whoever asked for it is told so by those who look it up.
        {"ids": sorted(person for person in people if 0 < person < _MOST_PEOPLE)},
    )


def lock_words(session: Session, words: Iterable[str]) -> None:
    """Hold ``words`` (such as phone numbers) until the transaction ends; in one order, so that nobody deadlocks."""
    session.execute(
        text(
            "SELECT pg_advisory_xact_lock_shared(6, 0), pg_advisory_xact_lock(8, number)"
            " FROM (SELECT DISTINCT hashtext(word) AS number FROM unnest(CAST(:words AS text[])) word ORDER BY 1) s"
        ),
        {"words": list(words)},
    )


def hold_all_words(session: Session) -> None:
    """Wait until nobody holds words, and let nobody until the transaction ends: for whoever writes too many to hold."""
    session.execute(text("SELECT pg_advisory_xact_lock(6, 0)"))


def hold_alone(session: Session, what: str) -> bool:
    """Hold ``what`` until the transaction ends, unless somebody else does; whether it is held now. Never waits."""
    held = session.execute(text("SELECT pg_try_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what})
    return bool(held.scalar())


def _worth_repeating(error: BaseException) -> bool:
    cause = error.__cause__ if isinstance(error, Conflict | Unavailable) else error
    return cause is not None and sqlstate(cause) in (_DEADLOCK, _SERIALIZATION, _EXCLUSION)


@contextmanager
def _speaking_plainly() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        metrics.POOL_EXHAUSTED.inc()
        raise Unavailable(BUSY) from error
    except DBAPIError as error:
        code = sqlstate(error)
        if code == _EXCLUSION:
            raise Conflict("Somebody else took this time a moment ago. Nothing was saved.") from error
        if code in (_DEADLOCK, _SERIALIZATION, _LOCK_TIMEOUT):
            raise Unavailable("Others are changing the same people just now. Nothing was saved; try again.") from error
        if error.connection_invalidated or (isinstance(error, OperationalError | InterfaceError) and not code):
            raise Unavailable("The database does not answer. Nothing was saved; try again in a moment.") from error
        if code[:2] in ("57", "08", "53"):
            raise Unavailable("The database is not ready. Nothing was saved; try again in a moment.") from error
        raise
