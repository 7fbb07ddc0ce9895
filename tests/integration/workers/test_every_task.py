"""Every task, however often, however many at once and however it is killed: what it does is done once.

Real beats ask and real workers work, on rows in which only the task in question finds something to do. What one run
leaves behind is counted, and compared with what each disturbed run leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import text

from guitara_app import settings as settings_module
from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments.services import search_driver
from guitara_app.embedded import Postgres, Valkey
from guitara_app.exchange.models import Subject
from guitara_app.exchange.services import carry_out, check_rows, take_file, take_in
from guitara_app.kit import database as kit_database
from guitara_app.kit import outbox
from guitara_app.kit.database import run, transaction
from guitara_app.kit.events import record
from tests.integration.appointments.series_of import evening, series, weeks_of_shifts
from tests.integration.conftest import Scratch, Until
from tests.integration.stock.conftest import stocked
from tests.integration.workers.crew import Crew
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm
from tests.support.steps import running
from workers.app import app

AT = manila(20, 30)
TEMPLATE = "migrated"

_COUNTED = """
SELECT 'event ' || kind, count(*)::text FROM events GROUP BY kind
UNION ALL SELECT 'told ' || (published_at IS NOT NULL), count(*)::text FROM events WHERE kind = 'left_over' GROUP BY 1
UNION ALL SELECT 'answer ' || answer || (warned_at IS NOT NULL), count(*)::text FROM assignments GROUP BY 1
UNION ALL SELECT 'leg ' || state || search_number, count(*)::text FROM legs GROUP BY 1
UNION ALL SELECT 'asked ' || answer || (warned_at IS NOT NULL), count(*)::text FROM leg_offers GROUP BY 1
UNION ALL SELECT 'visit ' || state, count(*)::text FROM appointments GROUP BY 1
UNION ALL SELECT 'taken', coalesce(sum(extract(epoch FROM upper(occupied) - lower(occupied))), 0)::text
  FROM assignments WHERE NOT isempty(occupied)
UNION ALL SELECT 'moved ' || item_id || kind, count(*) || ', ' || sum(in_use_change) FROM stock_movements
  GROUP BY item_id, kind
UNION ALL SELECT 'shelf', coalesce(sum(available), 0) || ', ' || coalesce(sum(in_use), 0) FROM items
UNION ALL SELECT 'clash', count(*)::text FROM clashes WHERE settled_at IS NULL
UNION ALL SELECT 'review', count(*)::text FROM reviews
UNION ALL SELECT 'wish offer ' || outcome, count(*)::text FROM wish_offers GROUP BY 1
UNION ALL SELECT 'evening ' || series_id || ' ' || series_date, count(*)::text FROM appointments
  WHERE series_id IS NOT NULL GROUP BY 1
