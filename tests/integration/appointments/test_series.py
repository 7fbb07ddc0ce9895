"""Booking visits that come again: what is booked now and later, what clashes, and what the desk makes of it."""

from __future__ import annotations

import threading
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.queries import own_night
from guitara_app.appointments.queries.attention import needs_me_now
from guitara_app.appointments.queries.series import choices_stand
from guitara_app.appointments.queries.series_gaps import gap_rows
from guitara_app.appointments.queries.wishes import waiting_list
from guitara_app.appointments.requests import BookingRequest, WishRequest
from guitara_app.appointments.series_requests import Instead
from guitara_app.appointments.services import (
    accept_all,
    add_wish,
    book,
    cancel,
    claim,
    close_past_gaps,
    fill_gap,
    remind_unanswered,
    skip_gap,
    wishes_met,
)
from guitara_app.appointments.services import series as series_module
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import Conflict, GuitaraError, Invalid, NotAllowed, NotFound, NotPossible
from guitara_app.notifications.services import tell
from tests.integration.appointments.series_of import VISITS, Rows, ahead, evening, seen, series, weeks_of_shifts
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm

SKIP, LATER, ANYWAY = Instead(do="skip"), Instead(do="later"), Instead(do="anyway")


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    """Everybody works every evening."""
    made = open_firm()
    weeks_of_shifts(made)
    return made


def gaps(rows: Rows) -> list[tuple[date, str]]:
    return [(row.business_date, row.state) for row in rows("SELECT * FROM series_gaps ORDER BY business_date")]


def taken(firm: Firm, week: int, **more: Any) -> int:
    """Therapist 0 has something else on that Monday."""
    return firm.book(0, evening=evening(week), **more)


def test_six_mondays_are_six_visits_at_the_same_time_of_the_clock(firm: Firm, rows: Rows) -> None:
    number = series(firm)
    visits = rows(VISITS, id=number)
    assert [one.series_date for one in visits] == [evening(week) for week in range(6)]
    assert [one.starts_at for one in visits] == [manila(21, day=evening(week)) for week in range(6)]
    assert {tuple(one.people) for one in visits} == {(firm.therapists[0],)}
    [row] = rows("SELECT * FROM booking_series")
    assert (row.next_evening, row.version, row.ended_at) == (None, 1, None)


def test_past_midnight_belongs_to_its_evening(firm: Firm, rows: Rows) -> None:
    visits = rows(VISITS, id=series(firm, start=time(0, 15), minutes=30))
    assert [one.series_date for one in visits] == [evening(week) for week in range(6)]
    assert visits[0].starts_at == manila(24, 15)
    assert [one.business_date for one in visits] == [one.series_date for one in visits]


def test_the_same_request_sent_twice_books_one_series(firm: Firm, rows: Rows) -> None:
    first, second = (series(firm, idempotency_key="once") for _ in range(2))
    assert first == second
    assert len(rows("SELECT id FROM appointments")) == 6


def test_a_series_ends_the_waiting_that_its_visits_answer(firm: Firm) -> None:
    def waits(week: int, **more: Any) -> int:
        wish = WishRequest(
            client_id=firm.client,
            address_id=firm.address,
            service_ids=[firm.service],
            first_evening=evening(week),
            last_evening=evening(week),
            driver_needed=False,
            **more,
        )
        return run(lambda session: add_wish(session, firm.operator, wish, now=NOW))

    def still() -> set[int]:
        with reading() as session:
            return {wish["id"] for wish in waiting_list(session)["wishes"]}

    third, other_time, chosen = waits(2), waits(3, earliest=time(14), latest=time(15)), waits(7)
    booked = series(firm)
    assert run(lambda session: wishes_met(session, firm.operator, booked, now=NOW))
    assert still() == {other_time, chosen}
    # The one the form was opened for is answered by the first, whatever had been asked for.
    run(lambda session: wishes_met(session, firm.operator, booked, chosen, now=NOW))
    assert still() == {other_time}
    assert third not in still()


