"""Through the services and against the tables: what is taken of people's time is what a walk along the clock says.

Bookings, moves, cancellations, sessions that begin early or late and run over, and a clock that moves on.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import (
    accept,
    book,
    cancel,
    change,
    end_session,
    extend,
    grow_overdue,
    start_session,
)
from guitara_app.clients.models import ClientAddress
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.firm.models import Locality, Zone
from guitara_app.kit.database import reading, run, transaction, use_pool
from guitara_app.kit.errors import Conflict, GuitaraError, Invalid
from tests.integration.guards.guard import as_owner, double_bookings
from tests.support.firm import EVENING, Firm, manila, open_firm
from tests.support.minute_grid import Stay, blocked, minute, short, walked

ZERO = manila(13)
LAST_START = 10 * 60
_LIVE = text(
    "SELECT g.*, a.address_id, l.zone_id FROM assignments g JOIN appointments a ON a.id = g.appointment_id"
    " JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id"
    " WHERE g.answer IN ('offered', 'accepted') AND g.released_at IS NULL ORDER BY g.id"
)


@dataclass
class Evening:
    """A firm, three places, and the time of day."""

    firm: Firm
    places: list[int]
    now: int = 0
    visits: list[int] = field(default_factory=list)

    @property
    def clock(self) -> datetime:
        return ZERO + timedelta(minutes=self.now)

    def live(self) -> list[Any]:
        with reading() as session:
            return list(session.execute(_LIVE))

    def stays(self, rows: list[Any], person: int) -> list[Stay]:
        return [self._expected(row) for row in rows if row.person_id == person]

    def _expected(self, row: Any) -> Stay:
        """An early start widens it, a late one ends later, an overdue job grows with the clock."""
        start, end = minute(row.planned_start, ZERO), minute(row.planned_end, ZERO)
        if row.session_started_at is not None:
            began = minute(row.session_started_at, ZERO)
            end = max(end, began + end - start + row.extension_minutes)
            start = min(start, began)
        if end <= self.now:
            end = self.now + 5
        place = (row.address_id, row.zone_id)
        return Stay(row.id, start, end, row.buffer_minutes, place, place, row.progress == "in_session")

    def agrees(self, owner_url: str) -> None:
        """The tables say what the walk says, for everybody."""
        run(lambda session: grow_overdue(session, now=self.clock))
        rows = self.live()
        clashes = {}
        for person in self.firm.therapists:
            mine = self.stays(rows, person)
            taken: dict[int, int] = {}
            for row in rows:
                if row.person_id == person:
                    lower, upper = minute(row.occupied.lower, ZERO), minute(row.occupied.upper, ZERO)
                    assert lower < upper, "a live job takes some time"
                    taken |= dict.fromkeys(range(lower, upper), row.id)
            assert taken == walked(mine)
            clashes |= short(mine)
        with reading() as session:
            open_ones = session.execute(
                text("SELECT assignment_id, next_assignment_id, minutes FROM clashes WHERE settled_at IS NULL")
            )
            assert {(row[0], row[1]): row[2] for row in open_ones} == clashes
        assert double_bookings(owner_url) == 0

    def book(self, who: int, start: int, length: int, place: int) -> None:
        at = (13 * 60 + start) % (24 * 60)
        request = self.firm.request(who, start=time(at // 60, at % 60), minutes=length, address_id=self.places[place])
        person = self.firm.therapists[who]
        zones = self._zones()
        where = (self.places[place], zones[self.places[place]])
        new = Stay(0, start, start + length, 0, where, where)
        refused = blocked(new, self.stays(self.live(), person))
        try:
            self.visits.append(run(lambda session: book(session, self.firm.operator, request, now=self.clock)))
        except Conflict:
            assert refused
        except Invalid as error:
            assert "has passed" in error.sentence
        else:
            assert not refused

    def move(self, visit: int, start: int) -> None:
        at = (13 * 60 + start) % (24 * 60)
        request = ChangeRequest(evening=EVENING, start=time(at // 60, at % 60))
        with suppress(GuitaraError):
            run(
                lambda session: change(
                    session, self.firm.operator, visit, request=request, reason="moved", now=self.clock
                )
            )

    def cancel(self, visit: int) -> None:
        """Never refused for anybody's time: only because the visit is over or its session has begun."""
        with reading() as session:
            state = session.execute(text("SELECT state FROM appointments WHERE id = :v"), {"v": visit}).scalar()
        try:
            run(lambda session: cancel(session, self.firm.operator, visit, reason="off", now=self.clock))
        except GuitaraError:
            assert state not in ("pending", "therapist_confirmed")

    def begin(self, visit: int) -> None:
        """Everybody says yes and starts now, however early or late that is."""
        for row in [row for row in self.live() if row.appointment_id == visit and row.progress == "waiting"]:
            if row.answer == "offered":
                run(lambda s, r=row: accept(s, self.firm.operator, r.id, reason="phone", now=self.clock))
            busy = [r for r in self.live() if r.person_id == row.person_id and r.progress == "in_session"]
            try:
                run(lambda s, r=row: start_session(s, self.firm.operator, r.id, reason="phone", now=self.clock))
            except GuitaraError:
                assert busy, "what really happens is never refused because of the plan"

    def lengthen(self, visit: int, minutes: int) -> None:
        for row in [row for row in self.live() if row.appointment_id == visit and row.progress == "in_session"]:
            run(
                lambda s, r=row: extend(
                    s, self.firm.operator, r.id, minutes=minutes, price=Decimal(100), reason="asked", now=self.clock
                )
            )

    def end(self, visit: int) -> None:
        # A minute later: an end told at the very moment of an extension is refused.
        self.now += 1
        for row in [row for row in self.live() if row.appointment_id == visit and row.progress == "in_session"]:
            run(lambda s, r=row: end_session(s, self.firm.operator, r.id, reason="phone", now=self.clock))

    def _zones(self) -> dict[int, int]:
        with reading() as session:
            rows = session.execute(
                text("SELECT d.id, l.zone_id FROM client_addresses d JOIN localities l ON l.id = d.locality_id")
            )
            return {row[0]: row[1] for row in rows}