UNION ALL SELECT 'gap ' || state, count(*)::text FROM series_gaps GROUP BY 1
UNION ALL SELECT 'next ' || id, coalesce(next_evening::text, '') FROM booking_series
UNION ALL SELECT 'shift', count(*)::text FROM shifts
UNION ALL SELECT 'signed in', count(*)::text FROM login_sessions
UNION ALL SELECT 'forgotten', count(*)::text FROM clients WHERE erased_at IS NOT NULL
UNION ALL SELECT 'key', count(*)::text FROM idempotency_keys
UNION ALL SELECT 'answer kept', count(*)::text FROM kept_answers
UNION ALL SELECT 'import ' || state, count(*)::text FROM imports GROUP BY state
UNION ALL SELECT 'client', count(*)::text FROM clients
UNION ALL SELECT 'told ' || person_id, count(*)::text FROM notifications GROUP BY person_id
"""


class Case(NamedTuple):
    """What there is to do for a task, and the table whose writers wait so that it can be met in the middle."""

    rows: Callable[[Firm], object]
    table: str = "events"


def way_there(firm: Firm, therapist: int = 0, start: time = time(22)) -> int:
    firm.book(therapist, start=start, driver_needed=True)
    with transaction() as session:
        return int(session.execute(text("SELECT max(id) FROM legs")).scalar_one())


def asked(firm: Firm, therapist: int = 0) -> None:
    """A driver is asked since 20:22, until 20:32; half of it is over now."""
    leg = way_there(firm, therapist)
    run(lambda session: search_driver(session, SYSTEM, leg, now=manila(20, 22)))


def silent_drivers(firm: Firm) -> None:
    asked(firm)
    write("UPDATE leg_offers SET due_at = :at", at=AT)


def waiting_trips(firm: Firm) -> None:
    for therapist in range(2):
        way_there(firm, therapist)
    write("UPDATE legs SET state = 'searching', search_number = 1")


def nearly_over(firm: Firm) -> None:
    asked(firm, 0)
    write("UPDATE assignments SET due_at = :at", at=manila(23))
    firm.book(1, start=time(23), now=manila(20, 5))


def over_time(firm: Firm) -> None:
    running(firm, 0, start=time(20), minutes=20, at=NOW)
    firm.book(0, start=time(20, 32), minutes=15)


def bags_to_pack(firm: Firm) -> None:
    stocked(firm)
    for therapist in range(2):
        firm.book(therapist, now=NOW - timedelta(days=1))


def usual_hours(firm: Firm) -> None:
    for person in firm.therapists[:2]:
        write(
            "INSERT INTO weekly_patterns (person_id, weekday, starts, ends) VALUES (:person, 4, '14:00', '23:00')",
            person=person,
        )


def things_over(firm: Firm) -> None:
    write(
        "INSERT INTO login_sessions (person_id, token_hash, expires_at) VALUES (:person, 'gone', :at)",
        person=firm.therapists[0],
        at=AT - timedelta(days=3),
    )
    # The age of a key is counted by the database's own clock.
    for key, days in (("old", 3), ("new", 0)):
        write(
            "INSERT INTO idempotency_keys (actor_id, key, made_at)"
            " VALUES (:person, :key, now() - make_interval(days => :days))",
            person=firm.therapists[0],
            key=key,
            days=days,
        )


def not_visited(_firm: Firm) -> None:
    """Two clients whom nobody has heard of for years, where the firm keeps nobody for longer than a year."""
    write("INSERT INTO settings (key, value, changed_at) VALUES ('keep_clients_months', '12', '2022-01-01')")
    write(
        "INSERT INTO clients (name, phone, notes, preferred_gender, preferred_pressure, version, created_at)"
        " SELECT 'Mrs Cruz ' || n, '+6391755501' || n, '', '', '', 1, '2022-01-01' FROM generate_series(10, 11) n"
    )


def left_over(_firm: Firm) -> None:
    with transaction() as session:
        for _ in range(3):
            record(session, "left_over", by=SYSTEM, now=NOW, topics=["desk"])
        session.info.pop("recorded")
    as_superuser("UPDATE events SET recorded_at = recorded_at - interval '1 minute'")


def two_visits(firm: Firm) -> None:
    for therapist in range(2):
        firm.book(therapist, start=time(22))


def people_wait(firm: Firm) -> None:
    for since in range(2):
        write(
            "INSERT INTO wishes (client_id, address_id, service_ids, people, first_evening, last_evening,"
            " only_therapist, driver_needed, car_needed, state, made_at, made_by_id, version) VALUES (:client,"
            " :address, ARRAY[CAST(:service AS bigint)], 1, :evening, :evening, false, false, false, 'waiting',"
            " CAST(:at AS timestamptz) - make_interval(hours => :since), :by, 1)",
            client=firm.client,
            address=firm.address,
            service=firm.service,
            evening=EVENING,
            at=AT,
            since=since,
            by=firm.operator.person_id,
        )


def series_within_reach(firm: Firm) -> None:
    """Two evenings of each of two series have come within reach; for one of the four nobody is on shift."""
    weeks_of_shifts(firm)
    for therapist in range(2):
        series(firm, therapist, now=NOW - timedelta(days=14), repeat={"times": 11})
    write("DELETE FROM shifts WHERE person_id = :one AND business_date = :day", one=firm.therapists[0], day=evening(8))


def file_to_take_in(firm: Firm) -> None:
    """Looked at already, and asked for."""
    del firm
    with transaction() as session:
        marga = Person(username="marga", name="Marga", role=Role.MANAGER)
        session.add(marga)
        session.flush()
        by = Actor(marga.id, Role.MANAGER, marga.name)
    content = b"Name,Phone\n" + b"".join(b"C%d,0918 555 %04d\n" % (number, number) for number in range(20))
    file = run(lambda session: take_file(session, by, Subject.CLIENTS, name="c.csv", content=content, now=AT))
    run(lambda session: check_rows(session, by, file, {"name": 0, "phone": 1}, now=AT))
    carry_out(file, now=AT)
    run(lambda session: take_in(session, by, file, leave_out=False, now=AT))


CASES = {
    "dispatch.search_drivers": Case(lambda firm: [way_there(firm, number) for number in range(2)]),
    "dispatch.lapse_leg_offers": Case(silent_drivers),
    "dispatch.hand_out_waiting": Case(waiting_trips),
    "dispatch.lapse_offers": Case(two_visits),
    "dispatch.warn_unanswered": Case(nearly_over),
    "dispatch.match_wishes": Case(people_wait, "wish_offers"),
    "dispatch.expire_unanswered": Case(lambda firm: [firm.book(number, start=time(20, 30)) for number in range(2)]),
    "maintenance.carry_out_imports": Case(file_to_take_in),
    "maintenance.publish_leftovers": Case(left_over),
    "maintenance.grow_overdue": Case(over_time),
    "maintenance.open_day": Case(bags_to_pack, "stock_movements"),
    "maintenance.extend_shifts": Case(usual_hours),
    "maintenance.book_ahead": Case(series_within_reach),
    "maintenance.retain": Case(not_visited),
    "maintenance.purge": Case(things_over, "idempotency_keys"),
    "notify.deliver": Case(two_visits, "notifications"),
}
# Letters leave the house: what a second server is told cannot be counted in rows. The demo's staff are no part of a
# firm, and throw dice. A backup is a file. Each has tests of its own.
NOT_COUNTED_IN_ROWS = {"notify.send_letters", "demo.play", "maintenance.back_up"}

_superuser: list[Scratch] = []


def write(statement: str, **values: object) -> None:
    """Change something past every service."""
    with transaction() as session:
        session.execute(text(statement), values)


def as_superuser(statement: str) -> None:
    _superuser[0].sql(statement)


def forget() -> None:
    settings_module.settings.cache_clear()
    kit_database.engine.cache_clear()
    outbox.live_redis.cache_clear()


@pytest.fixture(scope="module")
def crew(postgres: Postgres, valkey: Valkey, until: Until, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """One database and one crew for all the tests here; each begins with empty tables."""
    urls = postgres.create_database("every_task", template=TEMPLATE)
    scratch = Scratch(f"{postgres.superuser_url.rpartition('/')[0]}/every_task")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GUITARA_DATABASE_URL", urls.app)
        patched.setenv("GUITARA_REDIS_URL", valkey.url)
        patched.setattr(outbox, "_after_commit", [])
        forget()
        outbox.live_redis().flushall()
        crew = Crew(scratch, until, tmp_path_factory.mktemp("crew"), AT)
        _superuser[:] = [scratch]
        try:
            crew.start()
            yield crew
        finally:
            crew.leave()
            kit_database.engine().dispose()
            forget()
    postgres.drop_database("every_task")


def afresh(crew: Crew, case: Case) -> None:
    """An evening in which there is just this to do."""
    tables = crew.scratch.sql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    crew.scratch.sql(f"TRUNCATE {', '.join(name for (name,) in tables)} RESTART IDENTITY CASCADE")
    case.rows(open_firm())


def effects(crew: Crew) -> dict[str, str]:
    """Everything that can be counted."""
    return dict(crew.scratch.sql(_COUNTED))


@pytest.mark.parametrize("task", CASES)
def test_what_a_task_does_is_done_once(crew: Crew, task: str) -> None:
    case = CASES[task]
    afresh(crew, case)
    before = effects(crew)
    crew.run(task)
    once = effects(crew)
    assert once != before, "the rows give it something to do"

    crew.run(task)
    assert effects(crew) == once, "run again"

    afresh(crew, case)
    crew.run_together(task, case.table)
    assert effects(crew) == once, "asked for by two beats, done by two workers"

    afresh(crew, case)
    crew.run_killed(task, case.table)
    assert effects(crew) == once, "killed in the middle, and done again"


def test_no_task_is_left_out() -> None:
    app.loader.import_default_modules()
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours - NOT_COUNTED_IN_ROWS == set(CASES)
