"""The firm that is measured: the large one, with an evening that is told anew, and what the measurements use of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg2

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.rules import new_token, token_hash
from guitara_app.appointments.requests import BookingRequest
from guitara_app.demo import seed
from guitara_app.demo.sizes import Size
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.time import Calendar, bounds, now

# More than the way from the job before and to the one after.
_APART = timedelta(minutes=60)
_LENGTH = timedelta(hours=1)
_SOON = timedelta(minutes=40)
_PAGES_OF_ONE = 30


@dataclass(frozen=True, slots=True)
class Firm:
    """What the measurements need to know of it."""

    calendar: Calendar
    day: date
    therapists: list[int]
    drivers: list[int]
    service: int
    # Clients without a visit tonight, each with an address.
    clients: list[tuple[int, int]]
    operator: Actor
    cookies: list[str]
    driver_cookies: list[str]
    manager_cookie: str

    @property
    def opens_at(self) -> datetime:
        """When the evening began."""
        opens = self.calendar.open_period(self.day).lower
        assert opens is not None
        return opens

    def starts_at(self, number: int) -> datetime:
        """One quarter hour of the evening after the other."""
        return self.opens_at + timedelta(minutes=15 * (number % 40))

    def person(self, number: int) -> int:
        """One therapist after the other."""
        return self.therapists[(number * 37) % len(self.therapists)]

    def request(self, number: int, person: int, starts_at: datetime) -> BookingRequest:
        """An hour of ``person`` for a client who has nothing booked."""
        client, address = self.clients[number % len(self.clients)]
        return BookingRequest(
            client_id=client,
            address_id=address,
            service_ids=[self.service],
            therapist_ids=[person],
            evening=self.calendar.business_date(starts_at),
            start=self.calendar.local(starts_at).time().replace(tzinfo=None),
            driver_needed=False,
            off_shift_reason="measured",
        )


def open_firm(superuser_url: str, size: Size, *, pages: int) -> Firm:
    """Tell this evening into the copy, and sign ``pages`` browsers in."""
    seed.run(now=now(), size=size)
    with reading() as session:
        calendar = firm_settings(session).calendar
    with closing(psycopg2.connect(superuser_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        operators = _column(cursor, "SELECT id FROM people WHERE role = 'operator' ORDER BY id")
        cursor.execute(
            "SELECT d.client_id, d.id FROM client_addresses d WHERE NOT EXISTS (SELECT FROM appointments a"
            " WHERE a.client_id = d.client_id AND a.closed_at IS NULL) ORDER BY d.id DESC LIMIT 5000"
        )
        clients = cursor.fetchall()
        drivers = _column(cursor, "SELECT id FROM people WHERE role = 'driver' ORDER BY id")
        firm = Firm(
            calendar=calendar,
            day=calendar.business_date(now()),
            therapists=_column(cursor, "SELECT id FROM people WHERE role = 'therapist' ORDER BY id"),
            drivers=drivers,
            service=_column(cursor, "SELECT id FROM services WHERE minutes = 60 ORDER BY id LIMIT 1")[0],
            clients=clients,
            operator=Actor(operators[0], Role.OPERATOR, "Operator"),
            cookies=_signed_in(cursor, operators, pages),
            driver_cookies=_signed_in(cursor, drivers, len(drivers)),
            manager_cookie=_signed_in(cursor, _column(cursor, "SELECT id FROM people WHERE role = 'manager'"), 1)[0],
        )
        # As it would stand after a night of work, whose rows the autovacuum has seen.
        cursor.execute("VACUUM ANALYZE")
    return firm


def more_desk(superuser_url: str, pages: int) -> list[str]:
    """Sign ``pages`` browsers in, of so many operators that nobody has more open than one person may."""
    with closing(psycopg2.connect(superuser_url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
            " SELECT 'desk' || n, 'Desk ' || n, 'operator', 0, true, 1 FROM generate_series(1, %s) n"
            " ON CONFLICT DO NOTHING",
            (1 + pages // _PAGES_OF_ONE,),
        )
        return _signed_in(cursor, _column(cursor, "SELECT id FROM people WHERE username ~ '^desk[0-9]+$'"), pages)


def free_slots(firm: Firm, *, tomorrow: bool = False) -> Iterator[BookingRequest]:
    """Requests for what is left of tonight, or for tomorrow, therapist after therapist, none in another's way."""
    taken: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    with reading() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT person_id, lower(occupied), upper(occupied) FROM assignments"
            " WHERE answer IN ('offered', 'accepted') AND released_at IS NULL"
        )
        for person, start, end in rows:
            taken[person].append((start, end))
    opens, closes = bounds(firm.calendar.open_period(firm.day + timedelta(days=tomorrow)))
    starts_at, number = (opens if tomorrow else _next_quarter(now() + _SOON)), 0
    while starts_at < closes:
        for person in firm.therapists:
            if all(starts_at + _LENGTH + _APART <= start or end + _APART <= starts_at for start, end in taken[person]):
                taken[person].append((starts_at, starts_at + _LENGTH))
                yield firm.request(number, person, starts_at)
                number += 1
        starts_at += timedelta(minutes=15)


def _column(cursor: Any, statement: str) -> list[int]:
    cursor.execute(statement)
    return [row[0] for row in cursor.fetchall()]


def _signed_in(cursor: Any, people: list[int], many: int) -> list[str]:
    tokens = [new_token() for _ in range(many)]
    cursor.executemany(
        "INSERT INTO login_sessions (person_id, token_hash, expires_at) VALUES (%s, %s, now() + interval '1 day')",
        [(people[number % len(people)], token_hash(token)) for number, token in enumerate(tokens)],
    )
    return [f"sid={token}" for token in tokens]


def _next_quarter(at: datetime) -> datetime:
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0) + timedelta(minutes=15)
