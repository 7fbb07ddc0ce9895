"""Time given back is free at once; time that runs over is taken, up to the next job, and never refused."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.appointments.services import accept, book, cancel, grow_overdue, reject
from guitara_app.appointments.words import LegState, Progress
from guitara_app.kit.database import run, transaction
from guitara_app.kit.errors import Conflict
from tests.integration.guards.conftest import Place
from tests.integration.guards.guard import double_bookings
from tests.support.firm import NOW, leg_row, manila, seat_row

STEP = timedelta(minutes=5)


def seats_of(visit: int) -> list[int]:
    with transaction() as session:
        found = session.execute(text("SELECT id FROM assignments WHERE appointment_id = :v ORDER BY id"), {"v": visit})
        return list(found.scalars())


def taken(table: str, row: int) -> tuple[datetime, datetime]:
    with transaction() as session:
        found = session.execute(
            text(f"SELECT lower(occupied), upper(occupied), isempty(occupied) FROM {table} WHERE id = :id"), {"id": row}
        ).one()
    assert not found[2]
    return found[0], found[1]


def open_clashes() -> list[tuple[int | None, int | None, int]]:
    with transaction() as session:
        rows = session.execute(
            text(
                "SELECT coalesce(assignment_id, leg_id), coalesce(next_assignment_id, next_leg_id), minutes"
                " FROM clashes WHERE settled_at IS NULL ORDER BY id"
            )
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]  # three columns


@pytest.mark.parametrize("accepted", [False, True], ids=["offered", "accepted"])
def test_cancelling_frees_everybody_at_once(place: Place, accepted: bool) -> None:
    firm = place.firm
    visit = firm.book(0, 1)
    if accepted:
        run(lambda session: accept(session, firm.therapist(0), seats_of(visit)[0], now=NOW))
    with pytest.raises(Conflict):
        firm.book(1)
    run(lambda session: cancel(session, firm.operator, visit, reason="client is ill", now=NOW))
    firm.book(0)
    firm.book(1)
    assert double_bookings(place.database.owner) == 0


def test_rejecting_frees_the_one_who_rejected_only(place: Place) -> None:
    firm = place.firm
    first, _ = seats_of(firm.book(0, 1))
    run(lambda session: reject(session, firm.therapist(0), first, reason="too far", now=NOW))
    firm.book(0)
    with pytest.raises(Conflict):
        firm.book(1)
    assert double_bookings(place.database.owner) == 0


def test_cancelling_and_booking_again_in_one_transaction(place: Place) -> None:
    firm = place.firm
    visit, request = firm.book(0), firm.request(0)

    def again(session: Session) -> int:
        cancel(session, firm.operator, visit, reason="typed wrongly", now=NOW)
        return book(session, firm.operator, request, now=NOW)

    assert run(again) != visit


def test_an_overrunning_session_takes_the_present(place: Place) -> None:
    firm, now = place.firm, manila(21, 20)
    with transaction() as session:
        seat = seat_row(
            session, firm, 0, manila(20), manila(21), progress=Progress.IN_SESSION, session_started_at=manila(20)
        ).id
    # Nobody has looked yet: the booking itself must notice.
    with pytest.raises(Conflict) as refused:
        firm.book(0, start=time(21, 24), now=now)
    assert [overlap.ends_at for overlap in refused.value.overlaps] == [now + STEP]
    firm.book(0, start=time(21, 25), now=now)
    assert taken("assignments", seat) == (manila(20), now + STEP)


@pytest.mark.parametrize("table", ["assignments", "legs"])
def test_growth_stops_at_the_next_job_and_says_by_how_much(place: Place, table: str) -> None:
    firm = place.firm
    with transaction() as session:
        if table == "legs":
            under_way = {"state": LegState.UNDER_WAY, "departed_at": manila(20)}
            late = leg_row(session, firm, 0, manila(20), manila(21), **under_way).id
            following = leg_row(session, firm, 0, manila(21, 10), manila(22)).id
        else:
            begun = {"progress": Progress.IN_SESSION, "session_started_at": manila(20)}
            late = seat_row(session, firm, 0, manila(20), manila(21), **begun).id
            following = seat_row(session, firm, 0, manila(21, 10), manila(22)).id

    def look(hour: int, minute: int) -> int:
        return run(lambda session: grow_overdue(session, now=manila(hour, minute)))

    assert look(20, 30) == 0
    assert look(21, 2) == 1
    assert taken(table, late) == (manila(20), manila(21, 7))
    assert open_clashes() == []
    assert look(21, 20) == 1
    assert taken(table, late) == (manila(20), manila(21, 10))
    assert open_clashes() == [(late, following, 15)]
    # Later looks neither refuse nor shrink nor open a second clash; the one there is tells the truth. The next job has
    # not been told to be over either.
    assert look(22, 30) == 1
    assert taken(table, late) == (manila(20), manila(21, 10))
    assert taken(table, following) == (manila(21, 10), manila(22, 35))
    assert open_clashes() == [(late, following, 85)]
    assert double_bookings(place.database.owner, table) == 0


def test_a_job_with_no_room_to_grow_keeps_its_time(place: Place) -> None:
    firm = place.firm
    with transaction() as session:
        begun = {"progress": Progress.IN_SESSION, "session_started_at": manila(20)}
        late = seat_row(session, firm, 0, manila(20), manila(21), **begun).id
        following = seat_row(session, firm, 0, manila(21), manila(22)).id
    assert run(lambda session: grow_overdue(session, now=manila(21, 30))) == 0
    assert taken("assignments", late) == (manila(20), manila(21))
    assert open_clashes() == [(late, following, 35)]


def test_cancelling_the_next_job_settles_the_clash_and_lets_the_late_one_grow(place: Place) -> None:
    firm = place.firm
    with transaction() as session:
        begun = {"progress": Progress.IN_SESSION, "session_started_at": manila(20)}
        late = seat_row(session, firm, 0, manila(20), manila(21), **begun).id
    following = firm.book(0, start=time(21, 10))
    run(lambda session: grow_overdue(session, now=manila(21, 30)))
    assert len(open_clashes()) == 1
    run(lambda session: cancel(session, firm.operator, following, reason="client gave up", now=manila(21, 31)))
    assert open_clashes() == []
    run(lambda session: grow_overdue(session, now=manila(21, 31)))
    assert taken("assignments", late) == (manila(20), manila(21, 36))
