"""Taking a guard away and putting it back, and counting double bookings without any help of the guard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg2
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from guitara_app.appointments.services import grow_overdue
from guitara_app.appointments.words import LegState, Progress
from guitara_app.kit.database import transaction
from guitara_app.settings import with_driver
from tests.support.firm import NOW, Firm, leg_row, manila, seat_row, visit_row

GUARD_OF = {"assignments": "assignments_never_overlap", "legs": "legs_never_overlap"}

# No range operator and no index: two half-open ranges overlap when each begins before the other ends.
_PAIRS = {
    "assignments": "SELECT count(*) FROM assignments a JOIN assignments b ON a.person_id = b.person_id AND a.id < b.id"
    " WHERE a.answer IN ('offered', 'accepted') AND b.answer IN ('offered', 'accepted')"
    " AND a.released_at IS NULL AND b.released_at IS NULL"
    " AND lower(a.occupied) < upper(b.occupied) AND lower(b.occupied) < upper(a.occupied)",
    "legs": "SELECT count(*) FROM legs a JOIN legs b ON a.driver_id = b.driver_id AND a.id < b.id"
    " WHERE a.state IN ('offered', 'accepted', 'under_way') AND b.state IN ('offered', 'accepted', 'under_way')"
    " AND lower(a.occupied) < upper(b.occupied) AND lower(b.occupied) < upper(a.occupied)",
}


def double_bookings(owner_url: str, table: str = "assignments") -> int:
    """Pairs of live rows of one person that overlap."""
    return int(scalar(owner_url, _PAIRS[table]))


def scalar(url: str, statement: str) -> object:
    """The first value of a statement, run past the application."""
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        (value,) = cursor.fetchone()
    connection.close()
    return value


def definition(owner_url: str, name: str) -> str:
    """What PostgreSQL itself says the guard is."""
    return str(scalar(owner_url, f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{name}'"))


@contextmanager
def guard_off(owner_url: str, table: str) -> Iterator[None]:
    """No exclusion constraint on ``table`` inside; afterwards no visits, and the very same constraint again."""
    name = GUARD_OF[table]
    was = definition(owner_url, name)
    assert was.startswith("EXCLUDE USING gist"), was
    as_owner(owner_url, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    try:
        yield
    finally:
        as_owner(owner_url, "TRUNCATE appointments CASCADE", f"ALTER TABLE {table} ADD CONSTRAINT {name} {was}")
    assert definition(owner_url, name) == was


def as_owner(owner_url: str, *statements: str) -> None:
    """Run these together, with the rights a migration has."""
    engine = create_engine(with_driver(owner_url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@dataclass(frozen=True)
class Job:
    """A job of one or more therapists, or of a driver, from when to when in the evening of the firm."""

    people: tuple[int, ...]
    start: datetime
    end: datetime
    driver: bool = False
    # In session or under way, and seen by the clock at this moment before the next job is tried.
    seen_at: datetime | None = None

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds() // 60)

    def write(self, session: Session, firm: Firm) -> None:
        """Straight into the tables, past every service."""
        if self.driver:
            under_way = {"state": LegState.UNDER_WAY, "departed_at": self.start} if self.seen_at else {}
            leg_row(session, firm, self.people[0], self.start, self.end, **under_way)
            return
        visit = visit_row(session, firm, self.start, self.end)
        begun = {"progress": Progress.IN_SESSION, "session_started_at": self.start} if self.seen_at else {}
        for person in self.people:
            seat_row(session, firm, person, self.start, self.end, visit=visit, **begun)

    def save(self, firm: Firm) -> None:
        """``write`` in a transaction of its own; then the clock looks at it."""
        with transaction() as session:
            self.write(session, firm)
        if self.seen_at is not None:
            with transaction() as session:
                assert grow_overdue(session, now=self.seen_at) == len(self.people)

    def book(self, firm: Firm, *, now: datetime | None = None, **more: object) -> int:
        """Through the service, as the booking form does, at ``now`` (20:00 unless said otherwise)."""
        start = (self.start.hour * 60 + self.start.minute + 8 * 60) % (24 * 60)
        clock = datetime(2000, 1, 1, start // 60, start % 60).time()  # noqa: DTZ001  a wall clock
        return firm.book(*self.people, start=clock, minutes=self.minutes, now=now or NOW, **more)


def one(hour: int, minute: int, until: int, until_minute: int, *people: int, **more: object) -> Job:
    """A job between two clock times; hours from 24 on are past midnight."""
    return Job(people or (0,), manila(hour, minute), manila(until, until_minute), **more)  # type: ignore[arg-type]  # as given


CLASHING = {
    "single, same time": (one(21, 0, 22, 0), one(21, 0, 22, 0)),
    "single, last minute": (one(21, 0, 22, 0), one(21, 59, 22, 59)),
    "single, first minute": (one(21, 0, 22, 0), one(20, 1, 21, 1)),
    "single, inside": (one(20, 0, 23, 0), one(21, 0, 22, 0)),
    "single, around": (one(21, 0, 22, 0), one(20, 0, 23, 0)),
    "past midnight": (one(23, 30, 24, 30), one(24, 0, 25, 0)),
    "past midnight, the other way round": (one(24, 0, 25, 0), one(23, 30, 24, 30)),
    "group, all of them": (one(21, 0, 22, 0, 0, 1, 2), one(21, 30, 22, 30, 2, 1, 0)),
    "one of a group against a single": (one(21, 0, 22, 0, 0, 1, 2), one(21, 0, 22, 0, 1)),
    "one of a group against another's": (one(21, 0, 22, 0, 0, 1), one(21, 30, 22, 30, 3, 1)),
    "overrunning session": (one(20, 0, 21, 0, seen_at=manila(21, 20)), one(21, 24, 22, 0)),
    "driver": (one(21, 0, 22, 0, driver=True), one(21, 30, 22, 30, driver=True)),
    "driver past midnight": (one(23, 30, 24, 30, driver=True), one(24, 0, 25, 0, driver=True)),
    "overrunning drive": (one(20, 0, 21, 0, driver=True, seen_at=manila(21, 20)), one(21, 24, 22, 0, driver=True)),
}

NOT_CLASHING = {
    "back to back": (one(21, 0, 22, 0), one(22, 0, 23, 0)),
    "back to back, the other way round": (one(22, 0, 23, 0), one(21, 0, 22, 0)),
    "back to back at midnight": (one(23, 0, 24, 0), one(24, 0, 25, 0)),
    "different people": (one(21, 0, 22, 0, 0), one(21, 0, 22, 0, 1)),
    "groups without a common one": (one(21, 0, 22, 0, 0, 1), one(21, 0, 22, 0, 2, 3)),
    "at the grown end": (one(20, 0, 21, 0, seen_at=manila(21, 20)), one(21, 25, 22, 0)),
    "driver, back to back": (one(21, 0, 22, 0, driver=True), one(22, 0, 23, 0, driver=True)),
    "different drivers": (one(21, 0, 22, 0, 0, driver=True), one(21, 0, 22, 0, 1, driver=True)),
}
