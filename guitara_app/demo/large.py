"""A firm of the size the product promises to hold up at: its past and what is booked ahead, without a tonight.

Some weeks are told visit by visit, like the demo's; the database repeats them through two years. What slows loading
down is taken off the tables first and put back afterwards, so every key and every guard has looked at every row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg2
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from guitara_app.availability.services.materialising import materialise
from guitara_app.demo.cycles import FIRST_CLIENT, REPEATED, TOWNS, repeat
from guitara_app.demo.founding import found, weekly_patterns
from guitara_app.demo.history import tell_history
from guitara_app.demo.hours import evening_for, whole_evening
from guitara_app.demo.names import FIRST_NAMES, LAST_NAMES, PREFIXES, STREETS
from guitara_app.demo.rows import Rows
from guitara_app.demo.seed import FLAG, keep, keep_played, lay_out
from guitara_app.demo.sizes import Size
from guitara_app.demo.stockroom import Stockroom
from guitara_app.demo.teller import Teller, minutes
from guitara_app.demo.world import world_of
from guitara_app.firm.queries import FirmSettings
from guitara_app.kit.statements import text
from guitara_app.kit.time import Calendar
from guitara_app.settings import PROJECT, with_driver

Say = Callable[[str], None]

_BUILT = "large_firm"
_KEPT_FOR = timedelta(days=30)
_LEAST_BOOKED, _MOST_BOOKED = 10, 110


def fingerprint(size: Size) -> str:
    """Changes with the schema, with what is told of such a firm, and with its size."""
    told = hashlib.sha256(repr(size).encode())
    for file in sorted([*Path(__file__).parent.glob("*.py"), *(PROJECT / "alembic" / "versions").glob("*.py")]):
        told.update(file.read_bytes())
    return told.hexdigest()


def is_built(url: str, size: Size, *, now: datetime) -> bool:
    """Whether the database holds this firm, whole, as it would be made today."""
    try:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT value FROM settings WHERE key = %s", (_BUILT,))
            row = cursor.fetchone()
    except psycopg2.Error:
        return False
    return (
        row is not None
        and row[0]["fingerprint"] == fingerprint(size)
        and now - datetime.fromisoformat(row[0]["at"]) < _KEPT_FOR
    )


def build(owner_url: str, size: Size, *, now: datetime, say: Say) -> None:
    """Write the firm into an empty, migrated database, as the owner of its tables."""
    now = now.replace(microsecond=0)
    tonight, made_as = _tonight(now), fingerprint(size)
    engine = create_engine(with_driver(owner_url))
    with closing(psycopg2.connect(owner_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SET timezone = 'UTC'; SET synchronous_commit = off; SET maintenance_work_mem = '256MB';"
            "SET work_mem = '64MB'"
        )
        put_back = _put_aside(cursor)
        connection.commit()
        say(f"telling {size.evenings} evenings")
        with Session(engine) as session:
            random = Random(f"guitara {size.name}")  # noqa: S311  made-up data
            found(session, size, now=now, random=random)
            teller = _teller(session, size, random, now)
            tell_history(teller, size, FirmSettings().calendar, tonight, now=now)
            teller.stock.refill(now)
            _write(teller)
            session.commit()
        say(f"{size.clients:,} clients")
        _add_clients(cursor, size, now)
        say(f"{size.cycles} times {size.evenings} evenings")
        repeat(cursor, cycles=size.cycles, days=size.evenings, clients=size.clients)
        cursor.execute(_LAST_USED)
        connection.commit()
        say("indexes, keys and guards, which look at every row")
        for statement in put_back:
            cursor.execute(statement)
            connection.commit()
        connection.autocommit = True
        cursor.execute("VACUUM ANALYZE")
        say(f"{size.ahead} evenings ahead")
        with Session(engine) as session:
            _tell_ahead(session, size, random, now)
            keep(session, _BUILT, value={"fingerprint": made_as, "at": now.isoformat()})
            keep(session, FLAG, value=True)
            session.commit()
        cursor.execute("VACUUM ANALYZE appointments, assignments, legs, shifts")
    engine.dispose()


def _tonight(now: datetime) -> date:
    """The evening that will be told: early in the morning it is still yesterday's."""
    usual = FirmSettings()
    return min(usual.calendar.business_date(now), evening_for(now, usual).day)


def _teller(session: Session, size: Size, random: Random, since: datetime) -> Teller:
    rows = Rows(session)
    world = world_of(session, since=since, random=random, homes=size.homes)
    return Teller(rows, world, Stockroom(session, rows, random), random, since.date())


def _write(teller: Teller) -> None:
    teller.rows.write()
    teller.stock.write()


