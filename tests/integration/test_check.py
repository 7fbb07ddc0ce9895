"""The audit sees whatever must not be, also when the guards of the database that would refuse it are gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from guitara_app.cli.audits import AUDITS, run_audits
from guitara_app.cli.check import check
from guitara_app.demo import seed
from guitara_app.embedded import Postgres, Valkey
from guitara_app.kit import database, outbox
from guitara_app.settings import settings, with_driver

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

NO_GUARDS = """
DO $$ DECLARE guard record; BEGIN
  FOR guard IN SELECT conrelid::regclass AS owner, conname FROM pg_constraint
    WHERE contype IN ('c', 'x', 'u') AND connamespace = 'public'::regnamespace
  LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', guard.owner, guard.conname); END LOOP;
  FOR guard IN SELECT indexrelid::regclass AS name FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    WHERE indisunique AND NOT indisprimary AND c.relnamespace = 'public'::regnamespace
  LOOP EXECUTE format('DROP INDEX %s', guard.name); END LOOP;
END $$
"""
ONE_LIVE = "id = (SELECT max(id) FROM assignments WHERE answer = 'accepted')"
ONE_LIVE_LEG = "id = (SELECT max(id) FROM legs WHERE state = 'accepted')"
ONE_DONE = "id = (SELECT max(id) FROM appointments WHERE state = 'completed')"

BREAKS = (
    (
        "therapists twice",
        "UPDATE assignments SET person_id = (SELECT min(person_id) FROM assignments WHERE answer = 'accepted'),"
        " occupied = '[2026-11-24 12:00Z,2026-11-24 13:00Z)' WHERE answer = 'accepted'",
    ),
    (
        "drivers twice",
        "UPDATE legs SET driver_id = (SELECT min(driver_id) FROM legs),"
        " occupied = '[2026-11-24 12:00Z,2026-11-24 13:00Z)' WHERE state = 'accepted'",
    ),
    (
        "one thing at a time",
        "UPDATE assignments SET person_id = (SELECT max(person_id) FROM assignments WHERE progress = 'in_session')"
        " WHERE progress = 'in_session'",
    ),
    ("one thing at a time", "UPDATE legs SET driver_id = (SELECT max(driver_id) FROM legs) WHERE state = 'under_way'"),
    (
        "same person twice",
        "UPDATE assignments g SET person_id = (SELECT min(person_id) FROM assignments x"
        " WHERE x.appointment_id = g.appointment_id AND x.answer = 'accepted') WHERE answer = 'accepted'",
    ),
    ("time taken", f"UPDATE assignments SET occupied = 'empty' WHERE {ONE_LIVE}"),
    ("time taken", f"UPDATE assignments SET occupied = '[2026-11-24 12:00Z,)' WHERE {ONE_LIVE}"),
    ("time taken", f"UPDATE legs SET driver_id = NULL WHERE {ONE_LIVE_LEG}"),
    ("state follows", "UPDATE appointments SET state = 'pending' WHERE state = 'therapist_confirmed'"),
    ("state follows", "UPDATE appointments SET state = 'driver_confirmed' WHERE state = 'pending'"),
    ("state follows", "UPDATE appointments SET state = 'in_transit' WHERE state = 'dropped_off'"),
    ("closed is closed", "UPDATE appointments SET closed_at = now() WHERE state = 'in_session'"),
    ("closed is closed", "UPDATE appointments SET state = 'cancelled', closed_at = now() WHERE state = 'pending'"),
    ("closed is closed", f"UPDATE appointments SET closed_at = NULL WHERE {ONE_DONE}"),
    ("steps in order", "UPDATE assignments SET session_started_at = NULL WHERE progress = 'in_session'"),
    ("steps in order", "UPDATE assignments SET arrived_at = departed_at - interval '1 hour'"),
    ("released", f"UPDATE assignments SET released_at = now() WHERE {ONE_LIVE}"),
    ("released", "UPDATE assignments SET released_at = NULL WHERE answer = 'released'"),
    (
        "released",
        "UPDATE assignments SET occupied = tstzrange(lower(occupied), released_at + interval '1 hour')"
        " WHERE answer = 'released' AND NOT isempty(occupied)",
    ),
    ("groups go by car", "UPDATE people SET vehicle = 'motorcycle' WHERE role = 'driver'"),
    ("groups go by car", "UPDATE appointments SET driver_needed = false WHERE car_needed"),
    ("right people", "UPDATE people SET role = 'operator' WHERE role = 'therapist'"),
    ("right people", "UPDATE people SET role = 'therapist' WHERE role = 'driver'"),
    (
        "disabled people",
        "UPDATE assignments SET occupied = tstzrange(now() + interval '1 hour', now() + interval '2 hours')"
        " WHERE answer = 'offered'; UPDATE people SET disabled_at = now()",
    ),
    (
        "disabled people",
        "INSERT INTO login_sessions (person_id, token_hash, expires_at)"
        " SELECT min(id), 'x', now() + interval '1 day' FROM people; UPDATE people SET disabled_at = now()",
    ),
    ("offers", "UPDATE assignments SET due_at = NULL WHERE answer = 'offered'"),
    ("offers", "UPDATE leg_offers SET answer = 'lapsed' WHERE answer = 'open'"),
    ("offers", "UPDATE leg_offers SET answer = 'open' WHERE answer = 'accepted'"),
    ("visits are whole", "DELETE FROM appointment_services"),
    ("business day", f"UPDATE appointments SET business_date = business_date + 1 WHERE {ONE_DONE}"),
    ("business day", f"UPDATE legs SET business_date = business_date - 1 WHERE {ONE_LIVE_LEG}"),
    ("money", "DELETE FROM payments"),
    (
        "money",
        "INSERT INTO payments (appointment_id, kind, method, amount, happened_at, verified_by_id)"
        " SELECT id, 'payment', 'cash', 1, now(), booked_by_id FROM appointments WHERE state = 'awaiting_payment'",
    ),
    ("stock adds up", "UPDATE items SET available = available + 1"),
    ("stock adds up", "INSERT INTO stock_movements (item_id, kind, available_change, in_use_change, empty_change,"
     " moved_at) SELECT id, 'take', -1000, 0, 0, now() FROM items; UPDATE items SET available = available - 1000"),
    ("bags", "UPDATE stock_movements SET appointment_id = NULL WHERE kind = 'take'"),
    ("bags", "UPDATE stock_movements SET appointment_id = (SELECT max(id) FROM appointments WHERE state = 'completed')"
     " WHERE kind = 'take'"),
    ("events told", "UPDATE events SET published_at = NULL"),
    ("phones", "UPDATE clients SET phone = '0917 123 4567' WHERE id = (SELECT max(id) FROM clients)"),
    ("phones", "UPDATE people SET phone = 'ask Ana' WHERE role = 'admin'"),
    ("shifts", "INSERT INTO shifts (person_id, business_date, period, source, version)"
     " SELECT person_id, business_date, period, 'by_hand', 1 FROM shifts"),
)  # fmt: skip


@pytest.fixture(scope="module")
def seeded(postgres: Postgres, valkey: Valkey) -> Iterator[Engine]:
    """A demo firm, reached as the superuser; every test puts back what it broke."""
    urls = postgres.create_database("audited", template="migrated")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GUITARA_DATABASE_URL", urls.app)
        environment.setenv("GUITARA_REDIS_URL", valkey.url)
        _forget()
        seed.run(now=NOW)
        address = f"{postgres.superuser_url.rpartition('/')[0]}/audited"
        engine = create_engine(with_driver(address))
        yield engine
        engine.dispose()
        database.engine().dispose()
    _forget()
    postgres.drop_database("audited")


def _forget() -> None:
    settings.cache_clear()
    database.engine.cache_clear()
    outbox.live_redis.cache_clear()


def test_nothing_is_found_where_nothing_is_wrong(seeded: Engine) -> None:
    with Session(seeded) as session:
        assert run_audits(session) == []


def test_every_rule_is_broken_below() -> None:
    assert {name for name, _ in BREAKS} == {audit.name for audit in AUDITS}


@pytest.mark.parametrize(("rule", "harm"), BREAKS, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(BREAKS)])
def test_what_breaks_a_rule_is_found(seeded: Engine, rule: str, harm: str) -> None:
    with Session(seeded) as session:
        session.execute(text(NO_GUARDS))
        for statement in harm.split("; "):
            assert session.execute(text(statement)).rowcount > 0  # type: ignore[attr-defined]  # it was a change
        session.execute(text("UPDATE events SET recorded_at = recorded_at - interval '5 minutes'"))
        assert rule in {finding.audit for finding in run_audits(session)}
        session.rollback()


def test_the_command_says_what_and_fails(seeded: Engine) -> None:
    import typer

    app = typer.Typer()
    app.command()(check)
    good = CliRunner().invoke(app, ["--json"])
    assert good.exit_code == 0
    assert json.loads(good.stdout)["findings"] == []
    with Session(seeded) as session:
        session.execute(text("UPDATE items SET available = available + 7 WHERE name = 'Hot Stone Kit'"))
        session.commit()
    bad = CliRunner().invoke(app, ["--json"])
    assert bad.exit_code == 1
    found = json.loads(bad.stdout)["findings"]
    assert [(finding["audit"], finding["subject"]) for finding in found] == [("stock adds up", "Hot Stone Kit")]
    plain = CliRunner().invoke(app, [])
    assert plain.exit_code == 1
    with Session(seeded) as session:
        session.execute(text("UPDATE items SET available = available - 7 WHERE name = 'Hot Stone Kit'"))
        session.commit()
