"""What the tables refuse whoever writes to them, and what a service may do inside one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from guitara_app.appointments.words import Answer, LegState, Progress
from guitara_app.kit.database import transaction
from guitara_app.kit.errors import Conflict
from tests.integration.guards.conftest import Place
from tests.integration.guards.guard import double_bookings
from tests.support.firm import Firm, leg_row, manila, seat_row, visit_row

START, END = manila(21), manila(22)

IMPROPER: dict[str, Range[datetime]] = {
    "empty": Range(empty=True),
    "no length": Range(START, START, bounds="[)"),
    "no end": Range(START, None),
    "no start": Range(None, END),
    "closed at its end": Range(START, END, bounds="[]"),
    "open at its start": Range(START, END, bounds="()"),
}
INFINITE = {"endless": "[2026-11-23 13:00+00, infinity)", "since ever": "[-infinity, 2026-11-23 13:00+00)"}
WRITERS: dict[str, Callable[..., Any]] = {"assignments": seat_row, "legs": leg_row}


@pytest.mark.parametrize("table", WRITERS)
@pytest.mark.parametrize("occupied", IMPROPER.values(), ids=IMPROPER)
def test_a_live_row_takes_a_bounded_time(place: Place, table: str, occupied: Range[datetime]) -> None:
    with pytest.raises(IntegrityError, match=f"ck_{table}_occupied_bounded"), transaction() as session:
        WRITERS[table](session, place.firm, 0, START, END, occupied=occupied)


@pytest.mark.parametrize("table", WRITERS)
@pytest.mark.parametrize("occupied", INFINITE.values(), ids=INFINITE)
def test_infinity_is_no_bound(place: Place, table: str, occupied: str) -> None:
    with pytest.raises(IntegrityError, match=f"ck_{table}_occupied_bounded"), transaction() as session:
        row = WRITERS[table](session, place.firm, 0, START, END)
        session.execute(text(f"UPDATE {table} SET occupied = :to WHERE id = :id"), {"to": occupied, "id": row.id})


@pytest.mark.parametrize("state", [LegState.OFFERED, LegState.ACCEPTED, LegState.UNDER_WAY])
def test_a_live_trip_has_a_driver_and_a_time(place: Place, state: LegState) -> None:
    departed = {"departed_at": START}
    with pytest.raises(IntegrityError, match="ck_legs_live_has_driver"), transaction() as session:
        leg_row(session, place.firm, 0, START, END, state=state, driver_id=None, **departed)
    with pytest.raises(IntegrityError, match="ck_legs_occupied_bounded"), transaction() as session:
        leg_row(session, place.firm, 0, START, END, state=state, occupied=None, **departed)


@pytest.mark.parametrize("state", [LegState.PLANNED, LegState.SEARCHING])
def test_a_trip_nobody_took_has_no_driver_and_no_time(place: Place, state: LegState) -> None:
    with transaction() as session:
        leg_row(session, place.firm, 0, START, END, state=state, driver_id=None, occupied=None)
    with pytest.raises(IntegrityError, match="ck_legs_open_has_no_driver"), transaction() as session:
        leg_row(session, place.firm, 0, START, END, state=state)


def test_a_place_without_a_person_is_refused(place: Place) -> None:
    with pytest.raises(IntegrityError, match="person_id"), transaction() as session:
        seat = seat_row(session, place.firm, 0, START, END)
        session.execute(text("UPDATE assignments SET person_id = NULL WHERE id = :id"), {"id": seat.id})


def test_one_person_is_in_one_session(place: Place) -> None:
    begun = {"progress": Progress.IN_SESSION, "session_started_at": START}
    with transaction() as session:
        seat_row(session, place.firm, 0, START, END, **begun)
        seat_row(session, place.firm, 1, START, END, **begun)
    with pytest.raises(IntegrityError, match="uq_assignments_in_session"), transaction() as session:
        seat_row(session, place.firm, 0, manila(23), manila(24), **begun)


def test_one_driver_is_on_one_trip(place: Place) -> None:
    on_the_road = {"state": LegState.UNDER_WAY, "departed_at": START}
    with transaction() as session:
        leg_row(session, place.firm, 0, START, END, **on_the_road)
        leg_row(session, place.firm, 1, START, END, **on_the_road)
    with pytest.raises(IntegrityError, match="uq_legs_under_way"), transaction() as session:
        leg_row(session, place.firm, 0, manila(23), manila(24), **on_the_road)


def test_nobody_has_two_places_in_one_visit(place: Place) -> None:
    with pytest.raises(IntegrityError, match="uq_assignments_live"), transaction() as session:
        visit = visit_row(session, place.firm, START, END)
        seat_row(session, place.firm, 0, START, END, visit=visit)
        seat_row(session, place.firm, 0, manila(22), manila(23), visit=visit)


NOT_LIVE: dict[str, dict[str, Any]] = {
    "rejected": {"answer": Answer.REJECTED, "answer_reason": "ill"},
    "lapsed": {"answer": Answer.LAPSED},
    "withdrawn": {"answer": Answer.WITHDRAWN, "answer_reason": "ill"},
    "released": {"answer": Answer.RELEASED, "released_at": START},
}


@pytest.mark.parametrize("over", NOT_LIVE.values(), ids=NOT_LIVE)
def test_what_is_over_takes_no_time(place: Place, over: dict[str, Any]) -> None:
    with transaction() as session:
        seat_row(session, place.firm, 0, START, END, **over)
        seat_row(session, place.firm, 0, START, END)
    assert double_bookings(place.database.owner) == 0


def _two_places(firm: Firm) -> None:
    with transaction() as session:
        seat_row(session, firm, 0, START, END)
        seat_row(session, firm, 1, START, END)


def _swap(session: Session, firm: Firm) -> None:
    """One row after the other, so that both are the same person's in between."""
    one, other = firm.therapists[:2]
    seats = session.execute(text("SELECT id, person_id FROM assignments ORDER BY id")).all()
    for seat in seats:
        values = {"to": other if seat.person_id == one else one, "id": seat.id}
        session.execute(text("UPDATE assignments SET person_id = :to WHERE id = :id"), values)


