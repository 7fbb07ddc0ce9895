"""The demo's evening plays by itself to its end, through the services; a human is never acted for."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from guitara_app.accounts.services import SignedIn, sign_in, sign_out
from guitara_app.appointments.words import CLOSED
from guitara_app.cli.audits import run_audits
from guitara_app.demo import seed
from guitara_app.demo.accounts import DEMO_PASSWORD
from guitara_app.demo.simulator import playing
from guitara_app.demo.simulator.playing import play
from guitara_app.demo.simulator.stage import AFTER_SIGNING_OUT
from guitara_app.kit.database import engine, reading, run
from tests.integration.conftest import Scratch
from tests.support.firm import open_firm
from workers import dispatching, tasks

_MANILA = ZoneInfo("Asia/Manila")
_BEGIN = datetime(2026, 11, 24, 20, tzinfo=_MANILA).astimezone(UTC)
_WORK = (
    dispatching.expire_unanswered,
    dispatching.lapse_offers,
    dispatching.search_drivers,
    dispatching.lapse_leg_offers,
    dispatching.hand_out_waiting,
    tasks.grow_overdue,
)


class Clock:
    """The time of day, which every task and the simulator read."""

    def __init__(self, now: datetime, patch: pytest.MonkeyPatch) -> None:
        self.now = now
        for module in (dispatching, tasks):
            patch.setattr(module, "now", lambda: self.now)
        patch.setattr(playing, "_refused", {})

    def pass_by(self, minutes: float, *, step: float = 1.0) -> int:
        """Let time pass, with the beat's tasks and the staff at work; how many steps were taken."""
        taken, ends = 0, self.now + timedelta(minutes=minutes)
        while self.now < ends:
            self.now += timedelta(minutes=step)
            for task in _WORK:
                task()
            taken += play(now=self.now, at_once=100)
        return taken


@pytest.fixture
def clock(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> Clock:
    seed.run(now=_BEGIN)
    # The stage is set at the test's moment, not at the computer's.
    scratch.sql("UPDATE settings SET changed_at = %s WHERE key = 'demo_evening'", _BEGIN)
    return Clock(_BEGIN, monkeypatch)


def sign(username: str, now: datetime) -> str:
    found = run(lambda session: sign_in(session, username, DEMO_PASSWORD, now=now))
    assert isinstance(found, SignedIn)
    return found.token


def steps_of(scratch: Scratch, username: str) -> int:
    return int(
        scratch.one(
            "SELECT count(*) FROM events e JOIN people p ON p.id = e.actor_id WHERE p.username = %s"
            " AND e.happened_at > %s AND e.kind NOT IN ('signed_in', 'signed_out')",
            username,
            _BEGIN,
        )
    )


def test_a_whole_evening_without_anybody_ends_well(scratch: Scratch, clock: Clock) -> None:
    clock.pass_by(60 * 10, step=2)
    states = Counter(row[0] for row in scratch.sql("SELECT state FROM appointments WHERE business_date = '2026-11-24'"))
    assert set(states) <= {state.value for state in CLOSED}, states
    assert states["completed"] > 20
    out = "SELECT id, state FROM legs WHERE state IN ('searching', 'offered', 'accepted', 'under_way')"
    assert scratch.sql(out) == []
    late = "SELECT count(*) FROM assignments WHERE session_started_at > planned_start + interval '90 min'"
    assert scratch.one(late) <= 2
    left_behind = scratch.sql(
        "SELECT g.id FROM assignments g JOIN appointments a ON a.id = g.appointment_id WHERE a.driver_needed"
        " AND g.progress = 'ended' AND a.business_date = '2026-11-24' AND g.session_ended_at > %s"
        " AND NOT EXISTS (SELECT FROM leg_passengers r JOIN legs t ON t.id = r.leg_id"
        " WHERE r.assignment_id = g.id AND t.from_appointment_id = a.id AND t.state = 'done')"
        # Or fetched from there for their next visit.
        " AND NOT EXISTS (SELECT FROM assignments n WHERE n.person_id = g.person_id"
        " AND n.departed_at > g.session_ended_at)",
        _BEGIN,
    )
    assert left_behind == []
    assert scratch.one("SELECT count(*) FROM check_ins WHERE out_at IS NULL AND business_date = '2026-11-24'") == 0
    kinds = dict(scratch.sql("SELECT kind, count(*) FROM events WHERE happened_at > %s GROUP BY 1", _BEGIN))
    assert {"offer_accepted", "journey_started", "arrived", "dropped_off", "session_started", "session_ended"} <= {
        *kinds
    }
    assert {"payment_requested", "payment_verified", "materials_reported", "pickup_asked", "brought_back"} <= {*kinds}
    with reading() as session:
        assert run_audits(session) == []


def test_a_human_is_left_alone_until_some_minutes_after_they_signed_out(scratch: Scratch, clock: Clock) -> None:
    tokens = {name: sign(name, clock.now) for name in ("liza", "dodong")}
    others = clock.pass_by(40, step=2)
    assert others > 10
    assert steps_of(scratch, "liza") == steps_of(scratch, "dodong") == 0
    for token in tokens.values():
        run(lambda session, token=token: sign_out(session, token, now=clock.now))
    clock.pass_by(AFTER_SIGNING_OUT.total_seconds() / 60, step=1)
    assert steps_of(scratch, "liza") == 0
    clock.pass_by(30, step=2)
    assert steps_of(scratch, "liza") > 0


def test_the_desk_is_the_humans_as_long_as_one_sits_at_it(scratch: Scratch, clock: Clock) -> None:
    token = sign("bea", clock.now)
    by_desk = "SELECT count(*) FROM events e JOIN people p ON p.id = e.actor_id WHERE p.role = 'operator'"
    by_desk += " AND e.kind IN ('payment_verified', 'review_replaced') AND e.happened_at > %s"
    clock.pass_by(30, step=2)
    assert scratch.one(by_desk, _BEGIN) == 0
    assert scratch.one("SELECT count(*) FROM appointments WHERE state = 'awaiting_payment'") > 0
    run(lambda session: sign_out(session, token, now=clock.now))
    clock.pass_by(30, step=2)
    assert scratch.one(by_desk, _BEGIN) > 0


def test_two_workers_at_once_do_nothing_twice(scratch: Scratch, clock: Clock) -> None:
    now = clock.now + timedelta(minutes=12)
    both = threading.Barrier(2)

    def work() -> None:
        both.wait()
        play(now=now, at_once=100)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    twice = scratch.sql(
        "SELECT kind, appointment_id, assignment_id, leg_id, person_id, count(*) FROM events WHERE happened_at = %s"
        " GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1",
        now,
    )
    assert twice == []
    assert scratch.one("SELECT count(*) FROM events WHERE happened_at = %s", now) > 5
    with reading() as session:
        assert run_audits(session) == []


def test_a_look_costs_little(clock: Clock) -> None:
    counted: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        counted.append(statement)

    event.listen(engine(), "before_cursor_execute", count)
    try:
        # Before anybody has woken up there is nothing to do, and the look is all.
        assert play(now=_BEGIN) == 0
    finally:
        event.remove(engine(), "before_cursor_execute", count)
    assert len(counted) <= 12


def test_a_real_firm_never_plays(scratch: Scratch) -> None:
    firm = open_firm()
    firm.book(0)
    assert play(now=_BEGIN) == 0
    assert scratch.one("SELECT count(*) FROM assignments WHERE answer = 'offered'") == 1
