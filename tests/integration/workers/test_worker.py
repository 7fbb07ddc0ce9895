"""A real worker and a real beat on a real broker: what a crash left behind is told, and nothing taken is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import psutil
import psycopg2
import pytest

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.embedded.server import free_port
from guitara_app.kit.counting import FOLDER, registry
from guitara_app.kit.database import transaction
from guitara_app.kit.events import record
from guitara_app.kit.outbox import Group, live_redis, stream_of
from guitara_app.kit.signs import BEAT_KEY, WORKER_KEY
from guitara_app.kit.time import now
from tests.integration.conftest import Scratch, Until
from tests.integration.workers.conftest import WORKER, Start, broker, kill, waits_for_lock


def unpublished(kind: str = "left_over") -> None:
    """What a process leaves that is killed between commit and publish."""
    with transaction() as session:
        record(session, kind, by=SYSTEM, now=now(), topics=["desk"])
        session.info.pop("recorded")


def left_over(scratch: Scratch) -> int:
    return int(scratch.one("SELECT count(*) FROM events WHERE published_at IS NULL"))


def worker_beats() -> list[str]:
    return list(live_redis().scan_iter(f"{WORKER_KEY}*"))


def test_left_over_events_are_published_by_a_real_worker_and_beat(
    start: Start, scratch: Scratch, until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, token = free_port(), "metrics-token-of-thirty-two-letters-or-more"
    monkeypatch.setenv("GUITARA_METRICS_TOKEN", token)
    monkeypatch.setenv("GUITARA_WORKER_METRICS_PORT", str(port))
    unpublished()
    start(*WORKER)
    start("beat", "--pidfile=")
    until(lambda: left_over(scratch) == 0, 40)
    kinds = [entry["kind"] for _, entry in live_redis().xrange(stream_of(Group.ROLE))]
    assert kinds.count("left_over") == 1
    monkeypatch.setenv(FOLDER, str(tmp_path / "metrics"))
    task = {"task": "maintenance.publish_leftovers"}
    until(lambda: registry().get_sample_value("guitara_task_seconds_count", task))
    assert registry().get_sample_value("guitara_task_wait_seconds_count", task)
    assert registry().get_sample_value("guitara_queries_sum", {"kind": "task"})
    address = f"http://127.0.0.1:{port}/metrics"
    told = httpx.get(address, headers={"authorization": f"Bearer {token}"}, trust_env=False)
    assert told.status_code == 200
    assert '\nguitara_task_seconds_count{task="maintenance.publish_leftovers"} ' in told.text
    for authorization in ("", "Bearer", f"Bearer {token}x"):
        refused = httpx.get(address, headers={"authorization": authorization}, trust_env=False)
        assert refused.status_code == 401
        assert "guitara_" not in refused.text


def test_heartbeats_come_and_go(start: Start, until: Until) -> None:
    worker, beat = start(*WORKER), start("beat", "--pidfile=")
    until(lambda: worker_beats() and live_redis().exists(BEAT_KEY), 40)
    assert 0 < live_redis().ttl(BEAT_KEY) <= 60
    first = live_redis().get(worker_beats()[0])
    until(lambda: live_redis().get(worker_beats()[0]) != first)
    worker.terminate()
    beat.terminate()
    assert worker.wait(30) == 0
    assert worker_beats() == []


@contextmanager
def events_held(scratch: Scratch) -> Iterator[None]:
    """Whoever wants to read the event log waits until the block ends."""
    with closing(psycopg2.connect(scratch.superuser_url)) as connection:
        connection.cursor().execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        yield


def test_a_worker_killed_in_the_middle_of_a_task_loses_nothing(start: Start, scratch: Scratch, until: Until) -> None:
    unpublished()
    with broker() as queues:
        with events_held(scratch):
            worker = start(*WORKER)
            send(start)
            until(lambda: waits_for_lock(scratch), 40)
            kill(worker)
        assert queues.hlen("unacked") == 1, "a task leaves the broker only when it is done"
    assert left_over(scratch) == 1
    start(*WORKER)
    start("beat", "--pidfile=")
    until(lambda: left_over(scratch) == 0, 40)


def test_a_child_killed_in_the_middle_hands_its_task_back(start: Start, scratch: Scratch, until: Until) -> None:
    unpublished()
    with events_held(scratch):
        worker = start(*WORKER)
        send(start)
        until(lambda: waits_for_lock(scratch), 40)
        for child in psutil.Process(worker.pid).children():
            child.kill()
    # No beat runs: it is the same message that comes back.
    until(lambda: left_over(scratch) == 0, 40)


def test_what_is_over_is_purged(scratch: Scratch) -> None:
    from workers.tasks import purge

    person = scratch.one(
        "INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
        " VALUES ('ana', 'Ana', 'operator', 0, false, 1) RETURNING id"
    )
    for number, ends in enumerate((timedelta(days=-1), timedelta(days=1))):
        scratch.sql(
            "INSERT INTO login_sessions (person_id, token_hash, expires_at) VALUES (%s, %s, %s)",
            person,
            str(number),
            now() + ends,
        )
        scratch.sql(
            "INSERT INTO idempotency_keys (actor_id, key, made_at) VALUES (%s, %s, %s)",
            person,
            str(number),
            now() + ends * 3,
        )
    for number, (ends, used) in enumerate(((-31, None), (-29, None), (7, None), (7, -31))):
        scratch.sql(
            "INSERT INTO account_tokens (person_id, purpose, token_hash, expires_at, used_at)"
            " VALUES (%s, 'invitation', %s, %s, %s)",
            person,
            str(number),
            now() + timedelta(days=ends),
            None if used is None else now() + timedelta(days=used),
        )
    purge()
    assert scratch.sql("SELECT token_hash FROM account_tokens ORDER BY 1") == [("1",), ("2",)]
    assert scratch.sql("SELECT token_hash FROM login_sessions") == [("1",)]
    assert scratch.sql("SELECT key FROM idempotency_keys") == [("1",)]


def send(start: Start) -> None:
    """Ask for one sweep, as beat does."""
    code = "from workers.tasks import publish_leftovers; from workers.app import app; publish_leftovers.delay()"
    assert start(python=code).wait(30) == 0
