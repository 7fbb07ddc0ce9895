"""The migrations make what the models say, once, whoever starts first; and the queries of every minute use an index."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

import guitara_app.tables  # noqa: F401  fills SQLModel.metadata
from guitara_app.appointments.queries.evening import OF_THE_EVENING
from guitara_app.appointments.queries.rows import statement
from guitara_app.embedded import Postgres
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import transaction
from guitara_app.kit.migrate import upgrade
from guitara_app.notifications.queries.inbox import COUNTS, LIST
from guitara_app.notifications.queries.untold import TAKE
from guitara_app.notifications.services.mailing import DUE
from guitara_app.settings import with_driver
from tests.support.firm import EVENING, NOW, Firm, open_firm

NIGHTS = 40
PER_NIGHT = 100


def schema_of(owner_url: str) -> list[tuple[str, ...]]:
    """Every column, constraint and index."""
    engine = create_engine(with_driver(owner_url))
    statement = text(
        "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns"
        " WHERE table_schema = 'public' UNION ALL SELECT conrelid::regclass::text, conname::text,"
        " pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
        " UNION ALL SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'"
        " ORDER BY 1, 2, 3"
    )
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]
    finally:
        engine.dispose()


def test_the_migrated_database_is_what_the_models_say(database: DatabaseUrls) -> None:
    engine = create_engine(with_driver(database.owner))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, SQLModel.metadata) == []
    finally:
        engine.dispose()


def test_migrating_twice_changes_nothing(database: DatabaseUrls) -> None:
    before = schema_of(database.owner)
    upgrade(database.owner)
    assert schema_of(database.owner) == before


def test_two_starts_at_once_migrate_once(database: DatabaseUrls, postgres: Postgres) -> None:
    name = "two_at_once"
    empty = postgres.create_database(name)
    try:
        with ThreadPoolExecutor(2) as starts:
            for start in [starts.submit(upgrade, empty.owner) for _ in range(2)]:
                start.result(60)
        assert schema_of(empty.owner) == schema_of(database.owner)
    finally:
        postgres.drop_database(name)


@pytest.fixture
def busy_firm(database: DatabaseUrls) -> Firm:
    """Forty nights that are over, weeks that are booked, and tonight with two offers open."""
    firm = open_firm(therapists=2)
    values = {
        "client": firm.client,
        "address": firm.address,
        "desk": firm.operator.person_id,
        "person": firm.therapists[0],
        "tonight": EVENING,
        "now": NOW,
        "nights": NIGHTS,
        "per_night": PER_NIGHT,
    }
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO appointments (client_id, address_id, business_date, starts_at, ends_at, state,"
                " driver_needed, car_needed, price, booked_at, booked_by_id, closed_at, version)"
                " SELECT :client, :address, CAST(:tonight AS date) - d, at, at + interval '1 hour', 'completed',"
                " false, false, 500, at, :desk, at + interval '2 hours', 1 FROM generate_series(1, :nights) d,"
                " generate_series(1, :per_night) n, LATERAL (SELECT CAST(:now AS timestamptz) - d * interval '1 day'"
                " + n * interval '1 minute' AS at) t"
            ),
            values,
        )
        session.execute(
            text(
                "INSERT INTO assignments (appointment_id, person_id, answer, progress, offered_at, planned_start,"
                " planned_end, turnaround_minutes, occupied, released_at, pickup_urgent, version)"
                " SELECT id, :person, 'released', 'ended', starts_at, starts_at, ends_at, 0, 'empty', ends_at, false, 1"
                " FROM appointments"
            ),
            values,
        )
        session.execute(
            text(
                "INSERT INTO events (kind, happened_at, appointment_id, data, topics, published_at)"
                " SELECT 'booked', starts_at, id, '{}', '{}', starts_at FROM appointments"
            )
        )
        session.execute(
            text(
                "WITH later AS (INSERT INTO appointments (client_id, address_id, business_date, starts_at, ends_at,"
                " state, driver_needed, car_needed, price, booked_at, booked_by_id, version) SELECT :client, :address,"
                " CAST(:tonight AS date) + 1 + n / 12, at, at + interval '1 hour', 'therapist_confirmed', false, false,"
                " 500, :now, :desk, 1 FROM generate_series(12, 1000) n, LATERAL (SELECT CAST(:now AS timestamptz)"
                " + n * interval '2 hours' AS at) t RETURNING id, starts_at, ends_at)"
                " INSERT INTO assignments (appointment_id, person_id, answer, progress, offered_at, planned_start,"
                " planned_end, turnaround_minutes, occupied, pickup_urgent, version) SELECT id, :person, 'accepted',"
                " 'waiting', :now, starts_at, ends_at, 0, tstzrange(starts_at, ends_at), false, 1 FROM later"
            ),
            values,
        )
    firm.book(0)
    firm.book(1)
    analyze(database)
    return firm


def analyze(database: DatabaseUrls) -> None:
    """Let the planner know what there is."""
    owner = create_engine(with_driver(database.owner), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("ANALYZE"))
    owner.dispose()


def plan_of(statement: str, **values: object) -> str:
    with transaction() as session:
        return "\n".join(row[0] for row in session.execute(text(f"EXPLAIN {statement}"), values))


def test_the_board_reads_tonight_and_what_is_open_not_the_years_before(busy_firm: Firm) -> None:
    plan = plan_of(statement(OF_THE_EVENING), day=EVENING)
    assert "Seq Scan on appointments" not in plan, plan
    assert "Seq Scan on assignments" not in plan, plan


def test_due_answers_are_found_by_their_own_index(busy_firm: Firm) -> None:
    due = "SELECT id FROM assignments WHERE answer = 'offered' AND released_at IS NULL AND due_at < :now"
    assert "ix_assignments_due" in plan_of(f"{due} FOR UPDATE SKIP LOCKED", now=NOW + timedelta(hours=1))


def test_untold_events_and_everybodys_notifications_are_found_by_index(busy_firm: Firm, database: DatabaseUrls) -> None:
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO notifications (event_id, person_id, about, urgent, title, link, told_at, read_at,"
                " mail_due_at)"
                " SELECT e.id, p.id, 'visits', e.id % 9 = 0, 'Told', '/tonight', :now,"
                " CASE WHEN e.id % 50 > 0 THEN CAST(:now AS timestamptz) END,"
                " CASE WHEN e.id % 500 = 0 THEN CAST(:now AS timestamptz) END FROM events e, people p"
            ),
            {"now": NOW},
        )
    analyze(database)
    me = busy_firm.therapists[0]
    assert "ix_notifications_unread" in plan_of(COUNTS.text, people=[me])
    newest = plan_of(LIST.replace("{more}", ""), person=me, before=2**62, limit=30)
    assert "ix_notifications_person_id" in newest
    assert "Sort" not in newest, newest
    unread = plan_of(LIST.replace("{more}", " AND read_at IS NULL"), person=me, before=2**62, limit=30)
    assert "ix_notifications_unread" in unread
    assert "ix_notifications_mail_due" in plan_of(DUE, now=NOW, limit=5)
    taking = plan_of(TAKE, limit=100)
    assert "Seq Scan on events" not in taking, taking


def test_events_are_found_by_being_unpublished_and_by_their_visit(busy_firm: Firm) -> None:
    sweep = "SELECT id, kind, topics FROM events WHERE published_at IS NULL ORDER BY id LIMIT 500"
    assert "ix_events_unpublished" in plan_of(f"{sweep} FOR UPDATE SKIP LOCKED")
    history = "SELECT id FROM events WHERE appointment_id = 7 ORDER BY id DESC LIMIT 100"
    assert "ix_events_appointment_id" in plan_of(history)
