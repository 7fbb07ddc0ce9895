"""Cancelling frees everybody at once and leaves nobody standing at the client's door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.models import Leg, LegOffer, LegPassenger
from guitara_app.appointments.queries import detail
from guitara_app.appointments.services import cancel, reject
from guitara_app.appointments.words import Answer, LegState, Progress
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, NotPossible
from guitara_app.kit.time import period
from tests.support.firm import NOW, Firm, manila

Rows = Callable[..., list[Any]]


def call_off(firm: Firm, visit: int, reason: str = "client called", actor: Actor | None = None) -> None:
    run(lambda session: cancel(session, actor or firm.operator, visit, reason=reason, now=NOW))


def can(shown: Any) -> set[str]:
    """What the page offers to do with the visit."""
    return {one["action"] for one in shown["possible"]}


def refused(kind: type[GuitaraError], firm: Firm, visit: int, reason: str = "client called", **more: Any) -> str:
    with pytest.raises(kind) as error:
        call_off(firm, visit, reason, **more)
    return error.value.sentence


def on_the_road(firm: Firm, visit: int, progress: Progress, state: str, *therapists: int) -> None:
    """Everybody (or these) accepted and came this far, in the car of the first driver."""
    people = [firm.therapists[index] for index in therapists] or firm.therapists
    with transaction() as session:
        session.execute(
            text(
                "UPDATE assignments SET answer = :answer, progress = :progress, session_started_at = :started"
                " WHERE appointment_id = :id AND person_id = ANY(:people)"
            ),
            {
                "answer": Answer.ACCEPTED,
                "progress": progress,
                "started": NOW if progress is Progress.IN_SESSION else None,
                "id": visit,
                "people": people,
            },
        )
        session.execute(text("UPDATE appointments SET state = :state WHERE id = :id"), {"state": state, "id": visit})


def drive(firm: Firm, visit: int, state: LegState) -> int:
    """The visit's planned trip, with the first driver in this state."""
    with transaction() as session:
        number = session.execute(text("SELECT id FROM legs WHERE to_appointment_id = :id"), {"id": visit}).scalar_one()
        leg = session.get_one(Leg, number)
        leg.state, leg.driver_id, leg.occupied = state, firm.drivers[0], period(manila(20), manila(20, 35))
        leg.departed_at = NOW if state is LegState.UNDER_WAY else None
        leg.finished_at = NOW if state is LegState.DONE else None
        if state is LegState.OFFERED:
            due = NOW + timedelta(minutes=10)
            offer = LegOffer(leg_id=leg.id, driver_id=firm.drivers[0], search_number=0, answer="open", due_at=due)
            offer.offered_at = NOW
            session.add(offer)
    return int(number)


def test_cancelling_frees_everybody_and_says_who_and_why(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, 1, driver_needed=True)
    call_off(firm, visit, "client called")
    [row] = rows("SELECT state, ending_reason, closed_at FROM appointments WHERE id = :id", id=visit)
    assert (row.state, row.ending_reason, row.closed_at) == ("cancelled", "client called", NOW)
    assert {seat.answer for seat in rows("SELECT answer FROM assignments")} == {"released"}
    assert [leg.state for leg in rows("SELECT state FROM legs")] == ["cancelled"]
    assert firm.book(0, 1)
    with reading() as session:
        shown = detail(session, visit, now=NOW)
    assert shown is not None
    assert ("cancel" in can(shown), shown["history"][0]["who"]) == (False, "Ana O'Hara")
    assert (shown["history"][0]["what"], shown["history"][0]["reason"]) == ("Cancelled", "client called")


