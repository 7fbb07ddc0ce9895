"""What the application's own login may not do, however it is asked."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from guitara_app import settings as settings_module
from guitara_app.kit import database as kit_database
from guitara_app.kit.database import APP_ROLE, transaction
from tests.integration.guards.conftest import Place
from tests.integration.guards.guard import scalar

FORBIDDEN = {
    "dropping the guard": "ALTER TABLE assignments DROP CONSTRAINT assignments_never_overlap",
    "adding a column": "ALTER TABLE clients ADD COLUMN shoe_size int",
    "switching triggers off": "ALTER TABLE events DISABLE TRIGGER ALL",
    "skipping constraints": "SET session_replication_role = replica",
    "making a table": "CREATE TABLE mine (id int)",
    "making a function": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "making a schema": "CREATE SCHEMA mine",
    "dropping a table": "DROP TABLE clashes",
    "dropping an index": "DROP INDEX uq_assignments_in_session",
    "emptying a table": "TRUNCATE events",
    "setting the version": "UPDATE alembic_version SET version_num = '0000'",
    "deleting events": "DELETE FROM events",
    "changing an event": "UPDATE events SET kind = 'nothing'",
    "changing who did it": "UPDATE events SET actor_id = NULL",
    "changing when it happened": "UPDATE events SET happened_at = now(), published_at = now()",
    "changing a payment": "UPDATE payments SET amount = 0",
    "deleting a payment": "DELETE FROM payments",
    "changing a movement": "UPDATE stock_movements SET reason = ''",
    "deleting a movement": "DELETE FROM stock_movements",
    "deleting visits": "DELETE FROM appointments",
    "deleting places": "DELETE FROM assignments",
    "deleting trips": "DELETE FROM legs",
    "deleting people": "DELETE FROM people",
    "deleting clients": "DELETE FROM clients",
    "making a role": "CREATE ROLE mine",
    "reading the passwords of logins": "SELECT * FROM pg_authid",
}


@pytest.fixture(params=["the application's login", "the owner's login only"])
def login(place: Place, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The engine on one of the two logins; with the owner's it must step down by itself."""
    if request.param == "the owner's login only":
        monkeypatch.setenv("GUITARA_DATABASE_URL", place.database.owner)
        settings_module.settings.cache_clear()
        kit_database.engine.cache_clear()
        request.addfinalizer(_back)
        return "guitara_owner"
    return "guitara_web"


def _back() -> None:
    kit_database.engine().dispose()
    settings_module.settings.cache_clear()
    kit_database.engine.cache_clear()


def test_work_goes_on_as_the_role(place: Place, login: str) -> None:
    with transaction() as session:
        assert session.execute(text("SELECT session_user, current_user")).one() == (login, APP_ROLE)
    visit = place.firm.book(0)
    with transaction() as session:
        published = text("SELECT published_at IS NOT NULL FROM events WHERE appointment_id = :visit")
        assert session.execute(published, {"visit": visit}).scalars().all() == [True]


def test_the_role_changes_neither_the_schema_nor_the_log(place: Place, login: str) -> None:
    place.firm.book(0)
    done = []
    for what, statement in FORBIDDEN.items():
        try:
            with transaction() as session:
                session.execute(text(statement))
        except ProgrammingError as error:
            assert kit_database.sqlstate(error) == "42501", f"{what}: {error}"
        else:
            done.append(what)
    assert done == []


def test_the_role_is_kept_after_a_rollback_and_on_a_fresh_connection(place: Place, login: str) -> None:
    with pytest.raises(ProgrammingError), transaction() as session:
        session.execute(text("SELECT no_such_column FROM people"))
    for _ in range(2):
        with transaction() as session:
            assert session.execute(text("SELECT current_user")).scalar() == APP_ROLE
        kit_database.engine().dispose()


def test_what_is_forbidden_is_possible_for_the_owner(place: Place) -> None:
    """So the list above holds statements that are refused for the right alone."""
    assert scalar(place.database.owner, "SELECT has_table_privilege('guitara_owner', 'events', 'DELETE')") is True
    assert scalar(place.database.owner, "SELECT has_table_privilege('guitara_app', 'events', 'DELETE')") is False
    assert scalar(place.database.owner, "SELECT pg_has_role('guitara_web', 'guitara_owner', 'MEMBER')") is False