def open_evening(therapists: int) -> Evening:
    """Two places in one zone and one in another."""
    firm = open_firm(therapists=therapists)
    with transaction() as session:
        zone = Zone(name="2")
        session.add(zone)
        session.flush()
        far = Locality(name="Makati", zone_id=zone.id)
        session.add(far)
        session.flush()
        near = ClientAddress(client_id=firm.client, line="2 Side Street", locality_id=firm.locality)
        away = ClientAddress(client_id=firm.client, line="3 Far Avenue", locality_id=far.id)
        session.add_all([near, away])
        session.flush()
        return Evening(firm, [firm.address, near.id, away.id])


WHO, WHICH, PLACE = st.integers(0, 1), st.integers(0, 9), st.integers(0, 2)
QUARTERS = st.integers(0, LAST_START // 15).map(lambda quarter: quarter * 15)
DEEDS = st.one_of(
    st.tuples(st.just("book"), WHO, QUARTERS, st.sampled_from((30, 60, 90)), PLACE),
    st.tuples(st.just("book"), WHO, QUARTERS, st.sampled_from((30, 60, 90)), PLACE),
    st.tuples(st.just("move"), WHICH, QUARTERS),
    st.tuples(st.just("cancel"), WHICH),
    st.tuples(st.just("begin"), WHICH),
    st.tuples(st.just("lengthen"), WHICH, st.sampled_from((15, 30, 60))),
    st.tuples(st.just("end"), WHICH),
    st.tuples(st.just("wait"), st.integers(1, 90)),
)


@pytest.fixture
def evening(database: DatabaseUrls) -> Evening:
    return open_evening(2)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(DEEDS, min_size=4, max_size=16))
# Begun three hours before its plan, with another planned for that very time: it is in the way until its planned end.
@example(deeds=[("book", 0, 0, 30, 0), ("move", 0, 180), ("book", 0, 0, 30, 0), ("begin", 0), ("book", 0, 195, 30, 0)])
def test_an_evening_of_anything(database: DatabaseUrls, evening: Evening, deeds: list[tuple[Any, ...]]) -> None:
    forget_visits(database)
    evening.now, evening.visits = 0, []
    for deed, *given_ in deeds:
        if deed == "wait":
            evening.now += given_[0]
        elif deed == "book":
            evening.book(*given_)
        elif evening.visits:
            visit = evening.visits[given_[0] % len(evening.visits)]
            getattr(evening, deed)(visit, *given_[1:])
        evening.agrees(database.owner)


def test_a_chain_of_three_where_nobody_tapped(database: DatabaseUrls) -> None:
    evening = open_evening(1)
    for start in (0, 75, 150):
        evening.book(0, start, 60, (start // 75) % 2)
    evening.begin(evening.visits[0])
    for _ in range(12):
        evening.now += 20
        evening.agrees(database.owner)
    # What really happens goes on: the late ones begin, run over and end, and nothing is refused for it.
    evening.end(evening.visits[0])
    evening.begin(evening.visits[2])
    evening.agrees(database.owner)
    evening.lengthen(evening.visits[2], 60)
    evening.agrees(database.owner)
    evening.cancel(evening.visits[1])
    evening.agrees(database.owner)


def test_a_hundred_at_once(database: DatabaseUrls) -> None:
    use_pool(20)
    evening = open_evening(5)
    unexpected: list[str] = []

    def anything(seed: int) -> None:
        dice = random.Random(seed)
        deed = dice.choice(("book", "book", "book", "move", "cancel", "begin"))
        try:
            if deed == "book" or not evening.visits:
                at = 13 * 60 + 15 * dice.randrange(36)
                request = evening.firm.request(
                    *dice.sample(range(5), dice.choice((1, 1, 2, 3))),
                    start=time(at // 60 % 24, at % 60),
                    minutes=dice.choice((30, 60)),
                    address_id=dice.choice(evening.places),
                )
                evening.visits.append(run(lambda s: book(s, evening.firm.operator, request, now=ZERO)))
            elif deed == "move":
                evening.move(dice.choice(evening.visits), 15 * dice.randrange(36))
            elif deed == "begin":
                evening.begin(dice.choice(evening.visits))
            else:
                run(lambda s: cancel(s, evening.firm.operator, dice.choice(evening.visits), reason="off", now=ZERO))
        except GuitaraError:
            pass
        except AssertionError:
            # Somebody else began or ended it between the look and the tap.
            pass
        except Exception as error:
            unexpected.append(f"{deed}: {type(error).__name__}: {error}"[:300])

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(anything, range(200)))
    assert unexpected == []
    assert len(evening.visits) > 10
    evening.agrees(database.owner)


def forget_visits(database: DatabaseUrls) -> None:
    """Every visit goes, as only the owner can."""
    as_owner(database.owner, "TRUNCATE appointments CASCADE", "TRUNCATE idempotency_keys")
