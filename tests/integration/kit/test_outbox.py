"""What a web process does beside the answer: it marks what it has published, and shares a mark among many."""

from __future__ import annotations

import pytest
from sqlalchemy import event, text

from guitara_app import tables  # noqa: F401  rows point at tables that no test itself imports
from guitara_app.accounts.permissions import SYSTEM
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import outbox
from guitara_app.kit.database import engine, reading, transaction
from guitara_app.kit.events import record
from guitara_app.kit.time import now
from tests.integration.conftest import Until


@pytest.fixture
def marks(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each statement marked, in a process that finishes beside."""
    monkeypatch.setattr(outbox, "_finishes_beside", True)
    monkeypatch.setattr(outbox, "_COLLECT_S", 1.0)
    found: list[int] = []

    def note(_connection: object, _cursor: object, statement: str, values: dict[str, list[int]], *_: object) -> None:
        if statement.startswith("UPDATE events SET published_at"):
            found.append(len(values["ids"]))

    event.listen(engine(), "before_cursor_execute", note)
    return found


def change() -> None:
    with transaction() as session:
        record(session, "note", by=SYSTEM, now=now(), topics=["one"])


def unmarked() -> int:
    with reading() as session:
        return int(session.execute(text("SELECT count(*) FROM events WHERE published_at IS NULL")).scalar_one())


def test_everything_is_marked_soon_and_a_burst_at_once(marks: list[int], until: Until) -> None:
    for _ in range(5):
        change()
    until(lambda: unmarked() == 0)
    assert sum(marks) == 5
    assert len(marks) < 5
    change()
    until(lambda: unmarked() == 0)
    assert sum(marks) == 6


def test_what_could_not_be_marked_is_sent_once_more_by_the_sweep(
    marks: list[int], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_mark_collected", lambda _engine: outbox._unmarked.clear())
    change()
    until(lambda: not outbox._unmarked)
    assert unmarked() == 1
    assert outbox.sweep(engine(), older_than_s=0) == 1
    assert (unmarked(), marks) == (0, [1])
