"""What each task takes when there is nothing to do, and for each row when there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import NamedTuple

import pytest

from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments.services import search_driver
from guitara_app.exchange.models import Subject
from guitara_app.exchange.services import take_file
from guitara_app.kit.database import run, transaction
from guitara_app.kit.events import record
from tests.integration.appointments.series_of import series, weeks_of_shifts
from tests.integration.budgets.conftest import Said, Within, counting
from tests.integration.conftest import Scratch
from tests.support.firm import NOW, Firm, manila
from tests.support.steps import running
from workers import dispatching, notifying, tasks
from workers.app import app

AT = manila(20, 30)

Rows = Callable[[Firm, int, Scratch], object]


class Case(NamedTuple):
    """What makes the row of this number, for the task to find at this time."""

    row: Rows
    at: datetime = AT


def legs(firm: Firm, number: int, scratch: Scratch) -> int:
    firm.book(number, start=time(21, 30), driver_needed=True, now=NOW)
    return int(scratch.one("SELECT max(id) FROM legs"))


def asked(firm: Firm, number: int, scratch: Scratch) -> None:
    leg = legs(firm, number, scratch)
    run(lambda session: search_driver(session, SYSTEM, leg, now=NOW))
    scratch.sql("UPDATE leg_offers SET due_at = %s", AT)


def nearly_over(firm: Firm, number: int, scratch: Scratch) -> None:
    firm.book(number, start=time(23), now=manila(20, 5))


def waits(firm: Firm, number: int, scratch: Scratch) -> None:
    leg = legs(firm, number, scratch)
    scratch.sql("UPDATE legs SET state = 'searching', search_number = 1 WHERE id = %s", leg)


def over_time(firm: Firm, number: int, scratch: Scratch) -> None:
    running(firm, number, start=time(20), minutes=20, at=NOW)


def usual_hours(firm: Firm, number: int, scratch: Scratch) -> None:
    person = firm.therapists[number]
    scratch.sql(
        "INSERT INTO weekly_patterns (person_id, weekday, starts, ends) VALUES (%s, 4, '14:00', '23:00')", person
    )


def over(firm: Firm, number: int, scratch: Scratch) -> None:
    person = firm.therapists[number]
    scratch.sql(
        "INSERT INTO login_sessions (person_id, token_hash, expires_at, device) VALUES (%s, %s, %s, '')",
        person,
        f"gone {number}",
        AT - timedelta(days=3),
    )
    scratch.sql(
        "INSERT INTO idempotency_keys (actor_id, key, made_at) VALUES (%s, %s, now() - interval '3 days')",
        person,
        f"old {number}",
    )


def not_visited(firm: Firm, number: int, scratch: Scratch) -> None:
    # The day begins again, for once a day is enough.
    scratch.sql("DELETE FROM settings")
    scratch.sql("INSERT INTO settings (key, value, changed_at) VALUES ('keep_clients_months', '12', '2022-01-01')")
    scratch.sql(
        "INSERT INTO clients (name, phone, notes, preferred_gender, preferred_pressure, version, created_at)"
        " VALUES ('Mrs Cruz', %s, '', '', '', 1, '2022-01-01')",
        f"+63917555010{number}",
    )


def untold(firm: Firm, number: int, scratch: Scratch) -> None:
    with transaction() as session:
        record(session, "left_over", by=SYSTEM, now=NOW, topics=["desk"])
        session.info.pop("recorded")
    scratch.sql("UPDATE events SET recorded_at = recorded_at - interval '1 minute' WHERE published_at IS NULL")


def booked(firm: Firm, number: int, scratch: Scratch) -> None:
    firm.book(number, start=time(22), now=NOW)


def one_after_another(firm: Firm, number: int, scratch: Scratch) -> None:
    """Whoever is asked instead is free for each of them."""
    minutes = 30 + 20 * number
    firm.book(number, start=time(21 + minutes // 60, minutes % 60), minutes=15, now=NOW)


def somebody_waits(firm: Firm, number: int, scratch: Scratch) -> None:
    scratch.sql(
        "INSERT INTO wishes (client_id, service_ids, people, first_evening, last_evening, only_therapist,"
        " driver_needed, car_needed, state, made_at, made_by_id, version) VALUES (%s,"
        " ARRAY[CAST(%s AS bigint)], 1, '2026-11-23',"
        " '2026-11-23', false, false, false, 'waiting', %s, %s, 1)",
        firm.client,
        firm.service,
        AT,
        firm.operator.person_id,
    )


def within_reach(firm: Firm, number: int, scratch: Scratch) -> None:
    if not scratch.one("SELECT count(*) FROM shifts WHERE business_date > '2026-11-23'"):
        weeks_of_shifts(firm)
    series(firm, number, now=NOW - timedelta(days=7), repeat={"times": 11})


def waits_to_be_looked_at(firm: Firm, number: int, scratch: Scratch) -> None:
    marga = scratch.sql("SELECT id FROM people WHERE username = 'marga'") or scratch.sql(
        "INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
        " VALUES ('marga', 'Marga', 'manager', 0, false, 1) RETURNING id"
    )
    by = Actor(marga[0][0], Role.MANAGER, "Marga")
    content = f"Name,Phone\nC,0918 555 000{number}\n".encode()
    scratch.sql("UPDATE imports SET made_by_id = %s", firm.therapists[0])
    file = run(lambda session: take_file(session, by, Subject.CLIENTS, name="c.csv", content=content, now=AT))
    scratch.sql("UPDATE imports SET state = 'checking' WHERE id = %s", file)
    scratch.sql("UPDATE imports SET made_by_id = %s", by.person_id)


CASES = {
    "dispatch.search_drivers": Case(legs),
    "dispatch.lapse_leg_offers": Case(asked),
    "dispatch.hand_out_waiting": Case(waits),
    "dispatch.lapse_offers": Case(one_after_another, manila(20, 50)),
    "dispatch.warn_unanswered": Case(nearly_over),
    "dispatch.match_wishes": Case(somebody_waits),
    "dispatch.expire_unanswered": Case(booked, manila(22, 1)),
    "maintenance.carry_out_imports": Case(waits_to_be_looked_at),
    "maintenance.publish_leftovers": Case(untold),
    "maintenance.grow_overdue": Case(over_time),
    "maintenance.open_day": Case(lambda firm, number, scratch: firm.book(number, now=NOW - timedelta(days=1))),
    "maintenance.extend_shifts": Case(usual_hours),
    "maintenance.book_ahead": Case(within_reach),
    "maintenance.retain": Case(not_visited),
    "maintenance.purge": Case(over),
    "notify.deliver": Case(booked),
}
# Without a server for letters nothing is asked of the database; the demo's staff are no part of a firm;
# a backup reads every table, whatever there is.
NOT_MEASURED = {"notify.send_letters", "demo.play", "maintenance.back_up"}


# One statement for each kind of row, also when there is none.
WHATEVER_THERE_IS = {"maintenance.purge"}


def ran(name: str) -> Said:
    with counting() as heard:
        app.tasks[name]()
    return heard


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def set_to(moment: datetime) -> None:
        for module in (dispatching, notifying, tasks):
            monkeypatch.setattr(module, "now", lambda: moment)

    return set_to


@pytest.mark.parametrize("name", CASES)
def test_tasks(firm: Firm, scratch: Scratch, within: Within, at: Callable[[datetime], None], name: str) -> None:
    case = CASES[name]
    at(case.at)
    # Whatever the firm's making left to do is done first.
    ran(name)
    idle = len(ran(name))
    for number in range(2):
        case.row(firm, number, scratch)
    few = len(ran(name))
    assert few > idle or name in WHATEVER_THERE_IS, "there is something to do"
    for number in range(2, 8):
        case.row(firm, number, scratch)
    # Four more than before, since what was done is done.
    many = len(ran(name))
    within(f"task {name}", {"nothing to do": idle, "each row": max(0, round((many - few) / 4))})


def test_no_task_is_left_out() -> None:
    app.loader.import_default_modules()
    assert {name for name in app.tasks if not name.startswith("celery.")} - NOT_MEASURED == set(CASES)