def test_a_swap_may_pass_through_an_overlap_when_it_defers_the_check(place: Place) -> None:
    _two_places(place.firm)
    with pytest.raises(Conflict), transaction() as session:
        _swap(session, place.firm)
    with transaction() as session:
        session.execute(text("SET CONSTRAINTS assignments_never_overlap DEFERRED"))
        _swap(session, place.firm)
    with transaction() as session:
        people = session.execute(text("SELECT person_id FROM assignments ORDER BY id")).scalars().all()
    assert people == [place.firm.therapists[1], place.firm.therapists[0]]


def test_a_deferred_check_still_comes_before_the_commit(place: Place) -> None:
    _two_places(place.firm)
    with pytest.raises(Conflict), transaction() as session:
        session.execute(text("SET CONSTRAINTS assignments_never_overlap DEFERRED"))
        session.execute(text("UPDATE assignments SET person_id = :all"), {"all": place.firm.therapists[0]})
    assert double_bookings(place.database.owner) == 0


def test_a_trip_handed_over_under_a_deferred_check(place: Place) -> None:
    with transaction() as session:
        trips = [leg_row(session, place.firm, driver, START, END).id for driver in (0, 1)]
    with transaction() as session:
        session.execute(text("SET CONSTRAINTS legs_never_overlap DEFERRED"))
        for trip, driver in zip(trips, reversed(place.firm.drivers), strict=True):
            session.execute(text("UPDATE legs SET driver_id = :to WHERE id = :id"), {"to": driver, "id": trip})
    assert double_bookings(place.database.owner, "legs") == 0
