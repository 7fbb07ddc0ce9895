"""While every connection to the database is busy, the API says so, and that it is worth asking again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from guitara_app.api.health import Health
from guitara_app.kit.database import engine, reading, use_pool
from guitara_app.kit.errors import BUSY
from guitara_app.settings import settings
from tests.integration.api.v1.conftest import House
from workers.tasks import grow_overdue


@pytest.fixture
def one_connection(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(settings(), "pool_timeout_s", 0.3)
    use_pool(1)
    yield house
    engine().dispose()
    use_pool(settings().web_pool_size)


def test_it_is_said_at_once_and_well_again_after(one_connection: House) -> None:
    with one_connection.client("ana") as ana:
        with reading() as held:
            held.execute(text("SELECT 1"))
            for method, path in (("GET", "/services"), ("GET", "/me"), ("POST", "/appointments")):
                answer = ana.request(method, path)
                assert answer.status_code == 503, path
                assert answer.json()["detail"] == BUSY
                assert int(answer.headers["retry-after"]) > 0
                assert answer.headers["content-type"] == "application/problem+json"
        assert ana.get("/services").status_code == 200


@pytest.mark.usefixtures("one_connection")
def test_a_process_with_much_to_do_is_not_called_ill() -> None:
    with reading() as held:
        held.execute(text("SELECT 1"))
        assert asyncio.run(Health().vitals()).parts["database"].ok


@pytest.mark.usefixtures("one_connection")
def test_a_task_fails_at_once_and_the_next_look_does_its_work() -> None:
    with reading() as held, pytest.raises(Exception, match=BUSY):
        held.execute(text("SELECT 1"))
        grow_overdue()
    grow_overdue()
