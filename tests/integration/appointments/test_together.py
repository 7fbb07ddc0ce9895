"""What is read for many people together is what each of them would see alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic

from guitara_app.demo import seed
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading
from guitara_app.live.readers import OF_MANY, READERS
from guitara_app.live.reading import Read, Together
from guitara_app.live.scopes import Kind, Scope
from tests.integration.conftest import Scratch

# Half past midnight in Manila: the evening of the day before goes on.
NOW = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


def test_everybody_together_sees_what_each_sees_alone(database: DatabaseUrls, scratch: Scratch) -> None:
    del database
    seed.run(now=NOW)
    people = [number for (number,) in scratch.sql("SELECT id FROM people ORDER BY id")]
    scratch.sql(
        "INSERT INTO notifications (event_id, person_id, about, urgent, title, body, link, told_at)"
        " SELECT e.id, p.id, 'trips', e.id % 2 = 0, 'O''Brien ' || e.id, '', '/tonight', e.happened_at"
        " FROM people p, (SELECT * FROM events ORDER BY id DESC LIMIT 8) e WHERE p.id % 2 = 0"
    )
    for kind in OF_MANY:
        with reading() as session:
            together = OF_MANY[kind](session, people, NOW)
            alone = {person: READERS[kind](session, person, NOW) for person in people}
        assert together == alone
    with reading() as session:
        nights = OF_MANY[Kind.PERSON](session, people, NOW).values()
        boxes = OF_MANY[Kind.INBOX](session, people, NOW).values()
    assert sum(len(night["now_jobs"]) for night in nights) > 5
    assert sum(len(night["done_jobs"]) for night in nights) > 5
    assert any(len(box["alerts"]) == 3 for box in boxes)
    assert any(box["alerts"] == [] for box in boxes)


def test_how_long_a_read_of_many_took_is_a_duration(database: DatabaseUrls, scratch: Scratch) -> None:
    del database
    seed.run(now=NOW)
    people = [number for (number,) in scratch.sql("SELECT id FROM people ORDER BY id LIMIT 3")]

    async def read() -> list[Read]:
        together = Together(Kind.PERSON)
        return list(await asyncio.gather(*(together.read(Scope(Kind.PERSON, person)) for person in people)))

    began = monotonic()
    found = asyncio.run(read())
    lasted = monotonic() - began
    assert all(0 < one.took_s <= lasted for one in found)
