"""Telling by real workers: killed in the middle or several at once, everybody is told once of everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2

from guitara_app.kit.outbox import Group, live_redis, stream_of
from guitara_app.notifications.services import TOLD
from tests.integration.conftest import Scratch, Until
from tests.integration.workers.conftest import WORKER, Start, kill, waits_for_lock
from tests.support.firm import Firm, open_firm

_SEND = "from workers.notifying import deliver; from workers.app import app; [deliver.delay() for _ in range({many})]"


def booked(*, visits: int = 4) -> Firm:
    firm = open_firm()
    for number in range(visits):
        firm.book(number)
    return firm


def send(start: Start, many: int = 1) -> None:
    assert start(python=_SEND.format(many=many)).wait(30) == 0


def told(scratch: Scratch) -> list[tuple[int, int]]:
    """Everybody who was told, and how often."""
    return scratch.sql("SELECT person_id, count(*) FROM notifications GROUP BY 1 ORDER BY 1")


@contextmanager
def notifications_held(scratch: Scratch) -> Iterator[None]:
    """Whoever stores notifications waits in the middle of their transaction until the block ends."""
    with closing(psycopg2.connect(scratch.superuser_url)) as connection:
        connection.cursor().execute("LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE")
        yield


def test_a_worker_killed_in_the_middle_of_telling_leaves_one_notification_each(
    start: Start, scratch: Scratch, until: Until
) -> None:
    firm = booked()
    with notifications_held(scratch):
        worker = start(*WORKER)
        send(start)
        until(lambda: waits_for_lock(scratch), 40)
        kill(worker)
    assert told(scratch) == []
    assert scratch.one("SELECT count(*) FROM untold_events") == 4
    start(*WORKER)
    start("beat", "--pidfile=")
    until(lambda: scratch.one("SELECT count(*) FROM untold_events") == 0, 40)
    assert told(scratch) == [(person, 1) for person in firm.therapists]
    until(lambda: TOLD in [entry["kind"] for _, entry in live_redis().xrange(stream_of(Group.USER))])


def test_two_workers_at_once_tell_everybody_once(start: Start, scratch: Scratch, until: Until) -> None:
    firm = booked()
    with notifications_held(scratch):
        for number in range(2):
            start(*WORKER, "-n", f"w{number}@%h")
        send(start, many=6)
        until(lambda: waits_for_lock(scratch), 40)
    until(lambda: scratch.one("SELECT count(*) FROM untold_events") == 0, 40)
    assert told(scratch) == [(person, 1) for person in firm.therapists]
