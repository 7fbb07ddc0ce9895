"""The indexes of the visits earn their keep: at some thousand visits, the application's own statements are planned with
them.

The statements are caught as they are sent, and PostgreSQL is asked how it would go about each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries import board, detail, own_night
from guitara_app.appointments.queries.candidates import Wanted, candidates
from guitara_app.appointments.services import cancel, grow_overdue
from guitara_app.clients.queries import card
from guitara_app.demo import large, seed
from guitara_app.demo.sizes import LARGE
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import outbox
from guitara_app.kit.database import engine, run
from tests.integration.conftest import Scratch

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVENING = date(2026, 11, 24)
SIZE = LARGE._replace(
    name="medium", evenings=7, visits=range(60, 61), more_on_weekends=0, cycles=16, clients=24_000, ahead=10
)
EARNED = {
    "ix_appointments_business_date",
    "ix_appointments_client_id",
    "ix_appointments_open",
    "ix_appointment_services_appointment_id",
    "ix_assignments_appointment_id",
    "ix_assignments_live_until",
    "ix_assignments_person_id_planned",
    "ix_client_addresses_client_id",
    "ix_events_appointment_id",
    "ix_events_unpublished",
    "ix_legs_driver_id_business_date",
    "ix_legs_from_appointment_id",
    "ix_legs_to_appointment_id",
    "ix_payments_appointment_id",
    "ix_shifts_business_date",
    "ix_stock_movements_appointment_id",
}


@pytest.fixture
def medium_firm(database: DatabaseUrls, scratch: Scratch) -> Scratch:
    large.build(database.owner, SIZE, now=NOW, say=lambda _: None)
    seed.run(now=NOW, size=SIZE)
    scratch.sql("ANALYZE")
    return scratch


@contextmanager
def planned() -> Iterator[set[str]]:
    """The indexes in the plans of everything that is sent meanwhile."""
    used: set[str] = set()

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        plannable = statement.lstrip().split(None, 1)[0] in ("SELECT", "WITH", "UPDATE", "DELETE")
        if not plannable or isinstance(parameters, list):
            return
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            (plan,) = cursor.fetchone()
        used.update(_indexes(plan if isinstance(plan, list) else json.loads(plan)))

    event.listen(engine(), "before_cursor_execute", explain)
    try:
        yield used
    finally:
        event.remove(engine(), "before_cursor_execute", explain)


def _indexes(plan: Any) -> Iterator[str]:
    if isinstance(plan, list):
        for part in plan:
            yield from _indexes(part)
    elif isinstance(plan, dict):
        if "Index Name" in plan:
            yield plan["Index Name"]
        for part in plan.values():
            yield from _indexes(part)


def test_each_index_is_used_by_what_the_application_asks(medium_firm: Scratch) -> None:
    def reads(session: Session) -> None:
        client = medium_firm.one("SELECT client_id FROM appointments GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        visit = medium_firm.one("SELECT max(id) FROM appointments WHERE state = 'completed'")
        therapist = medium_firm.one("SELECT person_id FROM assignments WHERE progress = 'in_session' LIMIT 1")
        driver = medium_firm.one("SELECT driver_id FROM legs WHERE state = 'under_way' LIMIT 1")
        board(session, now=NOW)
        detail(session, visit, now=NOW)
        own_night(session, therapist, now=NOW)
        own_night(session, driver, now=NOW)
        card(session, client)
        wanted = Wanted(EVENING, NOW + timedelta(hours=1), NOW + timedelta(hours=2), client_id=client)
        candidates(session, wanted, now=NOW)
        candidates(session, wanted, now=NOW, only=[therapist])

    def changes(session: Session) -> None:
        operator = Actor(medium_firm.one("SELECT id FROM people WHERE username = 'ana'"), Role.OPERATOR, "Ana")
        visit = medium_firm.one("SELECT max(id) FROM appointments WHERE state = 'driver_confirmed'")
        cancel(session, operator, visit, reason="Called off.", now=NOW)
        grow_overdue(session, now=NOW + timedelta(minutes=20))

    with planned() as used:
        run(reads)
        run(changes)
        outbox.sweep(engine())
    assert sorted(EARNED - used) == []
