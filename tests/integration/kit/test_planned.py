"""A statement to be planned once is prepared once for each connection, says the same, and outlives migrations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import bindparam, text
from sqlmodel import select

from guitara_app.firm.models import Zone
from guitara_app.kit.database import engine, reading, transaction, use_pool
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.planned import PLANNED_ONCE, planned_once
from guitara_app.settings import settings
from tests.integration.conftest import Scratch

NOW = datetime(2026, 11, 30, 0, 30, tzinfo=UTC)
PLANS = "SELECT statement FROM pg_prepared_statements ORDER BY name"
VALUES: list[Any] = [
    7,
    -3,
    2**40,
    2**70,
    1.5,
    Decimal("12.50"),
    True,
    "O'Brien 100 % :x $1",
    NOW,
    NOW.replace(tzinfo=None),
    date(2026, 11, 30),
    time(0, 30),
    timedelta(minutes=90),
    [1, 2, 3],
    [2**40],
    ["a", "it's"],
    [True, False],
]


@pytest.fixture
def one_connection(scratch: Scratch) -> Iterator[Scratch]:
    use_pool(1)
    yield scratch
    engine().dispose()
    use_pool(settings().web_pool_size)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__} {value}"[:24])
def test_values_arrive_as_they_do_in_a_plain_statement(one_connection: Scratch, value: Any) -> None:
    statement = "SELECT pg_typeof(:value)::text, (:value)::text WHERE :value IS NOT NULL"
    if isinstance(value, str) or (isinstance(value, list) and isinstance(value[0], str)):
        statement = statement.replace(
            ":value", "CAST(:value AS text[])" if isinstance(value, list) else "CAST(:value AS text)"
        )
    with reading() as session:
        plain = session.execute(text(statement), {"value": value}).one()
        planned = session.execute(planned_once(statement), {"value": value}).one()
        again = session.execute(planned_once(statement), {"value": value}).one()
    assert planned[1] == plain[1] == again[1]
    # Lists are read as lists of large numbers, which compares with small ones alike.
    assert planned[0] == ("bigint[]" if plain[0] == "integer[]" else plain[0])


def test_one_plan_for_many_values_and_another_without_one(one_connection: Scratch) -> None:
    statement = planned_once(
        "SELECT count(*) FROM people WHERE (CAST(:id AS bigint) IS NULL OR id = :id) AND 7 % 4 = 3"
    )
    with reading() as session:
        for number in (1, 2, 3, None, None):
            session.execute(statement, {"id": number}).scalar_one()
        plans = session.execute(text(PLANS)).scalars().all()
    assert [plan.partition(" AS ")[2].rpartition(" FROM ")[2] for plan in plans] == [
        "people WHERE (CAST($1 AS bigint) IS NULL OR id = $1) AND 7 % 4 = 3",
        "people WHERE (CAST(NULL AS bigint) IS NULL OR id = NULL) AND 7 % 4 = 3",
    ]


def test_rows_are_read_with_one_plan_too(one_connection: Scratch) -> None:
    one_connection.sql("INSERT INTO zones (name) VALUES ('North'), ('South')")
    of_name = select(Zone).where(Zone.name == bindparam("name")).execution_options(**PLANNED_ONCE)
    with reading() as session:
        found = [session.scalars(of_name, {"name": name}).one().name for name in ("North", "South", "North")]
        assert len(session.execute(text(PLANS)).all()) == 1
    assert found == ["North", "South", "North"]


def test_a_plan_outlives_a_transaction_that_was_undone(one_connection: Scratch) -> None:
    statement = planned_once("SELECT count(*) FROM zones")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), transaction() as session:
            session.execute(statement)
            raise ZeroDivisionError
    with reading() as session:
        assert len(session.execute(text(PLANS)).all()) == 1


def test_a_connection_keeps_no_more_plans_than_it_should(
    one_connection: Scratch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guitara_app.kit.planned._MOST_PLANS", 3)
    with reading() as session:
        found = [session.execute(planned_once(f"SELECT {number}")).scalar_one() for number in range(6)]
        assert len(session.execute(text(PLANS)).all()) == 3
    assert found == list(range(6))


@pytest.fixture
def table(one_connection: Scratch) -> Iterator[Scratch]:
    one_connection.sql("CREATE TABLE migrated (first integer); GRANT SELECT ON migrated TO guitara_app")
    yield one_connection
    one_connection.sql("DROP TABLE migrated")


def test_after_a_migration_one_is_told_to_try_again_and_the_next_finds_new_plans(table: Scratch) -> None:
    statement = planned_once("SELECT m.* FROM migrated m")

    def columns() -> list[str]:
        with reading() as session:
            return list(session.execute(statement).keys())

    assert columns() == ["first"]
    table.sql("ALTER TABLE migrated ADD COLUMN second integer")
    with pytest.raises(Unavailable, match=r"Nothing was saved; try again"):
        columns()
    assert columns() == ["first", "second"]
