"""The policy chooses who goes: the best of those free when it is saved, with the reason kept and shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.appointments.policies import Policy
from guitara_app.appointments.queries import detail, preview
from guitara_app.appointments.queries.candidates import Candidate, candidates
from guitara_app.appointments.queries.wanted import wanted_for
from guitara_app.appointments.services import lapse
from guitara_app.availability.models import CheckIn, Shift
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import NotPossible
from guitara_app.kit.time import period
from tests.integration.kit.test_query_budgets import read
from tests.support.firm import EVENING, NOW, Firm, manila, seat_row, visit_row

Rows = Callable[..., list[Any]]


def setting(**values: str) -> None:
    with transaction() as session:
        for key, value in values.items():
            session.execute(
                text("INSERT INTO settings (key, value) VALUES (:k, to_jsonb(CAST(:v AS text)))"),
                {"k": key, "v": value},
            )


def worked(firm: Firm, person: int, day: date, *hours: int) -> None:
    """Somebody was there on an evening, and held sessions of an hour that began at ``hours``."""
    with transaction() as session:
        session.add(CheckIn(person_id=firm.therapists[person], business_date=day, in_at=manila(13, day=day)))
        for hour in hours:
            start, end = manila(hour, day=day), manila(hour + 1, day=day)
            visit = visit_row(session, firm, start, end)
            visit.business_date, visit.state, visit.closed_at = day, "completed", end
            held = {"answer": "released", "progress": "ended", "released_at": end}
            times = {"session_started_at": start, "session_ended_at": end}
            seat_row(session, firm, person, start, end, visit=visit, **held, **times)


def found(firm: Firm, *, now: datetime = NOW, **more: Any) -> list[Candidate]:
    with reading() as session:
        return preview(session, firm.request(**more), now=now).candidates


def names(listed: list[Candidate]) -> list[str]:
    return [one.name for one in listed if one.free]


def places(rows: Rows, visit: int) -> list[tuple[int, str]]:
    """Who has a place, by their number, and why."""
    return [
        (row.person_id, row.chosen_because)
        for row in rows(
            "SELECT person_id, chosen_because FROM assignments WHERE appointment_id = :v ORDER BY id", v=visit
        )
    ]


class TestOrder:
    """Who is on top of the list."""

    def test_balanced_goes_by_the_work_of_seven_evenings(self, firm: Firm) -> None:
        setting(policy="balanced")
        for back in range(1, 8):
            day = EVENING - timedelta(days=back)
            worked(firm, 0, day, 14, 16, 18)
            worked(firm, 1, day, 20)
            worked(firm, 2, day, 14, 18)
        # Whoever was never there starts where the others are on average, with two jobs an evening.
        listed = found(firm)
        assert names(listed) == ["Therapist 1", "Therapist 2", "Therapist 3", "Therapist 0"]
        assert [one.reason.partition(", no job")[0] for one in listed] == [
            "7 jobs, 7 h 00 in 7 evenings",
            "14 jobs, 14 h 00 in 7 evenings",
            "new or back, counts as average",
            "21 jobs, 21 h 00 in 7 evenings",
        ]
        # One job tonight, and the newcomer comes after whoever is at the average.
        firm.book(3, start=time(22, 45))
        assert names(found(firm))[1:3] == ["Therapist 2", "Therapist 3"]
        firm.book(2, start=time(22, 45))
        firm.book(2, start=time(14), minutes=15, now=manila(13))
        assert names(found(firm))[1:3] == ["Therapist 3", "Therapist 2"]

    def test_longest_idle_takes_no_notice_of_it(self, firm: Firm) -> None:
        worked(firm, 0, EVENING - timedelta(days=1), 14, 16, 18)
        assert names(found(firm)) == [f"Therapist {number}" for number in range(4)]
        assert found(firm)[0].reason == "no job yet tonight, free 8 h 00 before"

    def test_whoever_comes_back_is_neither_flooded_nor_starved(self, firm: Firm) -> None:
        setting(policy="balanced")
        for back in range(1, 8):
            worked(firm, 0, EVENING - timedelta(days=back), 14, 16)
            worked(firm, 1, EVENING - timedelta(days=back), 14)
        # Two evenings of the seven, on each of which they did what the colleagues do on average and a half.
        worked(firm, 2, EVENING - timedelta(days=6), 14, 16)
        worked(firm, 2, EVENING - timedelta(days=7), 14)
        listed = found(firm)
        assert names(listed) == ["Therapist 1", "Therapist 2", "Therapist 3", "Therapist 0"]
        assert listed[1].measure == "3 jobs, 3 h 00 in 2 evenings"

    def test_the_favourite_stays_first_however_much_they_did(self, firm: Firm) -> None:
        setting(policy="balanced")
        for back in range(1, 5):
            worked(firm, 3, EVENING - timedelta(days=back), 14, 16, 18)
            worked(firm, 0, EVENING - timedelta(days=back), 14)
        with transaction() as session:
            session.execute(text("UPDATE clients SET preferred_therapist_id = :p"), {"p": firm.therapists[3]})
        assert names(found(firm))[:2] == ["Therapist 3", "Therapist 0"]

    def test_work_past_midnight_counts_to_its_evening(self, firm: Firm) -> None:
        setting(policy="balanced")
        # 00:30 of the night that began eight evenings ago is too long ago, that of seven evenings ago is not.
        worked(firm, 0, EVENING - timedelta(days=8), 24)
        worked(firm, 1, EVENING - timedelta(days=7), 24)
        worked(firm, 2, EVENING - timedelta(days=1))
        by_name = {one.name: one.measure for one in found(firm, start=time(0, 30), minutes=15, now=manila(24, 20))}
        assert by_name["Therapist 0"] == by_name["Therapist 3"] == "new or back, counts as average"
        assert by_name["Therapist 1"] == "1 job, 1 h 00 in 1 evening"
        assert by_name["Therapist 2"] == "0 jobs, 0 min in 1 evening"

    def test_what_is_booked_counts_and_what_is_about_to_be_moved_does_not(self, firm: Firm, rows: Rows) -> None:
        setting(policy="balanced")
        visit = firm.book(0, start=time(22, 30))
        by_name = {one.name: one.measure for one in found(firm)}
        assert by_name["Therapist 0"] == "new or back, counts as average and 1 booked"
        [seat] = rows("SELECT id FROM assignments")
        with reading() as session:
            moved = candidates(session, wanted_for(session, visit), now=NOW, but=[seat.id])
        assert {one.measure for one in moved} == {"new or back, counts as average"}

    def test_it_takes_one_statement_more_for_everybody(self, firm: Firm) -> None:
        few = read(lambda session: preview(session, firm.request(), now=NOW))
        setting(policy="balanced")
        assert len(read(lambda session: preview(session, firm.request(), now=NOW))) == len(few) + 1


class TestChoice:
    """A place is given to whom the policy chooses."""

    def test_the_longest_idle_is_chosen_and_the_place_and_the_history_say_why(self, firm: Firm, rows: Rows) -> None:
        firm.book(0, start=time(20, 15), minutes=15)
        visit = firm.book(automatic=1, start=time(22))
        assert places(rows, visit) == [(firm.therapists[1], "Chosen automatically: longest idle, 9 h 00")]
        with reading() as session:
            shown = detail(session, visit, now=NOW)
        assert shown is not None
        assert shown["places"][0]["because"] == "Chosen automatically: longest idle, 9 h 00"
        assert shown["history"][0]["because"] == "Chosen automatically: Therapist 1 (longest idle, 9 h 00)"

    def test_a_group_is_filled_up_beside_those_chosen_by_hand_and_paid_for_each(self, firm: Firm, rows: Rows) -> None:
        firm.book(0, start=time(20, 15), minutes=15)
        visit = firm.book(3, automatic=2, start=time(22), driver_needed=True)
        chosen = dict(places(rows, visit))
        assert chosen == {
            firm.therapists[1]: "Chosen automatically: longest idle, 9 h 00",
            firm.therapists[2]: "Chosen automatically: next longest idle, 9 h 00",
            firm.therapists[3]: "no job yet tonight, free 9 h 00 before",
        }
        [row] = rows("SELECT price, car_needed FROM appointments WHERE id = :v", v=visit)
        assert (row.price, row.car_needed) == (1500, True)

    def test_balanced_says_what_it_went_by(self, firm: Firm, rows: Rows) -> None:
        setting(policy="balanced")
        for number in range(3):
            worked(firm, number, EVENING - timedelta(days=1), *(14, 16, 18)[number:])
        visit = firm.book(automatic=1)
        assert places(rows, visit) == [
            (firm.therapists[2], "Chosen automatically: least work lately, 1 job, 1 h 00 in 1 evening")
        ]

    def test_the_favourite_is_chosen_and_the_reason_is_that(self, firm: Firm, rows: Rows) -> None:
        with transaction() as session:
            session.execute(text("UPDATE clients SET preferred_therapist_id = :p"), {"p": firm.therapists[2]})
        assert places(rows, firm.book(automatic=1)) == [
            (firm.therapists[2], "Chosen automatically: client's favourite")
        ]

    def test_the_next_one_after_a_silence_has_the_reason_too(self, firm: Firm, rows: Rows) -> None:
        visit = firm.book(automatic=1)
        [seat] = rows("SELECT id, due_at FROM assignments")
        run(lambda session: lapse(session, seat.id, now=seat.due_at))
        assert places(rows, visit)[1] == (firm.therapists[1], "Chosen automatically: longest idle, 8 h 00")
        with reading() as session:
            shown = detail(session, visit, now=NOW)
        assert shown is not None
        assert shown["history"][0]["because"] == "Chosen automatically: Therapist 1 (longest idle, 8 h 00)"

    def test_past_midnight_it_is_the_evening_before_that_counts(self, firm: Firm, rows: Rows) -> None:
        firm.book(0, start=time(23), minutes=15, now=manila(22))
        visit = firm.book(automatic=1, start=time(0, 40), minutes=15, now=manila(24, 35))
        assert places(rows, visit) == [(firm.therapists[1], "Chosen automatically: longest idle, 11 h 40")]

    def test_the_same_save_sent_twice_chooses_once(self, firm: Firm, rows: Rows) -> None:
        visits = [firm.book(automatic=2, idempotency_key="one-tap") for _ in range(2)]
        assert len(set(visits)) == 1
        assert len(rows("SELECT 1 FROM assignments")) == 2


class TestTooFew:
    """When not enough are free, the operator hears when there are."""

    @pytest.mark.parametrize("automatic", [1, 2])
    def test_nobody_is_free_and_the_nearest_times_are_named(self, firm: Firm, automatic: int) -> None:
        firm.book(0, 1, 2, 3, now=manila(19))
        with pytest.raises(NotPossible) as refused:
            firm.book(automatic=automatic, now=manila(19))
        assert refused.value.field == "therapist_ids"
        assert refused.value.sentence == (
            "Nobody is free at 21:00. Free instead: 19:45, 20:00, 22:00, 22:15. Nothing typed is lost."
        )

    def test_one_of_two_is_not_enough(self, firm: Firm, row_counts: Callable[[], dict[str, int]]) -> None:
        firm.book(0, 1, 2)
        before = row_counts()
        with pytest.raises(
            NotPossible, match=r"Only 1 of 2 can be chosen: nobody else is free at 21:00\. Free instead: "
        ):
            firm.book(automatic=2, idempotency_key="again")
        assert row_counts() == before
        assert firm.book(automatic=1, idempotency_key="again")

    def test_with_nobody_tonight_the_next_evenings_are_named(self, firm: Firm) -> None:
        with transaction() as session:
            session.execute(text("DELETE FROM shifts"))
            for person in firm.therapists[:2]:
                day = EVENING + timedelta(days=2)
                whole = period(manila(13, day=day), manila(25, day=day))
                session.add(Shift(person_id=person, business_date=day, period=whole, source="by_hand"))
        with pytest.raises(NotPossible, match=r"Nobody is free at 21:00\. Free instead: Wed 25 Nov 21:00\."):
            firm.book(automatic=2)
        with pytest.raises(NotPossible, match="No other time of the next evenings has enough people free"):
            firm.book(automatic=3)

    def test_the_form_says_so_before_it_is_saved_and_offers_the_times(self, firm: Firm) -> None:
        with reading() as session:
            shown = preview(session, firm.request(automatic=2), now=NOW)
        assert [(one.name, one.because) for one in shown.chosen] == [
            ("Therapist 0", "longest idle, 8 h 00"),
            ("Therapist 1", "next longest idle, 8 h 00"),
        ]
        assert (shown.policy, shown.problems, shown.price) == (Policy.FIFO, [], 1000)
        firm.book(0, 1, 2)
        with reading() as session:
            shown = preview(session, firm.request(automatic=2), now=NOW)
        [problem] = shown.problems
        assert problem.sentence.startswith("Only 1 of 2 can be chosen")
        assert {one.starts_at for one in shown.alternatives.times} >= {manila(22, 15)}
