"""Changing who, when, what and where: checked like booking, asked anew only where it concerns somebody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries import detail
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.requests import ChangeRequest, VisitFields
from guitara_app.appointments.services import accept, book, cancel, change, reject, replace, swap
from guitara_app.catalog.models import Service
from guitara_app.clients.services import add_address
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Conflict, GuitaraError, Invalid, NotAllowed, NotPossible, Stale
from tests.integration.guards.guard import double_bookings
from tests.support.firm import EVENING, NOW, Firm, manila

Rows = Callable[..., list[Any]]
BEA = Actor(None, Role.OPERATOR, "Bea")


def alter(
    firm: Firm, visit: int, *, actor: Actor | None = None, reason: str = "client asked", **what: Any
) -> list[str]:
    request = ChangeRequest(**what)
    return run(lambda session: change(session, actor or firm.operator, visit, request=request, reason=reason, now=NOW))


def seen(visit: int) -> VisitFields:
    with reading() as session:
        return fields_of(session, visit)


def seats(rows: Rows, visit: int) -> dict[int, str]:
    """The answer of everybody who is on the visit now."""
    found = rows(
        "SELECT person_id, answer FROM assignments WHERE appointment_id = :v AND released_at IS NULL"
        " AND answer IN ('offered', 'accepted')",
        v=visit,
    )
    return {row.person_id: row.answer for row in found}


def says_yes(firm: Firm, rows: Rows, visit: int, *therapists: int) -> None:
    for index in therapists:
        seat = rows(
            "SELECT id FROM assignments WHERE appointment_id = :v AND person_id = :p",
            v=visit,
            p=firm.therapists[index],
        )[0].id
        who = firm.therapist(index)
        run(lambda session, seat=seat, who=who: accept(session, who, seat, now=NOW))


def second_operator() -> Actor:
    with transaction() as session:
        bea = Person(username="bea", name="Bea", role=Role.OPERATOR)
        session.add(bea)
        session.flush()
        return Actor(bea.id, Role.OPERATOR, "Bea")


def test_another_time_asks_everybody_anew(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, 1)
    says_yes(firm, rows, visit, 0, 1)
    assert alter(firm, visit, start=time(22, 15)) == ["start"]
    row = rows("SELECT * FROM appointments WHERE id = :v", v=visit)[0]
    assert (row.starts_at, row.ends_at, row.state) == (manila(22, 15), manila(23, 15), "pending")
    assert seats(rows, visit) == {firm.therapists[0]: "offered", firm.therapists[1]: "offered"}
    taken = rows(
        "SELECT lower(occupied) AS starts, upper(occupied) AS ends FROM assignments WHERE appointment_id = :v", v=visit
    )
    assert {(one.starts, one.ends) for one in taken} == {(manila(22, 15), manila(23, 15))}
    # The old time is free again.
    firm.book(0, start=time(21))


def test_past_midnight_belongs_to_the_same_evening(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    alter(firm, visit, start=time(0, 0), minutes=45)
    row = rows("SELECT * FROM appointments WHERE id = :v", v=visit)[0]
    assert (row.starts_at, row.business_date) == (manila(24), EVENING)
    with reading() as session:
        shown = detail(session, visit, now=NOW)
    assert shown is not None and shown["when"] == "Tue 00:00 to Tue 00:45"


def test_whoever_is_not_concerned_keeps_the_answer(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, 1)
    says_yes(firm, rows, visit, 0, 1)
    alter(firm, visit, therapist_ids=[firm.therapists[0], firm.therapists[2]], price=Decimal(900), notes="bell O'Hara")
    assert seats(rows, visit) == {firm.therapists[0]: "accepted", firm.therapists[2]: "offered"}
    assert rows("SELECT price, notes FROM appointments WHERE id = :v", v=visit)[0] == (Decimal(900), "bell O'Hara")
    # The one who left is free.
    firm.book(1)


def test_only_words_change_nobody(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    says_yes(firm, rows, visit, 0)
    assert alter(firm, visit, notes="second gate") == ["notes"]
    assert seats(rows, visit) == {firm.therapists[0]: "accepted"}
    assert alter(firm, visit, notes="second gate") == []
    assert len(rows("SELECT 1 FROM events WHERE kind = 'appointment_changed'")) == 1


def test_services_bring_their_length_and_price_unless_these_were_typed(firm: Firm, rows: Rows) -> None:
    with transaction() as session:
        stone = Service(name="Hot Stone", minutes=90, price=Decimal(675))
        session.add(stone)
        session.flush()
    visit = firm.book(0, 1)
    assert set(alter(firm, visit, service_ids=[stone.id])) == {"service_ids", "minutes", "price"}
    row = rows("SELECT price, ends_at - starts_at AS length FROM appointments WHERE id = :v", v=visit)[0]
    assert row == (Decimal(1350), timedelta(minutes=90))
    typed = firm.book(2, price=Decimal(450), minutes=75)
    alter(firm, typed, service_ids=[firm.service, stone.id])
    row = rows("SELECT price, ends_at - starts_at AS length FROM appointments WHERE id = :v", v=typed)[0]
    assert row == (Decimal(450), timedelta(minutes=75))


def test_a_taken_time_is_refused_and_nothing_changes(firm: Firm, rows: Rows) -> None:
    first, second = firm.book(0, start=time(20, 30)), firm.book(0, start=time(22))
    before = rows("SELECT * FROM assignments ORDER BY id")
    with pytest.raises(Conflict) as refused:
        alter(firm, second, start=time(21))
    assert {clash.appointment_id for clash in refused.value.overlaps} == {first}
    assert f"#{first}" in refused.value.sentence
    assert rows("SELECT * FROM assignments ORDER BY id") == before
    with pytest.raises(Conflict):
        alter(firm, second, start=time(21), actor=None, off_shift_reason="a reason is no way around")
    alter(firm, second, start=time(21, 30))


def test_a_visit_may_be_moved_onto_its_own_old_time(firm: Firm, database: Any) -> None:
    before, visit, after = firm.book(0, start=time(20)), firm.book(0, start=time(21)), firm.book(0, start=time(23))
    alter(firm, visit, start=time(21, 30))
    alter(firm, visit, start=time(21, 15), minutes=105)
    assert double_bookings(database.owner) == 0
    with pytest.raises(Conflict):
        alter(firm, visit, minutes=106)
    for number in (before, visit, after):
        run(lambda session, number=number: cancel(session, firm.operator, number, reason="over", now=NOW))


def test_outside_the_shift_needs_a_reason_that_is_kept(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    with pytest.raises(Invalid) as refused:
        alter(firm, visit, start=time(0, 30))
    assert refused.value.field == "off_shift_reason"
    alter(firm, visit, start=time(0, 30), off_shift_reason="he agreed")
    assert rows("SELECT override_reason FROM assignments WHERE appointment_id = :v", v=visit)[0][0] == "he agreed"


def test_another_address_asks_anew_and_counts_the_way(firm: Firm, rows: Rows) -> None:
    first, visit = firm.book(0, start=time(20)), firm.book(0, start=time(21))
    says_yes(firm, rows, visit, 0)
    assert first
    # Round the corner is a quarter of an hour away, and there is none.
    with pytest.raises(Conflict) as refused:
        alter(firm, visit, address_line="2 Side Street", locality_id=firm.locality)
    assert "15 min more" in refused.value.sentence
    alter(firm, visit, address_line="2 Side Street", locality_id=firm.locality, start=time(21, 15))
    assert seats(rows, visit) == {firm.therapists[0]: "offered"}
    ends = rows("SELECT upper(occupied) AS ends FROM assignments WHERE appointment_id = :v", v=first)[0].ends
    assert ends == manila(21, 15)


def test_a_reason_is_needed_and_only_the_desk_changes(firm: Firm) -> None:
    visit = firm.book(0)
    with pytest.raises(Invalid) as refused:
        alter(firm, visit, notes="x", reason=" ")
    assert refused.value.field == "reason"
    for actor in (firm.therapist(0), Actor(firm.drivers[0], Role.DRIVER, "D")):
        with pytest.raises(NotAllowed):
            alter(firm, visit, actor=actor, notes="x")


def test_a_session_that_has_begun_is_not_changed(firm: Firm) -> None:
    visit = firm.book(0, 1)
    with transaction() as session:
        session.execute(
            text(
                "UPDATE assignments SET answer = 'accepted', progress = 'in_session', session_started_at = :now"
                " WHERE person_id = :p"
            ),
            {"now": NOW, "p": firm.therapists[0]},
        )
    with pytest.raises(NotPossible):
        alter(firm, visit, notes="x")


class TestTwoEditors:
    """The second is told what the first did, field by field, and loses nothing."""

    def test_different_fields_go_together(self, firm: Firm, rows: Rows) -> None:
        visit, bea = firm.book(0), second_operator()
        before = seen(visit)
        alter(firm, visit, start=time(21, 30), seen=before)
        assert alter(firm, visit, actor=bea, notes="ring twice", seen=before) == ["notes"]
        row = rows("SELECT starts_at, notes FROM appointments WHERE id = :v", v=visit)[0]
        assert row == (manila(21, 30), "ring twice")

    def test_the_same_field_is_refused_by_name(self, firm: Firm, rows: Rows) -> None:
        visit, bea = firm.book(0), second_operator()
        before = seen(visit)
        alter(firm, visit, actor=bea, start=time(21, 30), seen=before)
        with pytest.raises(Stale) as refused:
            alter(firm, visit, start=time(22), notes="x", seen=before)
        clash = refused.value.clashes
        assert [(one.field, one.by, one.at, one.stands) for one in clash] == [("start", "Bea", "20:00", "21:30")]
        assert "Bea" in refused.value.sentence and "20:00" in refused.value.sentence
        assert rows("SELECT notes FROM appointments WHERE id = :v", v=visit)[0].notes == ""

    def test_the_same_wish_is_no_quarrel(self, firm: Firm) -> None:
        visit, bea = firm.book(0), second_operator()
        before = seen(visit)
        alter(firm, visit, actor=bea, start=time(21, 30), seen=before)
        assert alter(firm, visit, start=time(21, 30), seen=before) == []

    def test_what_was_not_touched_is_not_put_back(self, firm: Firm, rows: Rows) -> None:
        visit, bea = firm.book(0), second_operator()
        before = seen(visit)
        alter(firm, visit, actor=bea, price=Decimal(999), seen=before)
        everything = before.model_dump() | {"notes": "mine"}
        alter(firm, visit, **everything, seen=before)
        assert rows("SELECT price, notes FROM appointments WHERE id = :v", v=visit)[0] == (Decimal(999), "mine")


class TestSwap:
    """Two therapists trade places in one step."""

    def place(self, rows: Rows, visit: int) -> int:
        return int(rows("SELECT id FROM assignments WHERE appointment_id = :v AND released_at IS NULL", v=visit)[0].id)

    def trade(self, firm: Firm, one: int, other: int, **more: Any) -> None:
        values = {"reason": "closer to home", "now": NOW} | more
        run(lambda session: swap(session, firm.operator, one, other_assignment_id=other, **values))

    def test_both_are_asked_anew(self, firm: Firm, rows: Rows, database: Any) -> None:
        first, second = firm.book(0), firm.book(1, start=time(21, 30))
        says_yes(firm, rows, first, 0)
        self.trade(firm, self.place(rows, first), self.place(rows, second))
        assert seats(rows, first) == {firm.therapists[1]: "offered"}
        assert seats(rows, second) == {firm.therapists[0]: "offered"}
        assert double_bookings(database.owner) == 0
        kinds = [row.kind for row in rows("SELECT kind FROM events WHERE kind = 'swapped'")]
        assert len(kinds) == 2

    def test_at_the_same_time_too(self, firm: Firm, rows: Rows) -> None:
        first, second = firm.book(0), firm.book(1)
        self.trade(firm, self.place(rows, first), self.place(rows, second))
        assert seats(rows, first) == {firm.therapists[1]: "offered"}

    def test_not_when_one_of_them_is_taken_by_a_third_job(self, firm: Firm, rows: Rows) -> None:
        first, second = firm.book(0), firm.book(1, start=time(22))
        third = firm.book(1, start=time(20, 30), minutes=60)
        with pytest.raises(Conflict) as refused:
            self.trade(firm, self.place(rows, first), self.place(rows, second))
        assert {clash.appointment_id for clash in refused.value.overlaps} == {third}
        assert seats(rows, first) == {firm.therapists[0]: "offered"}
        assert seats(rows, second) == {firm.therapists[1]: "offered"}

    def test_the_same_tap_counts_once(self, firm: Firm, rows: Rows) -> None:
        first, second = firm.book(0), firm.book(1, start=time(21, 30))
        one, other = self.place(rows, first), self.place(rows, second)
        self.trade(firm, one, other, idempotency_key="tap-1")
        self.trade(firm, one, other, idempotency_key="tap-1")
        assert seats(rows, first) == {firm.therapists[1]: "offered"}

    @pytest.mark.parametrize("other", [0, -1, 2**63, 999])
    def test_with_nobody(self, firm: Firm, rows: Rows, other: int) -> None:
        with pytest.raises(GuitaraError):
            self.trade(firm, self.place(rows, firm.book(0)), other)

    def test_not_within_one_visit(self, firm: Firm, rows: Rows) -> None:
        firm.book(0, 1)
        one, other = (row.id for row in rows("SELECT id FROM assignments ORDER BY id"))
        with pytest.raises(Invalid):
            self.trade(firm, one, other)


def test_somebody_new_for_a_refused_place_settles_the_review(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    place = rows("SELECT id FROM assignments")[0].id
    run(lambda session: reject(session, firm.therapist(0), place, reason="ill", now=NOW))
    alter(firm, visit, therapist_ids=[firm.therapists[1]])
    assert [row.decision for row in rows("SELECT decision FROM reviews")] == ["replace"]
    assert seats(rows, visit) == {firm.therapists[1]: "offered"}


def test_without_a_driver_the_planned_trip_goes_and_comes_back(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, driver_needed=True)
    alter(firm, visit, driver_needed=False)
    assert [row.state for row in rows("SELECT state FROM legs")] == ["cancelled"]
    alter(firm, visit, driver_needed=True, start=time(22))
    planned = rows(
        "SELECT l.*, (SELECT count(*) FROM leg_passengers WHERE leg_id = l.id) AS riders FROM legs l"
        " WHERE state = 'planned'"
    )
    assert [(row.wanted_at, row.riders) for row in planned] == [(manila(21, 25), 1)]


def test_the_trip_moves_with_the_visit_and_a_second_passenger_needs_a_car(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, driver_needed=True)
    alter(firm, visit, start=time(23), therapist_ids=firm.therapists[:2])
    leg = rows("SELECT l.*, (SELECT count(*) FROM leg_passengers WHERE leg_id = l.id) AS riders FROM legs l")
    assert [(row.wanted_at, row.vehicle_needed, row.riders, row.state) for row in leg] == [
        (manila(22, 25), "car", 2, "planned")
    ]


def test_an_address_of_another_client_is_refused(firm: Firm) -> None:
    visit = firm.book(0)
    with transaction() as session:
        session.execute(text("INSERT INTO clients (name, phone, version) VALUES ('Mr X', '+639179999999', 1)"))
        other = session.execute(text("SELECT max(id) FROM clients")).scalar_one()
        foreign = add_address(session, other, line="9 Far", locality_id=firm.locality, notes="", now=NOW).id
    with pytest.raises(GuitaraError):
        alter(firm, visit, address_id=foreign)


def test_changing_and_booking_in_one_transaction(firm: Firm) -> None:
    visit = firm.book(0)
    request = firm.request(0, start=time(21))

    def both(session: Any) -> int:
        change(session, firm.operator, visit, request=ChangeRequest(start=time(23)), reason="later", now=NOW)
        return book(session, firm.operator, request, now=NOW)

    assert run(both) != visit


def test_a_visit_that_waits_for_a_decision_can_be_moved_before_somebody_is_chosen(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0)
    seat = rows("SELECT id FROM assignments WHERE appointment_id = :v", v=visit)[0].id
    run(lambda session: reject(session, firm.therapist(0), seat, reason="I'm ill", now=NOW))
    assert alter(firm, visit, start=time(22), notes="Ring twice", driver_needed=True) == [
        "start",
        "driver_needed",
        "notes",
    ]
    assert seen(visit).price == Decimal(500)
    # Nobody goes yet, so no trip is planned for nobody; whoever replaces them is asked for the new time.
    assert rows("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit) == []
    run(lambda s: replace(s, firm.operator, seat, person_id=firm.therapists[1], now=NOW))
    [planned] = rows("SELECT planned_start FROM assignments WHERE appointment_id = :v AND answer = 'offered'", v=visit)
    assert planned.planned_start == manila(22)
    assert len(rows("SELECT id FROM legs WHERE to_appointment_id = :v", v=visit)) == 1