def _tell_ahead(session: Session, size: Size, random: Random, now: datetime) -> None:
    """What is booked already: much for tomorrow, less and less after it. Nothing is packed before its evening."""
    calendar, tonight = FirmSettings().calendar, _tonight(now)
    _plan_shifts(session, calendar, random, now)
    teller = _teller(session, size, random, now)
    for ahead in range(1, size.ahead + 1):
        evening = whole_evening(calendar, tonight + timedelta(days=ahead))
        teller.day = evening.day
        teller.world.clients_out.clear()
        quarters = (evening.closes_at - evening.opens_at - minutes(90)) // minutes(15)
        near = (size.ahead - ahead) / size.ahead
        for _ in range(_LEAST_BOOKED + round((_MOST_BOOKED - _LEAST_BOOKED) * near**2)):
            booked_at = now - minutes(random.randrange(30, 7 * 24 * 60))
            told = teller.book(
                evening.opens_at + minutes(15 * random.randrange(quarters)),
                [random.choice(sorted(teller.world.services))],
                booked_at=booked_at,
                driven=random.random() < 0.6,
                packed=False,
            )
            if told is not None:
                told.accept_all(booked_at + minutes(random.randint(3, 25)))
    _write(teller)
    lay_out(session, list(teller.world.therapists.values()), now=now)
    # The next start finds that everything up to yesterday's end has been told.
    keep_played(session, whole_evening(calendar, tonight - timedelta(days=1)))


def _plan_shifts(session: Session, calendar: Calendar, random: Random, now: datetime) -> None:
    rows = Rows(session)
    field = list(session.scalars(text("SELECT id FROM people WHERE role IN ('therapist', 'driver') ORDER BY id")))
    weekly_patterns(rows, field, calendar, random)
    rows.write()
    for person in field:
        materialise(session, person, now=now)


def _add_clients(cursor: Any, size: Size, now: datetime) -> None:
    cursor.execute(
        _CLIENTS,
        {
            "first": FIRST_CLIENT,
            "many": size.clients,
            "firsts": list(FIRST_NAMES),
            "lasts": list(LAST_NAMES),
            "prefixes": list(PREFIXES),
            "now": now,
        },
    )
    cursor.execute(_ADDRESSES, {"first": FIRST_CLIENT, "many": size.clients, "streets": list(STREETS), "towns": TOWNS})
    for table in ("clients", "client_addresses"):
        cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def _put_aside(cursor: Any) -> list[str]:
    """Drop every index and constraint that looks at each row; the statements that bring them back."""
    tables = [*REPEATED, "clients", "client_addresses"]
    cursor.execute(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('x', 'u', 'f') AND conrelid::regclass::text = ANY(%s) ORDER BY contype = 'f', conname",
        (tables,),
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT i.indexrelid::regclass, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE NOT i.indisprimary AND i.indrelid::regclass::text = ANY(%s)"
        " AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('x', 'u'))",
        (tables,),
    )
    indexes = cursor.fetchall()
    for table, name, _ in constraints:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    again = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in constraints]
    return [*(definition for _, definition in indexes), *again]


# Half of the names are common and half are rare, as in a telephone book: both kinds have to be found fast. The numbers
# are odd, where those that ``names`` makes up are even, so no two clients share one.
_CLIENTS = """
INSERT INTO clients (id, name, phone, email, preferred_therapist_id, created_at, version)
  SELECT n, (%(firsts)s::text[])[1 + (n * 7919::bigint / 13) %% cardinality(%(firsts)s::text[])] || ' '
    || CASE WHEN n %% 2 = 0 THEN (%(lasts)s::text[])[1 + (n * 104729::bigint / 17) %% cardinality(%(lasts)s::text[])]
       ELSE initcap(translate(substr(md5(n::text), 1, 8), '0123456789', 'aeioulnrst')) END,
    '+63' || (%(prefixes)s::text[])[1 + n %% cardinality(%(prefixes)s::text[])]
      || lpad((1 + 2 * (n / cardinality(%(prefixes)s::text[]) * 7919::bigint %% 5000000))::text, 7, '0'),
    CASE WHEN n %% 5 < 2 THEN 'client' || n || '@mail.example' END,
    CASE WHEN n %% 7 = 0 THEN (SELECT min(id) FROM people WHERE role = 'therapist') END,
    %(now)s - make_interval(days => n %% 730), 1
  FROM generate_series(%(first)s, %(first)s + %(many)s - 1) n
"""
_ADDRESSES = """
INSERT INTO client_addresses (id, client_id, line, locality_id)
  SELECT n, n, 1 + n %% 240 || ' ' || (%(streets)s::text[])[1 + n / 8 %% cardinality(%(streets)s::text[])] || ' St',
    1 + n %% %(towns)s
  FROM generate_series(%(first)s, %(first)s + %(many)s - 1) n
"""
_LAST_USED = """
UPDATE client_addresses d SET last_used_at = used.at
FROM (SELECT address_id, max(booked_at) AS at FROM appointments GROUP BY 1) used WHERE d.id = used.address_id
"""
