"""An alert opens once however many look, tells every admin once, and closes by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from guitara_app.accounts.permissions import SYSTEM, Role
from guitara_app.kit.database import hold_alone, reading, run, transaction
from guitara_app.kit.events import record
from guitara_app.kit.time import now
from guitara_app.monitoring.models import SystemAlert
from guitara_app.monitoring.queries import alert_rows
from guitara_app.monitoring.rules import Key, Verdict
from guitara_app.monitoring.sampler import Sampler
from guitara_app.monitoring.services import keep_alerts
from guitara_app.monitoring.words import Alarm
from guitara_app.notifications.services import tell
from tests.integration.monitoring.conftest import Site

QUIET = timedelta(minutes=15)
KEY = Key(Alarm.QUEUE, "dispatch")
BAD, WELL = {KEY: Verdict(True, False, "It's 300 tasks.")}, {KEY: Verdict(False, True, "It's 3 tasks.")}
START = datetime.fromisoformat("2026-11-23T12:00:00+00:00")


def rows(statement: str) -> list[tuple[Any, ...]]:
    with reading() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def keep(verdicts: dict[Key, Verdict], minutes: float) -> int:
    at = START + timedelta(minutes=minutes)
    return len(run(lambda session: keep_alerts(session, verdicts, now=at, quiet=QUIET)))


def told() -> list[tuple[Any, ...]]:
    return rows("SELECT person_id, about, urgent, title, body, link FROM notifications ORDER BY id")


def kinds() -> list[str]:
    return [kind for (kind,) in rows("SELECT kind FROM events WHERE kind LIKE 'system_%' ORDER BY id")]


def test_it_opens_is_told_closes_and_comes_back(site: Site) -> None:
    admins = {site.person(Role.ADMIN), site.person(Role.ADMIN, "second")}
    site.person(Role.MANAGER)
    for minute in range(3):
        assert keep(BAD, minute) == (minute == 0)
    assert kinds() == ["system_alert_opened"]
    run(lambda session: tell(session, now=START, limit=100))
    line = ("system", True, "Guitara needs a look", "It's 300 tasks.", "/system")
    assert {one[0] for one in told()} == admins
    assert {one[1:] for one in told()} == {line}

    for minute in range(5, 20, 5):
        assert keep(WELL, minute) == 1
        assert keep(BAD, minute + 1) == 1
    run(lambda session: tell(session, now=START, limit=100))
    assert len(told()) == 2
    [(times, closed)] = rows("SELECT times, closed_at FROM system_alerts")
    assert (times, closed) == (4, None)

    keep(WELL, 30)
    keep(BAD, 50)
    run(lambda session: tell(session, now=START, limit=100))
    assert len(told()) == 4
    shown = run(lambda session: alert_rows(session, now=START + timedelta(hours=1)))
    assert [(row["closed"] == "", row["times"]) for row in shown] == [(True, 1), (False, 4)]
    later = run(lambda session: alert_rows(session, now=START + timedelta(days=2)))
    assert [row["closed"] for row in later] == [""]


def test_of_many_who_look_at_once_one_opens_it(site: Site) -> None:
    together = Barrier(6)

    def look(_number: int) -> int:
        together.wait()
        return keep(BAD, 0)

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(look, range(6))) == 1
    assert kinds() == ["system_alert_opened"]


def test_who_comes_while_another_looks_does_nothing(site: Site) -> None:
    with transaction() as session:
        assert hold_alone(session, "system alerts")
        assert keep(BAD, 0) == 0
    assert keep(BAD, 0) == 1


def test_the_database_has_the_last_word(site: Site) -> None:
    keep(BAD, 0)
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(SystemAlert(alarm=KEY.alarm, subject=KEY.subject, words="Again.", opened_at=START))


def test_without_a_worker_admins_are_told_all_the_same_and_nobody_else_of_anything(
    site: Site, sampler: Sampler
) -> None:
    admin = site.person(Role.ADMIN)
    driver = site.person(Role.THERAPIST)
    with transaction() as session:
        record(session, "week_set", by=SYSTEM, now=now(), topics=[], person_id=driver)
    site.past(11, workers=0)
    assert sampler.step() is not None
    assert ("worker", "") in rows("SELECT alarm, subject FROM system_alerts")
    assert {one[0] for one in told()} == {admin}
    assert rows("SELECT e.kind FROM untold_events u JOIN events e ON e.id = u.event_id WHERE e.kind = 'week_set'")
    before = told()
    for _ in range(3):
        sampler.step()
    assert told() == before

    site.forget()
    site.well()
    site.past(11)
    sampler.step()
    assert rows("SELECT alarm FROM system_alerts WHERE closed_at IS NULL") == []


def test_the_limits_are_settings(site: Site, sampler: Sampler, monkeypatch: pytest.MonkeyPatch) -> None:
    from guitara_app.settings import settings

    site.well()
    site.past(12, memory_mb=900)
    sampler.step()
    assert rows("SELECT * FROM system_alerts") == []
    monkeypatch.setattr(settings(), "alert_memory_mb", 10)
    monkeypatch.setattr(settings(), "alert_beat_seconds", 0)
    site.past(12, memory_mb=900)
    sampler._processes.look = lambda: ([], 1.0, 900.0)  # type: ignore[method-assign]
    sampler.step()
    assert rows("SELECT alarm, words FROM system_alerts") == [("memory", "The system takes 900 MB of memory.")]
