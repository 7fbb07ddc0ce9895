"""What the desk decides about refused places, how visits end and how they are taken up again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.appointments.services import (
    accept,
    cancel,
    drop,
    expire,
    insist,
    lapse,
    no_show,
    reject,
    reopen,
    replace,
    withdraw,
)
from guitara_app.firm.models import Setting
from guitara_app.kit.database import run, transaction
from guitara_app.kit.errors import Conflict, Invalid, NotAllowed, NotPossible
from tests.support.firm import EVENING, NOW, Firm, manila

Rows = Callable[..., list[Any]]


def places(rows: Rows, visit: int) -> list[Any]:
    return rows("SELECT * FROM assignments WHERE appointment_id = :v ORDER BY id", v=visit)


def state(rows: Rows, visit: int) -> str:
    return str(rows("SELECT state FROM appointments WHERE id = :v", v=visit)[0].state)


def refuse(firm: Firm, rows: Rows, visit: int, index: int = 0) -> int:
    """One says no; the place that waits for a decision."""
    place = next(one.id for one in places(rows, visit) if one.person_id == firm.therapists[index])
    run(lambda session: reject(session, firm.therapist(index), place, reason="I'm ill", now=NOW))
    return int(place)


def say_yes(firm: Firm, rows: Rows, visit: int, index: int) -> None:
    place = next(one.id for one in places(rows, visit) if one.person_id == firm.therapists[index])
    run(lambda session: accept(session, firm.therapist(index), place, now=NOW))


class TestReview:
    """Insist, replace or drop."""

    def test_insisting_asks_the_same_person_again(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        place = refuse(firm, rows, visit)
        run(lambda session: insist(session, firm.operator, place, now=NOW))
        assert [(one.answer, one.person_id) for one in places(rows, visit)] == [
            ("rejected", firm.therapists[0]),
            ("offered", firm.therapists[0]),
        ]
        assert rows("SELECT decision, decided_by_id FROM reviews")[0] == ("insist", firm.operator.person_id)
        with pytest.raises(Conflict):
            firm.book(0)

    def test_insisting_is_refused_when_they_were_booked_meanwhile(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        place = refuse(firm, rows, visit)
        other = firm.book(0, start=time(21, 30))
        with pytest.raises(Conflict) as refused:
            run(lambda session: insist(session, firm.operator, place, now=NOW))
        assert {clash.appointment_id for clash in refused.value.overlaps} == {other}
        assert rows("SELECT decision FROM reviews")[0].decision is None
        # The other ways out are open.
        run(lambda session: replace(session, firm.operator, place, person_id=firm.therapists[1], now=NOW))
        assert places(rows, visit)[-1].person_id == firm.therapists[1]

    def test_replacing_leaves_the_others_answers_alone(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0, 1)
        say_yes(firm, rows, visit, 1)
        place = refuse(firm, rows, visit)
        assert state(rows, visit) == "pending"
        run(lambda session: replace(session, firm.operator, place, person_id=firm.therapists[2], now=NOW))
        say_yes(firm, rows, visit, 2)
        assert state(rows, visit) == "therapist_confirmed"
        assert {one.person_id: one.answer for one in places(rows, visit)} == {
            firm.therapists[0]: "rejected",
            firm.therapists[1]: "accepted",
            firm.therapists[2]: "accepted",
        }

    def test_the_others_go_on_while_one_waits_for_a_decision(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0, 1, 2)
        refuse(firm, rows, visit, 0)
        say_yes(firm, rows, visit, 1)
        refuse(firm, rows, visit, 2)
        assert len(rows("SELECT 1 FROM reviews WHERE decision IS NULL")) == 2

    def test_somebody_on_the_visit_cannot_replace(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0, 1)
        place = refuse(firm, rows, visit)
        with pytest.raises(Invalid):
            run(lambda session: replace(session, firm.operator, place, person_id=firm.therapists[1], now=NOW))

    def test_dropping_makes_the_group_smaller_and_cheaper(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0, 1, 2)
        say_yes(firm, rows, visit, 1)
        say_yes(firm, rows, visit, 2)
        place = refuse(firm, rows, visit)
        run(lambda session: drop(session, firm.operator, place, now=NOW))
        assert rows("SELECT price FROM appointments")[0].price == Decimal(1000)
        assert state(rows, visit) == "therapist_confirmed"

    def test_the_last_one_is_not_dropped(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        place = refuse(firm, rows, visit)
        with pytest.raises(NotPossible):
            run(lambda session: drop(session, firm.operator, place, now=NOW))

    def test_a_decision_is_made_once_and_by_the_desk(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        place = refuse(firm, rows, visit)
        with pytest.raises(NotAllowed):
            run(lambda session: insist(session, firm.therapist(0), place, now=NOW))
        run(lambda session: insist(session, firm.operator, place, now=NOW))
        with pytest.raises(NotPossible):
            run(lambda session: replace(session, firm.operator, place, person_id=firm.therapists[1], now=NOW))


class TestWithdrawing:
    """Taking a yes back."""

    def test_it_opens_a_review_and_frees_the_time(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        say_yes(firm, rows, visit, 0)
        place = places(rows, visit)[0].id
        with pytest.raises(Invalid):
            run(lambda session: withdraw(session, firm.therapist(0), place, now=NOW))
        run(lambda session: withdraw(session, firm.therapist(0), place, reason="fever", now=NOW))
        assert rows("SELECT cause, reason FROM reviews")[0] == ("withdrawn", "fever")
        assert state(rows, visit) == "pending"
        firm.book(0)

    @pytest.mark.parametrize(
        ("progress", "in_the_car"), [("in_transit", True), ("arrived", True), ("dropped_off", False)]
    )
    def test_whoever_is_out_there_comes_back(self, firm: Firm, rows: Rows, progress: str, in_the_car: bool) -> None:
        visit = firm.book(0, driver_needed=True)
        say_yes(firm, rows, visit, 0)
        place = places(rows, visit)[0].id
        with transaction() as session:
            session.execute(text("UPDATE assignments SET progress = :p"), {"p": progress})
            session.execute(text("UPDATE appointments SET state = :p"), {"p": progress})
            leg = (
                "state = 'under_way', departed_at = :now, planned_start = :now"
                if in_the_car
                else "state = 'done', departed_at = :now, finished_at = :now"
            )
            session.execute(
                text(f"UPDATE legs SET driver_id = :d, occupied = tstzrange(:now, :until), {leg}"),
                {"d": firm.drivers[0], "now": NOW, "until": NOW + timedelta(minutes=35)},
            )
        run(lambda session: withdraw(session, firm.therapist(0), place, reason="fever", now=NOW))
        back = rows("SELECT * FROM legs WHERE from_appointment_id = :v AND to_appointment_id IS NULL", v=visit)
        assert [leg.state for leg in back] == (["under_way"] if in_the_car else ["searching"])


class TestSilence:
    """Nobody answered."""

    def due(self, rows: Rows, visit: int) -> Any:
        return places(rows, visit)[0].due_at

    def test_the_next_best_is_asked(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        place, due = places(rows, visit)[0].id, self.due(rows, visit)
        run(lambda session: lapse(session, place, now=due - timedelta(seconds=1)))
        assert [one.answer for one in places(rows, visit)] == ["offered"]
        run(lambda session: lapse(session, place, now=due))
        run(lambda session: lapse(session, place, now=due))
        answers = [(one.answer, one.person_id != firm.therapists[0]) for one in places(rows, visit)]
        assert answers == [("lapsed", False), ("offered", True)]
        assert places(rows, visit)[1].chosen_because
        assert rows("SELECT 1 FROM reviews") == []
        firm.book(0, now=due)

    def test_nobody_left_opens_a_review(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        for index in (1, 2, 3):
            firm.book(index)
        run(lambda session: lapse(session, places(rows, visit)[0].id, now=self.due(rows, visit)))
        assert rows("SELECT cause FROM reviews")[0].cause == "lapsed"

    def test_the_firm_may_let_it_expire_instead(self, firm: Firm, rows: Rows) -> None:
        with transaction() as session:
            session.add(Setting(key="when_unanswered", value="expire"))
        visit = firm.book(0)
        run(lambda session: lapse(session, places(rows, visit)[0].id, now=self.due(rows, visit)))
        assert state(rows, visit) == "expired"
        firm.book(0, now=self.due(rows, visit))

    def test_an_answer_that_came_first_stands(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        say_yes(firm, rows, visit, 0)
        run(lambda session: lapse(session, places(rows, visit)[0].id, now=manila(21)))
        run(lambda session: expire(session, visit, now=manila(21)))
        assert state(rows, visit) == "therapist_confirmed"

    def test_unanswered_at_its_start_it_expires(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0, 1, driver_needed=True)
        run(lambda session: expire(session, visit, now=manila(21)))
        assert state(rows, visit) == "expired"
        assert {one.answer for one in places(rows, visit)} == {"released"}
        assert [leg.state for leg in rows("SELECT state FROM legs")] == ["cancelled"]


class TestNoShow:
    """The client is not there."""

    def test_not_before_it_is_due(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        say_yes(firm, rows, visit, 0)
        with pytest.raises(NotPossible):
            run(lambda session: no_show(session, firm.operator, visit, now=manila(20, 59)))
        run(lambda session: no_show(session, firm.operator, visit, now=manila(21)))
        assert state(rows, visit) == "no_show"

    def test_whoever_is_there_is_brought_back(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0, driver_needed=True)
        say_yes(firm, rows, visit, 0)
        with transaction() as session:
            session.execute(text("UPDATE assignments SET progress = 'dropped_off'"))
            session.execute(text("UPDATE appointments SET state = 'dropped_off'"))
            session.execute(
                text("UPDATE legs SET state = 'done', driver_id = :d, finished_at = :now, departed_at = :now"),
                {"d": firm.drivers[0], "now": NOW},
            )
        run(lambda session: no_show(session, firm.operator, visit, now=manila(21)))
        assert [row.state for row in rows("SELECT state FROM legs WHERE from_appointment_id = :v", v=visit)] == [
            "searching"
        ]


class TestReopening:
    """A visit that ended too early is booked again, and checked again."""

    def call_off(self, firm: Firm, visit: int) -> None:
        run(lambda session: cancel(session, firm.operator, visit, reason="by mistake", now=NOW))

    def test_everybody_is_asked_again(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0, 1, driver_needed=True)
        say_yes(firm, rows, visit, 0)
        self.call_off(firm, visit)
        with pytest.raises(Invalid):
            run(lambda session: reopen(session, firm.operator, visit, now=NOW))
        run(lambda session: reopen(session, firm.operator, visit, reason="she called back", now=NOW))
        live = [one for one in places(rows, visit) if one.answer == "offered"]
        assert {one.person_id for one in live} == set(firm.therapists[:2])
        row = rows("SELECT state, closed_at, ending_reason FROM appointments")[0]
        assert row == ("pending", None, "")
        assert sorted(leg.state for leg in rows("SELECT state FROM legs")) == ["cancelled", "planned"]

    def test_it_is_checked_like_booking(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        self.call_off(firm, visit)
        firm.book(0, start=time(21, 30))
        with pytest.raises(Conflict):
            run(lambda session: reopen(session, firm.operator, visit, reason="again", now=NOW))
        assert state(rows, visit) == "cancelled"
        others = [firm.therapists[1]]
        run(lambda session: reopen(session, firm.operator, visit, therapist_ids=others, reason="again", now=NOW))
        assert state(rows, visit) == "pending"

    def test_a_time_that_has_passed_needs_another(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(0)
        self.call_off(firm, visit)
        late = manila(22)
        with pytest.raises(Invalid) as refused:
            run(lambda session: reopen(session, firm.operator, visit, reason="again", now=late))
        assert refused.value.field == "start"
        at = time(0, 0)
        run(lambda session: reopen(session, firm.operator, visit, start=at, reason="again", now=late))
        row = rows("SELECT starts_at, business_date FROM appointments")[0]
        assert row == (manila(24), EVENING)

    def test_only_what_ended_is_reopened(self, firm: Firm) -> None:
        visit = firm.book(0)
        with pytest.raises(NotPossible):
            run(lambda session: reopen(session, firm.operator, visit, reason="again", now=NOW))