def test_only_the_desk_books_one(firm: Firm) -> None:
    firm.operator = firm.therapist(0)
    with pytest.raises(NotAllowed):
        series(firm)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"evening": EVENING - timedelta(days=1)}, "evening"),
        ({"evening": None}, "evening"),
        ({"start": None}, "start"),
        ({"service_ids": []}, "service_ids"),
        ({"therapist_ids": []}, "therapist_ids"),
        ({"evening": EVENING, "repeat": {"times": None, "until": EVENING - timedelta(days=7)}}, "repeat"),
    ],
)
def test_what_cannot_be_is_refused_by_field(firm: Firm, wrong: dict[str, Any], field: str, rows: Rows) -> None:
    with pytest.raises(Invalid) as refused:
        series(firm, **wrong)
    assert refused.value.field == field
    assert rows("SELECT 1 FROM booking_series") == []


class TestClashes:
    def test_the_preview_names_them_with_what_is_free_instead(self, firm: Firm) -> None:
        other = taken(firm, 2)
        shown = seen(firm)
        assert (shown.words, shown.ends, shown.later) == ("Every Monday, 21:00", "6 visits", 0)
        assert [row.state for row in shown.rows] == ["free", "free", "clash", "free", "free", "free"]
        [clash] = shown.clashes
        assert clash.why == f"Therapist 0 is taken by Mrs D'Souza, 21:00 to 22:00 (#{other})."
        labels = [one.label for one in clash.options]
        assert "At 22:00" in labels
        assert any(label.startswith("Therapist 1.") for label in labels)

    def test_each_sort_is_said(self, firm: Firm, scratch: Scratch) -> None:
        them = firm.therapists[0]
        for week in (1, 2, 3):
            scratch.sql("DELETE FROM shifts WHERE person_id = %s AND business_date = %s", them, evening(week))
        scratch.sql(
            "INSERT INTO time_off (person_id, period, state) VALUES (%s, tstzrange(%s, %s), 'approved')",
            them,
            manila(6, day=evening(1)),
            manila(30, day=evening(1)),
        )
        scratch.sql("INSERT INTO settings (key, value) VALUES ('holiday_rule', '\"closed\"')")
        # 30 November, Bonifacio Day, is the first of them; nobody said anything about 7 December.
        shown = seen(firm)
        assert [row.why for row in shown.clashes] == [
            "Therapist 0: has time off.",
            "Therapist 0: not on shift.",
            "Therapist 0: not on shift.",
        ]
        assert shown.rows[1].note == "Bonifacio Day, closed"
        assert all(
            "Book all the same, with the reason below" in [o.label for o in row.options] for row in shown.clashes
        )

    def test_nothing_is_saved_while_one_is_undecided(self, firm: Firm, rows: Rows) -> None:
        other = taken(firm, 2)
        with pytest.raises(Conflict) as refused:
            series(firm)
        assert refused.value.field == "repeat"
        assert refused.value.sentence.startswith("An evening cannot be booked like the others.")
        assert "Mon 7 Dec: Therapist 0 is taken by" in refused.value.sentence
        assert [clash.appointment_id for clash in refused.value.overlaps] == [other]
        assert rows("SELECT 1 FROM booking_series") == []
        assert len(rows("SELECT 1 FROM events WHERE kind = 'booked'")) == 1

    def test_another_time_other_people_skipped_left_and_all_the_same(
        self, firm: Firm, rows: Rows, scratch: Scratch
    ) -> None:
        for week in range(1, 5):
            taken(firm, week)
        scratch.sql("DELETE FROM shifts WHERE person_id = %s AND business_date = %s", firm.therapists[0], evening(5))
        number = series(
            firm,
            instead={
                evening(1): Instead(do="move", start=time(22)),
                evening(2): Instead(do="move", therapist_ids=(firm.therapists[1],)),
                evening(3): SKIP,
                evening(4): LATER,
                evening(5): ANYWAY,
            },
            off_shift_reason="She said it's fine.",
        )
        visits = rows(VISITS, id=number)
        assert [one.series_date for one in visits] == [evening(week) for week in (0, 1, 2, 5)]
        assert visits[1].starts_at == manila(22, day=evening(1))
        assert visits[2].people == [firm.therapists[1]]
        [seat] = rows("SELECT override_reason FROM assignments WHERE appointment_id = :id", id=visits[3].id)
        assert seat.override_reason == "She said it's fine."
        # Whoever was on shift was not booked outside of it.
        [seat] = rows("SELECT override_reason FROM assignments WHERE appointment_id = :id", id=visits[0].id)
        assert seat.override_reason == ""
        assert gaps(rows) == [(evening(3), "skipped"), (evening(4), "open")]

    def test_taken_cannot_be_booked_all_the_same(self, firm: Firm) -> None:
        taken(firm, 2)
        with pytest.raises(Conflict):
            series(firm, instead={evening(2): ANYWAY}, off_shift_reason="Because.")

    @pytest.mark.parametrize(("otherwise", "state"), [("skip", "skipped"), ("later", "open")])
    def test_what_nobody_decided_goes_as_was_said(self, firm: Firm, rows: Rows, otherwise: str, state: str) -> None:
        taken(firm, 2)
        number = series(firm, otherwise=otherwise)
        assert len(rows(VISITS, id=number)) == 5
        assert gaps(rows) == [(evening(2), state)]

    def test_a_choice_that_is_not_offered_any_more_does_not_stand(self, firm: Firm) -> None:
        taken(firm, 2)
        shown = seen(firm)
        offered = shown.clashes[0].options[0].instead
        gone = Instead(do="move", start=time(21))
        chosen = {evening(2): offered, evening(3): gone}
        assert choices_stand(shown.rows, chosen) == {evening(2): offered}


