"""A piece of work knows its statements wherever they run, and says which was slow or came again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from prometheus_client import REGISTRY
from sqlalchemy import text
from structlog.testing import capture_logs

from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import measuring
from guitara_app.kit.database import engine, reading, run, transaction, use_pool
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.measuring import Kind, Work, measured
from guitara_app.kit.threads import in_thread
from guitara_app.settings import settings

HERE = "tests/integration/kit/test_measuring.py"
SECRET = "0917 555 0000"


@pytest.fixture(autouse=True)
def here(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    """This file counts as a place where statements come from."""
    monkeypatch.setattr(measuring, "_OURS", (*measuring._OURS, __file__))
    monkeypatch.setattr(measuring, "log", structlog.get_logger())


def ask(times: int = 1) -> None:
    with transaction() as session:
        for _ in range(times):
            session.execute(text("SELECT :value"), {"value": SECRET})


def counted(name: str, /, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_statements_count_where_they_were_asked_for() -> None:
    outer, inner = Work("handler", "page.load"), Work("view", "desk")
    before = counted("guitara_queries_sum", kind="handler"), counted("guitara_query_seconds_count")

    async def load() -> asyncio.Task[None]:
        late = asyncio.Event()

        async def goes_on() -> None:
            await late.wait()
            await in_thread(ask, 5)

        with measured(outer):
            await in_thread(ask, 2)
            with measured(inner):
                await in_thread(ask, 3)
            await in_thread(ask)
            task = asyncio.create_task(goes_on())
        late.set()
        return task

    async def both() -> None:
        await (await load())

    asyncio.run(both())
    assert (outer.statements, inner.statements) == (3, 3)
    assert 0 < outer.database_s <= outer.seconds
    assert counted("guitara_queries_sum", kind="handler") == before[0] + 3
    assert counted("guitara_query_seconds_count") == before[1] + 11
    assert measuring.current() is None


def test_a_failed_statement_counts_too() -> None:
    work = Work("task", "fails")
    with measured(work), pytest.raises(Exception, match="division"):
        run(lambda session: session.execute(text("SELECT 1 / 0")))
    assert work.statements == 1


def said(logs: list[Any], what: str) -> list[dict[str, Any]]:
    return [line for line in logs if line["event"] == what]


@pytest.mark.parametrize("kind", ["handler", "route", "task"])
def test_what_is_slow_is_told_with_its_slowest_statement(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = "slow_task_ms" if kind == "task" else "slow_ms"
    monkeypatch.setattr(settings(), limit, 20)
    before = counted("guitara_slow_total", kind=kind, name="sleeper")
    with capture_logs() as logs, measured(Work(kind, "sleeper")), reading() as session:
        session.execute(text("SELECT 1"))
        session.execute(text("SELECT pg_sleep(:nap),\n  :value"), {"nap": 0.2, "value": SECRET})
    [slow] = said(logs, "slow")
    assert slow["statement"] == "SELECT pg_sleep(%(nap)s), %(value)s"
    assert slow["place"].startswith(f"{HERE}:")
    assert (slow["kind"], slow["name"], slow["statements"]) == (kind, "sleeper", 2)
    assert SECRET not in str(logs)
    assert counted("guitara_slow_total", kind=kind, name="sleeper") == before + 1
    with capture_logs() as logs, measured(Work(kind, "sleeper")):
        ask()
    assert logs == []


def test_what_is_slow_again_and_again_is_counted_each_time_and_told_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings(), "slow_ms", 0)
    before = counted("guitara_slow_total", kind="route", name="crowded")
    with capture_logs() as logs:
        for _ in range(4):
            with measured(Work("route", "crowded")):
                pass
        monkeypatch.setattr(measuring, "_TOLD_AGAIN_S", 0.0)
        with measured(Work("route", "crowded")):
            pass
    assert [line["unsaid"] for line in said(logs, "slow")] == [0, 3]
    assert counted("guitara_slow_total", kind="route", name="crowded") == before + 5


def test_a_statement_for_each_row_is_told_once() -> None:
    before = counted("guitara_repeated_queries_total", kind="route", name="lister")
    with capture_logs() as logs, measured(Work("route", "lister")):
        ask(settings().repeated_queries)
    assert logs == []
    with capture_logs() as logs, measured(Work("route", "lister")):
        ask(settings().repeated_queries + 5)
    [repeated] = said(logs, "one statement sent again and again")
    assert repeated["times"] == settings().repeated_queries + 5
    assert repeated["statement"] == "SELECT %(value)s"
    assert repeated["place"].startswith(f"{HERE}:")
    assert SECRET not in str(logs)
    assert counted("guitara_repeated_queries_total", kind="route", name="lister") == before + 1


def test_each_row_of_a_task_may_send_what_the_one_before_has_sent() -> None:
    with capture_logs() as logs, measured(Work("task", "rows")) as _:
        for _ in range(settings().repeated_queries + 5):
            ask()
    assert logs == []
    with capture_logs() as logs, measured(Work("task", "rows")):
        ask(settings().repeated_queries + 1)
    assert len(logs) == 1


@pytest.fixture
def one_connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings(), "pool_timeout_s", 0.2)
    use_pool(1)
    yield
    engine().dispose()
    use_pool(settings().web_pool_size)


@pytest.mark.usefixtures("one_connection")
def test_when_every_connection_is_busy_it_is_said_and_soon_over() -> None:
    told, in_use = counted("guitara_pool_exhausted_total"), counted("guitara_pool_connections")
    with reading() as held:
        held.execute(text("SELECT 1"))
        assert counted("guitara_pool_connections") == in_use + 1
        with pytest.raises(Unavailable, match=r"busy. Nothing was saved; try again in a moment\."):
            ask()
        held.execute(text("SELECT 1"))
    assert counted("guitara_pool_exhausted_total") == told + 1
    ask()
    assert counted("guitara_pool_connections") == in_use
