"""Save is pressed while a server goes away: either all of it is saved or nothing, and the operator knows which."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisDown
from sqlalchemy import event, text

from guitara_app import settings as settings_module
from guitara_app.appointments.services import book
from guitara_app.embedded import Postgres, Valkey
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import database as kit_database
from guitara_app.kit import outbox
from guitara_app.kit.database import run, transaction
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.migrate import upgrade
from tests.integration.guards.guard import scalar
from tests.support.firm import NOW, Firm, open_firm

KEY = {"idempotency_key": "one-tap"}


@pytest.fixture
def mortal(tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    """A server of the test's own, which it may stop."""
    server = Postgres(tmp_path / "pg", fast=True)
    server.start()
    try:
        upgrade(server.owner_url)
        monkeypatch.setenv("GUITARA_DATABASE_URL", server.app_url)
        monkeypatch.setenv("GUITARA_REDIS_URL", valkey.url)
        _forget()
        yield server
    finally:
        kit_database.engine().dispose()
        _forget()
        server.remove()


def _forget() -> None:
    settings_module.settings.cache_clear()
    kit_database.engine.cache_clear()
    outbox.live_redis.cache_clear()


def saved(server: Postgres) -> tuple[int, ...]:
    """Rows of everything a booking writes."""
    tables = ("appointments", "appointment_services", "assignments", "legs", "idempotency_keys")
    return (
        *(int(str(scalar(server.owner_url, f"SELECT count(*) FROM {table}"))) for table in tables),
        int(str(scalar(server.owner_url, "SELECT count(*) FROM events WHERE kind = 'booked'"))),
    )


NOTHING, ONE_VISIT = (0, 0, 0, 0, 0, 0), (1, 1, 1, 1, 1, 1)


def test_the_database_goes_away_while_save_is_pressed(mortal: Postgres) -> None:
    firm = open_firm()
    request = firm.request(0, driver_needed=True, **KEY)

    def save() -> int:
        return run(lambda session: book(session, firm.operator, request, now=NOW))

    def stopped_before_commit(session: Any) -> int:
        visit = book(session, firm.operator, request, now=NOW)
        mortal.stop()
        return visit

    with pytest.raises(Unavailable, match="Nothing was saved"):
        run(stopped_before_commit)
    with pytest.raises(Unavailable, match="Nothing was saved"):
        save()
    mortal.start()
    assert saved(mortal) == NOTHING
    _stopped_while_waiting(mortal, firm, save)
    mortal.start()
    assert saved(mortal) == NOTHING
    visit = save()
    assert saved(mortal) == ONE_VISIT
    assert save() == visit
    assert saved(mortal) == ONE_VISIT


def _stopped_while_waiting(mortal: Postgres, firm: Firm, save: Any) -> None:
    """Somebody else holds the therapist's time; the server stops while the second waits for it."""
    said: list[BaseException] = []

    def press() -> None:
        try:
            save()
        except Unavailable as refusal:
            said.append(refusal)

    other = psycopg2.connect(mortal.owner_url)
    other.cursor().execute("SELECT pg_advisory_xact_lock(7, %s)", (firm.therapists[0],))
    pressed = threading.Thread(target=press)
    pressed.start()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    pause = threading.Event()
    while scalar(mortal.owner_url, waiting) == 0:
        pause.wait(0.02)
    mortal.stop()
    pressed.join(20)
    other.close()
    assert [type(one) for one in said] == [Unavailable]


def test_a_database_gone_after_the_commit_leaves_a_booking_that_stands(
    mortal: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = open_firm()
    announce = outbox.announce

    def announce_and_lose_the_database(changes: Any) -> None:
        announce(changes)
        mortal.stop()

    monkeypatch.setattr(outbox, "announce", announce_and_lose_the_database)
    visit = firm.book(0, **KEY)
    monkeypatch.setattr(outbox, "announce", announce)
    mortal.start()
    assert firm.book(0, **KEY) == visit
    assert scalar(mortal.owner_url, "SELECT count(*) FROM events WHERE published_at IS NULL") == 1
    assert outbox.sweep(kit_database.engine(), older_than_s=0) == 1
    assert scalar(mortal.owner_url, "SELECT count(*) FROM events WHERE published_at IS NULL") == 0


def test_the_mark_of_being_published_is_no_part_of_the_booking(database: DatabaseUrls) -> None:
    """A deadlock over the mark must not let the booking be made a second time."""
    firm = open_firm()
    broken: list[str] = []

    def refuse_the_mark(_conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE events SET published_at") and not broken:
            broken.append(statement)
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$")

    event.listen(kit_database.engine(), "before_cursor_execute", refuse_the_mark)
    visit = firm.book(0)
    assert broken
    assert scalar(database.owner, "SELECT array_agg(id) FROM appointments") == [visit]
    assert outbox.sweep(kit_database.engine(), older_than_s=0) == 1


def test_redis_is_down_and_the_booking_is_told_of_later(
    database: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = open_firm()
    with Valkey(tmp_path / "valkey") as silent:
        monkeypatch.setenv("GUITARA_REDIS_URL", silent.url)
        _forget_redis()
        silent.stop()
        visit = firm.book(0)
        unpublished = "SELECT count(*) FROM events WHERE published_at IS NULL"
        assert scalar(database.owner, unpublished) == 1
        with pytest.raises(RedisDown):
            outbox.sweep(kit_database.engine(), older_than_s=0)
        assert scalar(database.owner, unpublished) == 1
        silent.start()
        # Younger than a second: its own process may still be about to send it.
        assert outbox.sweep(kit_database.engine(), older_than_s=60) == 0
        assert outbox.sweep(kit_database.engine(), older_than_s=0) == 1
        assert outbox.sweep(kit_database.engine(), older_than_s=0) == 0
        assert scalar(database.owner, unpublished) == 0
        redis = Redis.from_url(settings_module.settings().live_redis_url, decode_responses=True)
        told = [fields for _, fields in redis.xrange(outbox.stream_of(outbox.Group.APPOINTMENT))]
        redis.close()
        silent.remove()
    assert [fields["kind"] for fields in told] == ["booked"]
    assert f"appointment:{visit}" in told[0]["topics"]


def test_two_sweeps_at_once_send_each_change_once(database: DatabaseUrls) -> None:
    firm = open_firm()
    firm.book(0)
    with transaction() as session:
        session.execute(text("UPDATE events SET published_at = NULL"))
    sweeping, go_on = threading.Event(), threading.Event()
    sent: list[int] = []
    announce = outbox.announce

    def slow(changes: Any) -> None:
        sweeping.set()
        go_on.wait(10)
        announce(changes)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(outbox, "announce", slow)
        first = threading.Thread(target=lambda: sent.append(outbox.sweep(kit_database.engine(), older_than_s=0)))
        first.start()
        sweeping.wait(10)
        assert outbox.sweep(kit_database.engine(), older_than_s=0) == 0
        go_on.set()
        first.join(10)
    assert sent == [1]


def _forget_redis() -> None:
    settings_module.settings.cache_clear()
    outbox.live_redis.cache_clear()