class TestLater:
    def test_later_ones_are_booked_as_they_come_within_reach(self, firm: Firm, rows: Rows) -> None:
        number = series(firm, repeat={"times": 12})
        assert len(rows(VISITS, id=number)) == 9  # today, and 8 weeks on
        [row] = rows("SELECT next_evening FROM booking_series")
        assert row.next_evening == evening(9)
        assert ahead(number, NOW) == 0
        assert [ahead(number, NOW + timedelta(days=days)) for days in (6, 7, 7, 8)] == [0, 1, 0, 0]
        assert ahead(number, NOW + timedelta(days=60)) == 2
        assert [one.series_date for one in rows(VISITS, id=number)] == [evening(week) for week in range(12)]
        assert rows("SELECT next_evening FROM booking_series")[0].next_evening is None
        assert {row.booked_by_id for row in rows("SELECT booked_by_id FROM appointments")} == {firm.operator.person_id}

    def test_whoever_looks_at_once_books_each_once(self, firm: Firm, rows: Rows) -> None:
        number = series(firm, repeat={"times": None})
        at, failed = NOW + timedelta(days=28), list[Exception]()

        def look() -> None:
            try:
                ahead(number, at)
            except Exception as error:
                failed.append(error)

        both = [threading.Thread(target=look) for _ in range(4)]
        [one.start() for one in both]
        [one.join() for one in both]
        assert failed == []
        assert [one.series_date for one in rows(VISITS, id=number)] == [evening(week) for week in range(13)]

    def test_what_cannot_be_had_waits_for_the_desk_and_is_not_dropped(self, firm: Firm, rows: Rows) -> None:
        number = series(firm, repeat={"times": 10})
        later = NOW + timedelta(days=7)
        run(lambda session: book(session, firm.operator, firm.request(0, evening=evening(9)), now=later))
        assert (ahead(number, later), ahead(number, later)) == (0, 0)
        assert gaps(rows) == [(evening(9), "open")]
        with reading() as session:
            [entry] = [one for one in needs_me_now(session, now=later).values() if one.kind == "series"]
            [row] = gap_rows(session)
        assert entry.title == "Series of Mrs D'Souza: not booked"
        assert "Mon 25 Jan 21:00" in entry.detail
        assert "Therapist 0 is taken by" in entry.detail
        assert "At 22:00" in entry.more
        assert entry.ways[0]["to"] == f"/waiting?gap={row['id']}"
        run(lambda session: claim(session, firm.operator, entry.key, now=later))
        run(lambda session: tell(session, now=later, limit=500))
        told = rows("SELECT body, link FROM notifications WHERE title LIKE 'An evening of a series%'")
        assert [(one.body, one.link) for one in told] == [
            ("Mrs D'Souza, Mon 25 Jan 21:00", f"/waiting?gap={row['id']}")
        ]
        # Booked from there, it stands for its evening.
        other = run(lambda session: book(session, firm.operator, firm.request(1, evening=evening(9)), now=later))
        run(lambda session: fill_gap(session, firm.operator, row["id"], other, now=later))
        assert rows(VISITS, id=number)[-1].id == other
        assert gaps(rows) == [(evening(9), "booked")]
        with pytest.raises(NotPossible):
            run(lambda session: skip_gap(session, firm.operator, row["id"], reason="Away.", now=later))

    def test_an_evening_is_skipped_with_a_reason_or_passes(self, firm: Firm, rows: Rows) -> None:
        series(firm, instead={evening(1): LATER, evening(2): LATER})
        first, second = (row.id for row in rows("SELECT id FROM series_gaps ORDER BY business_date"))
        with pytest.raises(Invalid):
            run(lambda session: skip_gap(session, firm.operator, first, reason="x" * 30_000, now=NOW))
        run(lambda session: skip_gap(session, firm.operator, first, reason="She's away", now=NOW))
        assert run(lambda session: close_past_gaps(session, now=NOW + timedelta(days=14))) == 0
        assert run(lambda session: close_past_gaps(session, now=NOW + timedelta(days=15))) == 1
        assert gaps(rows) == [(evening(1), "skipped"), (evening(2), "past")]
        assert second

    def test_a_cancelled_visit_is_not_booked_again(self, firm: Firm, rows: Rows) -> None:
        number = series(firm, repeat={"times": 10})
        visit = rows(VISITS, id=number)[3]
        run(lambda session: cancel(session, firm.operator, visit.id, reason="Away", now=NOW))
        ahead(number, NOW + timedelta(days=7))
        assert [one.series_date for one in rows(VISITS, id=number)] == [evening(week) for week in range(10)]