def test_a_reason_is_needed(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    for reason in ("", " \n", "\x00\ud800"):
        refused(Invalid, firm, visit, reason)
    assert rows("SELECT state FROM appointments")[0].state == "pending"


def test_it_is_cancelled_once(firm: Firm) -> None:
    visit = firm.book(0)
    call_off(firm, visit)
    assert "cancelled" in refused(NotPossible, firm, visit)


def test_a_visit_that_is_not_there(firm: Firm) -> None:
    for number in (0, -1, 999_999, 2**63, 2**70):
        refused(NotFound, firm, number)


def test_only_the_desk_cancels(firm: Firm) -> None:
    visit = firm.book(0)
    for role in (Role.THERAPIST, Role.DRIVER):
        refused(NotAllowed, firm, visit, actor=Actor(firm.therapists[0], role, "Somebody"))


def test_a_session_that_has_begun_is_not_cancelled(firm: Firm) -> None:
    visit = firm.book(0)
    on_the_road(firm, visit, Progress.IN_SESSION, "in_session")
    assert "stopped early" in refused(NotPossible, firm, visit)


def test_nor_is_the_session_of_one_of_a_group_while_the_other_still_waits(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, 1)
    on_the_road(firm, visit, Progress.WAITING, "therapist_confirmed")
    on_the_road(firm, visit, Progress.IN_SESSION, "therapist_confirmed", 0)
    assert "stopped early" in refused(NotPossible, firm, visit)
    with reading() as session:
        shown = detail(session, visit, now=NOW)
    assert shown is not None
    assert "cancel" not in can(shown)
    assert len(rows("SELECT 1 FROM assignments WHERE answer = 'accepted'")) == 2


def test_whoever_sits_in_a_car_stays_in_it_and_it_becomes_the_way_back(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, driver_needed=True)
    leg = drive(firm, visit, LegState.UNDER_WAY)
    on_the_road(firm, visit, Progress.IN_TRANSIT, "in_transit")
    call_off(firm, visit)
    [back] = rows("SELECT id, state, driver_id, from_appointment_id, to_appointment_id FROM legs")
    assert (back.id, back.state, back.driver_id) == (leg, "under_way", firm.drivers[0])
    assert (back.from_appointment_id, back.to_appointment_id) == (visit, None)


@pytest.mark.parametrize("progress", [Progress.ARRIVED, Progress.DROPPED_OFF])
def test_whoever_is_on_site_gets_a_trip_back(firm: Firm, rows: Rows, progress: Progress) -> None:
    visit = firm.book(0, 1, driver_needed=True)
    drive(firm, visit, LegState.DONE)
    on_the_road(firm, visit, progress, progress.value)
    call_off(firm, visit)
    [back] = rows("SELECT * FROM legs WHERE from_appointment_id = :id", id=visit)
    assert (back.state, back.driver_id, back.vehicle_needed, back.wanted_at) == ("searching", None, "car", NOW)
    with reading() as session:
        riding = session.query(LegPassenger).where(LegPassenger.leg_id == back.id).count()  # type: ignore[arg-type]
    assert riding == 2


def test_whoever_has_arrived_but_still_sits_in_the_car_rides_back_in_it(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, driver_needed=True)
    drive(firm, visit, LegState.UNDER_WAY)
    on_the_road(firm, visit, Progress.ARRIVED, "arrived")
    call_off(firm, visit)
    [back] = rows("SELECT state, from_appointment_id FROM legs")
    assert (back.state, back.from_appointment_id) == ("under_way", visit)


@pytest.mark.parametrize("state", [LegState.OFFERED, LegState.ACCEPTED])
def test_a_driver_who_has_not_left_is_free_again(firm: Firm, rows: Rows, state: LegState) -> None:
    visit = firm.book(0, driver_needed=True)
    drive(firm, visit, state)
    call_off(firm, visit)
    [leg] = rows("SELECT state, isempty(occupied) AS empty FROM legs")
    assert (leg.state, leg.empty) == ("cancelled", True)
    assert not rows("SELECT 1 FROM leg_offers WHERE answer = 'open'")
    drive(firm, firm.book(1, driver_needed=True, start=time(20, 30)), state)


def test_open_reviews_end_with_the_visit(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    place = rows("SELECT id FROM assignments")[0].id
    run(lambda session: reject(session, firm.therapist(), place, reason="sick", now=NOW))
    call_off(firm, visit)
    assert [row.decision for row in rows("SELECT decision FROM reviews")] == ["cancel"]
