"""A change that makes work starts the task at once; the beat is only the net below."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisGone

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.happenings import WHAT_HAPPENED
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.embedded.server import free_port
from guitara_app.kit import outbox
from guitara_app.kit.database import transaction
from guitara_app.kit.events import record
from guitara_app.kit.time import now
from guitara_app.notifications.rules import RULES
from guitara_app.notifications.services import TOLD
from guitara_app.settings import settings
from workers import waking
from workers.app import app
from workers.waking import HAND_OUT, TELL, WORK_FROM, rests, wake, woken

NOT_OF_VISITS = {"checked_in", "checked_in_again", "shift_removed", "shift_set", "shift_usual", "week_set"}
NOT_OF_VISITS |= {"evenings_set", "holidays_set", "time_off_approved", "time_off_entered", "time_off_taken_back"}
NOT_OF_VISITS |= {"wish_added", "wish_booked", "wish_changed", "wish_declined", "wish_waits_again"}
NOT_OF_VISITS |= {"wish_withdrawn", "import_asked"}


@pytest.fixture
def queue(database: DatabaseUrls) -> Iterator[Redis]:
    """The broker, empty, while this process tells of its commits."""
    with Redis.from_url(settings().broker_redis_url) as broker:
        broker.flushdb()
        outbox.live_redis().flushdb()
        outbox.on_commit(wake)
        yield broker
        outbox._after_commit.remove(wake)


def happens(*kinds: str) -> None:
    with transaction() as session:
        for kind in kinds:
            record(session, kind, by=SYSTEM, now=now(), topics=["desk"])


def test_every_kind_that_wakes_is_one_that_happens_and_every_task_is_one_there_is() -> None:
    waking_dispatch = {kind for task, kinds in WORK_FROM.items() if task != TELL for kind in kinds}
    assert waking_dispatch - NOT_OF_VISITS <= set(WHAT_HAPPENED)
    assert set(WORK_FROM[TELL]) == set(RULES)
    app.loader.import_default_modules()
    assert set(WORK_FROM) <= set(app.tasks)


def test_what_happens_to_people_wakes_the_one_who_tells_and_the_telling_does_not(queue: Redis) -> None:
    happens("booked", "stock_low")
    assert queue.llen("notify") == 1
    woken(TELL)
    happens(TOLD, "notifications_read", "signed_in")
    assert queue.llen("notify") == 1


def test_a_trip_that_waits_wakes_its_task_once_however_many_wait(queue: Redis) -> None:
    happens("pickup_asked")
    happens("pickup_asked", "dropped_off")
    assert queue.llen("dispatch") == 1
    assert queue.llen("maintenance") == 0


def test_what_happens_after_the_task_began_to_look_wakes_it_again(queue: Redis) -> None:
    happens("pickup_asked")
    woken(HAND_OUT)
    happens("pickup_asked")
    assert queue.llen("dispatch") == 2


def test_a_task_that_took_its_time_is_woken_again_when_it_has_rested(queue: Redis) -> None:
    happens("pickup_asked")
    woken(HAND_OUT)
    rests(HAND_OUT, 60.0)
    began = now()
    happens("pickup_asked")
    happens("pickup_asked")
    later, at_once = (json.loads(one)["headers"]["eta"] for one in queue.lrange("dispatch", 0, -1))
    assert at_once is None
    assert timedelta() < datetime.fromisoformat(later) - began < timedelta(seconds=1)


def test_what_makes_no_work_wakes_nobody(queue: Redis) -> None:
    happens("attention_claimed")
    assert queue.llen("dispatch") == 0


def test_a_change_stands_when_nobody_can_be_woken(queue: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def set(self, *_given: object, **_named: object) -> None:
            raise RedisGone

    monkeypatch.setattr(waking, "live_redis", Gone)
    happens("pickup_asked")
    woken("maintenance.purge")
    assert queue.llen("dispatch") == 0
    with transaction() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM events").scalar() == 1


def test_whoever_commits_does_not_wait_for_a_broker_that_is_gone(queue: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def nobody_there() -> SimpleNamespace:
        asked.append(1)
        return SimpleNamespace(broker_redis_url=f"redis://127.0.0.1:{free_port()}/1")

    monkeypatch.setattr(waking, "settings", nobody_there)
    monkeypatch.setattr("kombu.utils.functional.sleep", lambda _seconds: pytest.fail("it waits"))
    happens("pickup_asked")
    assert asked
    assert queue.llen("dispatch") == 0


def test_a_worker_that_is_woken_has_no_wake_waiting(queue: Redis) -> None:
    happens("pickup_asked")
    woken(HAND_OUT)
    assert not outbox.live_redis().exists(f"guitara:wake:{HAND_OUT}")
