"""Nobody is in two places at once. Each case first succeeds with the guard away, so that the guard is what refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from guitara_app.kit.database import transaction
from guitara_app.kit.errors import Conflict
from guitara_app.kit.time import period
from tests.integration.guards.conftest import Place
from tests.integration.guards.guard import CLASHING, NOT_CLASHING, Job, double_bookings, guard_off
from tests.support.blind import without_looking
from tests.support.firm import manila

BY_SERVICE = {name: jobs for name, jobs in CLASHING.items() if not jobs[1].driver}


def table_of(job: Job) -> str:
    return "legs" if job.driver else "assignments"


@pytest.mark.parametrize(("first", "second"), CLASHING.values(), ids=CLASHING)
def test_the_tables_refuse_what_they_take_without_the_guard(place: Place, first: Job, second: Job) -> None:
    firm, table = place.firm, table_of(first)
    with guard_off(place.database.owner, table):
        first.save(firm)
        second.save(firm)
        assert double_bookings(place.database.owner, table) > 0
    first.save(firm)
    with pytest.raises(Conflict):
        second.save(firm)
    assert double_bookings(place.database.owner, table) == 0


@pytest.mark.parametrize(("first", "second"), BY_SERVICE.values(), ids=BY_SERVICE)
def test_booking_is_refused_by_the_guard_alone_and_named_by_the_service(place: Place, first: Job, second: Job) -> None:
    firm = place.firm
    # The reason keeps the look at who is on shift, which also sees jobs, from refusing first.
    blind = {"off_shift_reason": "the guard is what is tried"}
    with without_looking():
        with guard_off(place.database.owner, "assignments"):
            first.save(firm)
            second.book(firm, **blind)
            assert double_bookings(place.database.owner) > 0
        first.save(firm)
        with pytest.raises(Conflict):
            second.book(firm, **blind)
    with pytest.raises(Conflict) as refused:
        second.book(firm, now=first.seen_at)
    common = {firm.therapists[person] for person in set(first.people) & set(second.people)}
    assert {overlap.person_id for overlap in refused.value.overlaps} == common
    assert refused.value.field == "therapist_ids"
    assert double_bookings(place.database.owner) == 0


@pytest.mark.parametrize(("first", "second"), NOT_CLASHING.values(), ids=NOT_CLASHING)
def test_what_does_not_overlap_is_taken(place: Place, first: Job, second: Job) -> None:
    firm = place.firm
    first.save(firm)
    if second.driver:
        second.save(firm)
    else:
        second.book(firm)
    assert double_bookings(place.database.owner, table_of(first)) == 0


def test_moving_a_row_onto_another_is_refused_like_adding_it(place: Place) -> None:
    firm = place.firm
    Job((0,), manila(21), manila(22)).save(firm)
    Job((0,), manila(22), manila(23)).save(firm)
    Job((1,), manila(21), manila(22)).save(firm)
    earlier = period(manila(22) - timedelta(minutes=1), manila(23))

    def move(session: Session) -> None:
        session.execute(
            text("UPDATE assignments SET occupied = :to WHERE lower(occupied) = :was"),
            {"to": f"[{earlier.lower},{earlier.upper})", "was": manila(22)},
        )

    def hand_over(session: Session) -> None:
        session.execute(
            text("UPDATE assignments SET person_id = :to WHERE person_id = :was"),
            {"to": firm.therapists[0], "was": firm.therapists[1]},
        )

    for change in (move, hand_over):
        with pytest.raises(Conflict), transaction() as session:
            change(session)
    assert double_bookings(place.database.owner) == 0
