"""A firm of the promised size: written by the database itself, so that a million clients take seconds."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2

from guitara_app.accounts.rules import new_token, token_hash
from guitara_app.demo.hours import Evening, as_settings, evening_for
from guitara_app.demo.names import FIRST_NAMES, LAST_NAMES
from guitara_app.firm.queries import FirmSettings

THERAPISTS = 200
# Of an evening's visits each therapist has one in its first hours; these many have a second one later.
SECOND_JOBS = 70
OPERATORS = 100
_DRIVERS = 30
_PER_EVENING = THERAPISTS + SECOND_JOBS
_SLOW_TO_KEEP = (
    "clients", "client_addresses", "appointments", "assignments", "appointment_services", "payments", "legs"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is."""

    appointments: int
    clients: int


WHOLE = Size(200_000, 1_000_000)
QUICK = Size(20_000, 50_000)


@dataclass(frozen=True, slots=True)
class Firm:
    """What the measurements need to know of it."""

    evening: Evening
    therapists: list[int]
    service: int
    client: int
    address: int
    operator: int
    cookies: list[str]


def fill(superuser_url: str, size: Size, *, now: datetime) -> Firm:
    """Write the firm into an empty, migrated database."""
    evening = evening_for(now, FirmSettings())
    with closing(psycopg2.connect(superuser_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(
                # Foreign keys of rows made to fit each other need not be looked up one by one.
                "SET session_replication_role = replica; SET synchronous_commit = off; SET timezone = 'UTC';"
                "SET maintenance_work_mem = '256MB'; SET work_mem = '64MB'"
            )
            rebuilt = _put_indexes_aside(cursor)
            cookies = _people(cursor, evening, now)
            cursor.execute(
                _CLIENTS,
                {
                    "many": size.clients,
                    "first": list(FIRST_NAMES),
                    "firsts": len(FIRST_NAMES),
                    "last": list(LAST_NAMES),
                    "lasts": len(LAST_NAMES),
                },
            )
            cursor.execute(
                _VISITS,
                {
                    "evenings": -(-size.appointments // _PER_EVENING),
                    "per_evening": _PER_EVENING,
                    "therapists": THERAPISTS,
                    "clients": size.clients,
                    "opens": evening.opens_at,
                    "day": evening.day,
                    "now": now,
                },
            )
            for statement in _PARTS.split(";"):
                cursor.execute(statement)
            for statement in rebuilt:
                cursor.execute(statement)
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SELECT array_agg(id ORDER BY id) FROM people WHERE role = 'therapist'")
            therapists = cursor.fetchone()[0]
            cursor.execute("SELECT id FROM people WHERE role = 'operator' LIMIT 1")
            operator = cursor.fetchone()[0]
            cursor.execute("SELECT client_id, id FROM client_addresses ORDER BY id DESC LIMIT 1")
            client, address = cursor.fetchone()
    return Firm(evening, therapists, 1, client, address, operator, cookies)


def _people(cursor: Any, evening: Evening, now: datetime) -> list[str]:
    cursor.execute(_FIRM, {"therapists": THERAPISTS, "drivers": _DRIVERS, "operators": OPERATORS})
    for key, clock in as_settings(evening.calendar).items():
        cursor.execute("INSERT INTO settings (key, value) VALUES (%s, to_jsonb(%s::text))", (key, clock))
    cursor.execute(
        "INSERT INTO shifts (person_id, business_date, period, source, version)"
        " SELECT id, %(day)s, tstzrange(%(opens)s, %(closes)s, '[)'), 'by_hand', 1 FROM people"
        " WHERE role IN ('therapist', 'driver')",
        {"day": evening.day, "opens": evening.opens_at, "closes": evening.closes_at},
    )
    tokens = [new_token() for _ in range(OPERATORS)]
    cursor.execute(
        "INSERT INTO login_sessions (person_id, token_hash, expires_at)"
        " SELECT p.id, h.hash, %s + interval '1 day' FROM unnest(%s) WITH ORDINALITY h (hash, number)"
        " JOIN people p ON p.username = 'o' || h.number",
        (now, [token_hash(token) for token in tokens]),
    )
    return [f"sid={token}" for token in tokens]


def _put_indexes_aside(cursor: Any) -> list[str]:
    """Drop what is faster to build once than to keep up row by row; returns the statements that bring it back."""
    cursor.execute(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'x' AND conrelid::regclass::text = ANY(%s)",
        (list(_SLOW_TO_KEEP),),
    )
    rebuilt = []
    for table, name, definition in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        rebuilt.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    cursor.execute(
        "SELECT i.indexrelid::regclass, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE NOT i.indisprimary AND i.indrelid::regclass::text = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        (list(_SLOW_TO_KEEP),),
    )
    for name, definition in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")
        rebuilt.append(definition)
    return rebuilt


_FIRM = """
INSERT INTO zones (name) VALUES ('1');
INSERT INTO localities (name, zone_id) SELECT 'Town ' || n, 1 FROM generate_series(1, 8) n;
INSERT INTO services (name, minutes, price, buffer_minutes, active, version)
  SELECT 'Service ' || n, 60, 500, 0, true, 1 FROM generate_series(1, 7) n;
INSERT INTO people (username, name, role, vehicle, failed_sign_ins, is_demo, version)
  SELECT 't' || n, 'Therapist ' || n, 'therapist', NULL, 0, false, 1 FROM generate_series(1, %(therapists)s) n
  UNION ALL SELECT 'd' || n, 'Driver ' || n, 'driver', 'car', 0, false, 1 FROM generate_series(1, %(drivers)s) n
  UNION ALL SELECT 'o' || n, 'Operator ' || n, 'operator', NULL, 0, false, 1 FROM generate_series(1, %(operators)s) n
"""

# Half of the names are common and half are rare, as in a telephone book: both kinds have to be found fast.
_CLIENTS = """
INSERT INTO clients (name, phone, email, version)
  SELECT (%(first)s::text[])[1 + (n * 7919::bigint / 13) %% %(firsts)s] || ' '
    || CASE WHEN n %% 2 = 0 THEN (%(last)s::text[])[1 + (n * 104729::bigint / 17) %% %(lasts)s]
       ELSE initcap(translate(substr(md5(n::text), 1, 8), '0123456789', 'aeioulnrst')) END,
    '+639' || lpad(((n * 7919::bigint) %% 1000000000)::text, 9, '0'),
    CASE WHEN n %% 5 < 2 THEN 'client' || n || '@mail.example' END, 1
  FROM generate_series(1, %(many)s) n;
INSERT INTO client_addresses (client_id, line, locality_id)
  SELECT id, id %% 240 || ' Main Street', 1 + id %% 8 FROM clients
"""

# Every evening is alike: each therapist has a visit in its first five hours, some a second one from its sixth hour on.
_VISITS = """
INSERT INTO appointments (client_id, address_id, business_date, starts_at, ends_at, state, driver_needed, car_needed,
  price, booked_at, booked_by_id, closed_at, version)
SELECT client, client, %(day)s::date - ago, starts_at, starts_at + interval '1 hour',
  CASE WHEN starts_at + interval '80 minutes' < %(now)s THEN 'completed'
       WHEN starts_at + interval '58 minutes' < %(now)s THEN 'awaiting_payment'
       WHEN starts_at < %(now)s THEN 'in_session' ELSE 'therapist_confirmed' END,
  job %% 5 > 0, false, 500, starts_at - interval '3 hours', 1,
  CASE WHEN starts_at + interval '80 minutes' < %(now)s THEN starts_at + interval '75 minutes' END, 1
FROM (SELECT ago, job, 1 + (ago * 7919 + job * 104729::bigint) %% %(clients)s AS client,
    %(opens)s::timestamptz - make_interval(days => ago)
    + CASE WHEN job < %(therapists)s THEN make_interval(mins => 15 * (job %% 16))
      ELSE make_interval(hours => 6, mins => 15 * (job %% 12)) END AS starts_at
  FROM generate_series(0, %(evenings)s - 1) ago, generate_series(0, %(per_evening)s - 1) job
  ORDER BY ago DESC, job) x
"""
_PARTS = f"""
INSERT INTO appointment_services (appointment_id, service_id, minutes, price)
  SELECT id, 1 + id % 7, 60, 500 FROM appointments;
INSERT INTO assignments (appointment_id, person_id, answer, progress, offered_at, answered_at, planned_start,
    planned_end, turnaround_minutes, occupied, session_started_at, session_ended_at, payment_requested_at,
    materials_reported_at, released_at, pickup_urgent, version)
  SELECT id, 1 + ((id - 1) % {_PER_EVENING}) % {THERAPISTS},
    CASE WHEN state IN ('completed', 'awaiting_payment') THEN 'released' ELSE 'accepted' END,
    CASE WHEN state IN ('completed', 'awaiting_payment') THEN 'ended' WHEN state = 'in_session' THEN state
      ELSE 'waiting' END,
    booked_at, booked_at, starts_at, ends_at, 0, tstzrange(starts_at, CASE WHEN state IN ('completed',
      'awaiting_payment') THEN ends_at - interval '3 minutes' ELSE ends_at END, '[)'),
    CASE WHEN state <> 'therapist_confirmed' THEN starts_at END,
    CASE WHEN state IN ('completed', 'awaiting_payment') THEN ends_at - interval '3 minutes' END,
    CASE WHEN state IN ('completed', 'awaiting_payment') THEN ends_at END, closed_at,
    CASE WHEN state IN ('completed', 'awaiting_payment') THEN ends_at - interval '3 minutes' END, false, 1
  FROM appointments;
INSERT INTO payments (appointment_id, kind, method, amount, happened_at, verified_by_id)
  SELECT id, 'payment', 'cash', 500, closed_at, 1 FROM appointments WHERE state = 'completed'
"""