class TestOnce:
    """An evening of a series is booked once; the index holds when no service does."""

    @pytest.mark.parametrize("guarded", [True, False])
    def test_two_workers_that_do_not_wait_for_each_other(
        self, firm: Firm, rows: Rows, scratch: Scratch, monkeypatch: pytest.MonkeyPatch, guarded: bool
    ) -> None:
        # The policy chooses, so that each finds somebody else and no overlap stops the second.
        number = series(firm, automatic=1, therapist_ids=[], repeat={"times": 10})
        if not guarded:
            scratch.sql("DROP INDEX uq_appointments_series")
        monkeypatch.setattr(series_module, "_handled", lambda *_: set())
        meet = threading.Barrier(2)
        plain = series_module._book_evening

        def together(*given: Any, **more: Any) -> Any:
            meet.wait(10)
            return plain(*given, **more)

        monkeypatch.setattr(series_module, "_book_evening", together)
        failed: list[Exception] = []

        def look() -> None:
            try:
                with transaction() as session:
                    # As if the row had not been held: read without its lock.
                    get = session.get
                    session.get = lambda model, key, **_: get(model, key)  # type: ignore[method-assign]
                    series_module.book_ahead(session, number, now=NOW + timedelta(days=7))
            except Exception as error:
                failed.append(error)

        both = [threading.Thread(target=look) for _ in range(2)]
        [one.start() for one in both]
        [one.join() for one in both]
        of_last = [one for one in rows(VISITS, id=number) if one.series_date == evening(9)]
        assert len(of_last) == (1 if guarded else 2)
        assert [type(error) for error in failed] == ([IntegrityError] if guarded else [])


