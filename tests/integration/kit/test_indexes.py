"""The indexes of the visits earn their keep: at some thousand visits, the application's own statements are planned with
them.

The statements are caught as they are sent, and PostgreSQL is asked how it would go about each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries import board, detail, due, own_night
from guitara_app.appointments.queries.candidates import Wanted, candidates
from guitara_app.appointments.queries.drivers import takeable_trips
from guitara_app.appointments.queries.finding import find_everywhere
from guitara_app.appointments.queries.listing import ListAsk, history, listed
from guitara_app.appointments.queries.sheet import sheet
from guitara_app.appointments.queries.staff import staff
from guitara_app.appointments.services import cancel, grow_overdue
from guitara_app.clients.queries import card
from guitara_app.demo import large, seed
from guitara_app.demo.sizes import LARGE
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import outbox
from guitara_app.kit.database import engine, run, transaction
from guitara_app.kit.events import month_key, week_key
from guitara_app.kit.planned import execute_as, is_planned_once, prepare_as
from guitara_app.live.readers import READERS
from guitara_app.live.scopes import Kind
from guitara_app.notifications.queries import Filters, notices
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
# Used as well, by what this evening does not ask for, or so little is there that the table is read instead.
JUSTIFIED = {
    "ix_booking_series_client_id": "what a client has again and again who is merged into another",
    "ix_booking_series_next": "series whose next evening has come within reach",
    "ix_series_gaps_open": "evenings of series that wait for the desk",
    "ix_alarms_appointment_id": "a visit's calls for help",
    "ix_alarms_open": "calls for help that nobody has taken",
    "ix_api_tokens_person_id": "the profile's tokens",
    "ix_appointments_starts_at_id": "the API's list, by start",
    "ix_appointments_state_starts_at": "visits that nobody has answered by their start",
    "ix_assignments_due": "answers that are due",
    "ix_clashes_open": "clashes that need the desk",
    "ix_client_phones_client_id": "a client's other phones",
    "ix_client_phones_search": "any part of another phone",
    "ix_clients_email_prefix": "the same mailbox",
    "ix_clients_merged": "who was merged into a client",
    "ix_clients_name": "the list of clients, and namesakes",
    "ix_clients_phone_end": "the end of a phone",
    "ix_clients_phone_prefix": "the beginning of a phone",
    "ix_clients_search": "any part of a name",
    "ix_clients_surname": "the beginning of a surname",
    "ix_event_details_words": "the audit trail's search",
    "ix_events_actor_id": "what somebody did",
    "ix_events_client_id": "a client's own history",
    "ix_events_door": "what came over the API or the console",
    "ix_events_kind": "events of one kind",
    "ix_events_person_id": "who changed somebody's hours last",
    "ix_events_recorded_at": "events of some days",
    "ix_import_rows_fate": "rows of one fate in the dry run of an import",
    "ix_imports_made_by_id": "somebody's present import",
    "ix_imports_running": "imports that a worker goes on with",
    "ix_kept_answers_made_at": "answers to forget",
    "ix_leg_offers_due": "drivers' answers that are due",
    "ix_leg_passengers_assignment_id": "whose trips a place rides on",
    "ix_legs_waiting": "trips to search for, in their order",
    "ix_login_sessions_expires_at": "sessions to forget",
    "ix_login_sessions_person_id": "the profile's browsers",
    "ix_notifications_mail_due": "letters that are due",
    "ix_notifications_person_id": "one's own list",
    "ix_notifications_told_at": "notifications to forget",
    "ix_notifications_unread": "one's own count",
    "ix_people_role_active": "whoever can be asked",
    "ix_receipts_appointment_id": "a visit's receipts",
    "ix_receipts_sha256": "the same picture twice",
    "ix_reviews_appointment_id": "a visit's reviews",
    "ix_reviews_waiting": "reviews that need the desk",
    "ix_stock_movements_item_id": "an item's ledger",
    "ix_time_off_asked": "requests that wait",
    "ix_time_off_person_id": "a person's time off",
    "ix_wishes_client_id": "what a client waits for who is merged into another",
    "ix_wishes_waiting": "who waits for a slot, the longest first",
}
BIG = 4_000


@pytest.fixture
def medium_firm(database: DatabaseUrls, scratch: Scratch) -> Scratch:
    large.build(database.owner, SIZE, now=NOW, say=lambda _: None)
    seed.run(now=NOW, size=SIZE)
    scratch.sql("ANALYZE")
    return scratch


class Plans(NamedTuple):
    """What the plans of some statements use: indexes, and tables that they read from end to end."""

    indexes: set[str]
    scanned: set[str]


@contextmanager
def planned() -> Iterator[Plans]:
    """The plans of everything that is sent meanwhile."""
    used = Plans(set(), set())

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool) -> None:
        plannable = statement.lstrip().split(None, 1)[0] in ("SELECT", "WITH", "UPDATE", "DELETE")
        if not plannable or isinstance(parameters, list):
            return
        with connection.connection.cursor() as cursor:
            if is_planned_once(context):
                # The plan for any values, which is the one that runs.
                cursor.execute(prepare_as("explained", statement, parameters))
                statement, parameters = execute_as("explained", parameters)
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            (plan,) = cursor.fetchone()
            cursor.execute("DEALLOCATE ALL")
            connection.info.pop("plans", None)
        _take(plan if isinstance(plan, list) else json.loads(plan), used)

    event.listen(engine(), "before_cursor_execute", explain)
    try:
        yield used
    finally:
        event.remove(engine(), "before_cursor_execute", explain)


def _take(plan: Any, into: Plans) -> None:
    if isinstance(plan, list):
        for part in plan:
            _take(part, into)
    elif isinstance(plan, dict):
        if "Index Name" in plan:
            into.indexes.add(plan["Index Name"])
        elif str(plan.get("Node Type")).endswith("Seq Scan"):
            into.scanned.add(plan["Relation Name"])
        for part in plan.values():
            _take(part, into)


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
    assert sorted(EARNED - used.indexes) == []


def test_no_page_list_or_task_reads_a_large_table_from_end_to_end(medium_firm: Scratch) -> None:
    keys = {
        Kind.APPOINTMENT: "SELECT max(id) FROM appointments WHERE state = 'completed'",
        Kind.PERSON: "SELECT person_id FROM assignments WHERE progress = 'in_session' LIMIT 1",
        Kind.CLIENT: "SELECT client_id FROM appointments GROUP BY 1 ORDER BY count(*) DESC LIMIT 1",
    }
    person = medium_firm.one(keys[Kind.PERSON])
    # So small a firm is half in one week of now; how a plan is read shows where there is little of it.
    ahead = EVENING + timedelta(days=50)
    days = {Kind.SHIFTS: EVENING.toordinal(), Kind.WEEK: week_key(ahead), Kind.MONTH: month_key(ahead)}

    def key_of(kind: Kind) -> int:
        return int(medium_firm.one(keys[kind])) if kind in keys else person

    finders = (due.due_searches, due.due_leg_answers, due.due_answers, due.unanswered_visits)
    others: dict[str, Callable[[Session], object]] = {
        "sheet": lambda session: sheet(session, EVENING, now=NOW),
        "staff": lambda session: staff(session, now=NOW),
        "palette": lambda session: find_everywhere(session, "maria", now=NOW),
        "list": lambda session: listed(session, ListAsk(), limit=51),
        "own list": lambda session: listed(session, ListAsk(person_id=person), limit=51),
        "latest": lambda session: listed(session, ListAsk(latest_first=True), limit=51),
        "history": lambda session: history(session, key_of(Kind.APPOINTMENT)),
        "notices": lambda session: notices(session, person, Filters(), now=NOW, limit=51),
        "waiting trips": lambda session: takeable_trips(session, now=NOW),
        **{find.__name__: partial(find, now=NOW, limit=100) for find in finders},
    }
    for kind, reader in READERS.items():
        key = days.get(kind) or key_of(kind)
        others[f"scope {kind}"] = lambda session, reader=reader, key=key: reader(session, key, NOW)
    sizes = medium_firm.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", BIG)
    large = {name for (name,) in sizes}
    assert {"clients", "client_addresses", "events", "stock_movements"} <= large
    found = {}
    for name, read in others.items():
        with planned() as plans, transaction() as session:
            read(session)
        found[name] = sorted(plans.scanned & large)
    assert {name: tables for name, tables in found.items() if tables} == {}
    assert "scope desk" in found


def test_no_index_is_kept_that_nobody_uses(scratch: Scratch) -> None:
    plain = scratch.sql(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND NOT i.indisunique"
        " AND NOT i.indisexclusion"
    )
    assert {name for (name,) in plain} == EARNED | set(JUSTIFIED)


def test_no_index_says_what_another_says(scratch: Scratch) -> None:
    twice = scratch.sql(
        "SELECT a.indexrelid::regclass::text, b.indexrelid::regclass::text FROM pg_index a JOIN pg_index b"
        " ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid AND NOT a.indisunique"
        " AND a.indpred IS NULL AND b.indpred IS NULL AND a.indexprs IS NULL AND b.indexprs IS NULL"
        " AND left(b.indkey::text || ' ', length(a.indkey::text) + 1) = a.indkey::text || ' '"
        " AND b.indclass[0] = a.indclass[0]"
    )
    assert twice == []