class TestToldOnce:
    def test_each_therapist_hears_of_the_series_once(self, firm: Firm, rows: Rows) -> None:
        series(
            firm,
            0,
            1,
            driver_needed=False,
            instead={evening(2): Instead(do="move", therapist_ids=(firm.therapists[2],))},
        )
        run(lambda session: tell(session, now=NOW, limit=500))
        told = {row.person_id: row for row in rows("SELECT * FROM notifications")}
        assert len(rows("SELECT 1 FROM notifications")) == len(told) == 3
        assert told[firm.therapists[0]].title == "A series for you"
        assert told[firm.therapists[0]].body == (
            "Shiatsu in Pasig. Every Monday, 21:00: 5 visits, the first Mon 21:00. Answer the first by Mon 20:30."
        )
        assert "1 visit" in told[firm.therapists[2]].body

    def test_and_is_reminded_once(self, firm: Firm, rows: Rows) -> None:
        series(firm)
        at = NOW + timedelta(minutes=25)
        run(lambda session: remind_unanswered(session, now=at, limit=100))
        run(lambda session: tell(session, now=at, limit=500))
        assert len(rows("SELECT 1 FROM notifications WHERE title LIKE 'Answer now%'")) == 1


def test_the_system_books_only_what_is_of_a_series(firm: Firm) -> None:
    with pytest.raises(NotAllowed):
        run(lambda session: book(session, SYSTEM, BookingRequest(), now=NOW))
    assert issubclass(NotAllowed, GuitaraError)


class TestAccepting:
    def accept(self, firm: Firm, seat: int, by: Any, **more: Any) -> None:
        run(lambda session: accept_all(session, by, seat, all_of_series=True, now=NOW, **more))

    def answers(self, rows: Rows) -> list[str]:
        return [row.answer for row in rows("SELECT answer FROM assignments ORDER BY planned_start, id")]

    def test_one_tap_says_yes_to_all_of_it_and_to_nothing_else(self, firm: Firm, rows: Rows) -> None:
        series(firm)
        firm.book(0, evening=evening(1), start=time(17))
        [first, *_] = rows("SELECT id FROM assignments ORDER BY planned_start")
        with reading() as session:
            night = own_night(session, firm.therapists[0], now=NOW)
        jobs = [*night["now_jobs"], *night["next_jobs"], *night["later_jobs"]]
        job = next(one for one in jobs if one["step"]["target_id"] == first.id)
        [tap] = [one for one in job["more"] if one["label"] == "Accept all of this series"]
        assert (tap["target_id"], tap["values"]) == (first.id, {"all_of_series": ["true"]})
        for _ in range(2):
            self.accept(firm, first.id, firm.therapist(0), idempotency_key="tap")
        assert self.answers(rows) == ["accepted", "offered", *["accepted"] * 5]

    def test_what_cannot_be_accepted_any_more_stops_nothing(self, firm: Firm, rows: Rows) -> None:
        number = series(firm)
        third = rows(VISITS, id=number)[2]
        run(lambda session: cancel(session, firm.operator, third.id, reason="Away", now=NOW))
        [first, *_] = rows("SELECT id FROM assignments ORDER BY planned_start")
        self.accept(firm, first.id, firm.therapist(0))
        assert self.answers(rows).count("accepted") == 5

    def test_nobody_accepts_for_others_but_the_desk_with_a_reason_told_once(self, firm: Firm, rows: Rows) -> None:
        series(firm)
        [first, *_] = rows("SELECT id FROM assignments ORDER BY planned_start")
        with pytest.raises(NotFound):
            self.accept(firm, first.id, firm.therapist(1))
        with pytest.raises(Invalid):
            self.accept(firm, first.id, firm.operator)
        run(lambda session: tell(session, now=NOW, limit=500))
        self.accept(firm, first.id, firm.operator, reason="Phone is dead")
        run(lambda session: tell(session, now=NOW, limit=500))
        assert self.answers(rows) == ["accepted"] * 6
        assert len(rows("SELECT 1 FROM notifications WHERE title LIKE '%did this for you%'")) == 1
