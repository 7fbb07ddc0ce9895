"""Changing and cancelling visits of a series: this and the following, or all to come; and what is never touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.queries.series_changes import preview_series_change
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.series_requests import Instead, Reach, SeriesChange
from guitara_app.appointments.services import (
    accept,
    cancel_reaching,
    cancel_series,
    change,
    change_series,
    end_series,
    start_session,
)
from guitara_app.appointments.services.series_changing import SeriesChanged
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Conflict, Invalid, NotAllowed, NotFound, NotPossible, Stale
from guitara_app.notifications.services import tell
from tests.integration.appointments.series_of import VISITS, Rows, ahead, evening, series, weeks_of_shifts
from tests.support.firm import NOW, Firm, open_firm

DAY = timedelta(days=1)
Visits = Callable[[int], list[Any]]


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    """Everybody works every evening."""
    made = open_firm()
    weeks_of_shifts(made)
    return made


@pytest.fixture
def of(rows: Rows) -> Visits:
    return lambda number: rows(VISITS, id=number)


def changed(
    firm: Firm, visit: int, reach: str = "following", *, version: int | None = None, key: str = "", **more: Any
) -> SeriesChanged:
    others = {name: more.pop(name) for name in ("instead", "otherwise") if name in more}
    now = more.pop("now", NOW)
    with reading() as session:
        seen = more.pop("seen", None) or fields_of(session, visit)
    request = SeriesChange(reach=Reach(reach), version=version, change=ChangeRequest(**more, seen=seen), **others)
    return run(
        lambda session: change_series(
            session, firm.operator, visit, request=request, now=now, reason="Client asked", idempotency_key=key
        )
    )


def starts(visits: list[Any]) -> list[str]:
    return [f"{one.starts_at + timedelta(hours=8):%a %d %H:%M}" for one in visits]


class TestFollowing:
    def test_it_ends_the_old_series_and_begins_a_new_one(self, firm: Firm, of: Visits, rows: Rows) -> None:
        old = series(firm, repeat={"times": 12})
        third = of(old)[2]
        done = changed(firm, third.id, start=time(22), notes="Ring twice, it's loud")
        assert done.series_id != old
        assert starts(of(old)) == ["Mon 23 21:00", "Mon 30 21:00"]
        assert starts(of(done.series_id))[:2] == ["Mon 07 22:00", "Mon 14 22:00"]
        assert {one.notes for one in of(done.series_id)} == {"Ring twice, it's loud"}
        before, after = rows("SELECT * FROM booking_series ORDER BY id")
        assert (before.ended_at, before.stops_before, before.next_evening, before.version) == (
            NOW, evening(2), None, 2
        )  # fmt: skip
        assert (after.times, after.first_evening, after.next_evening, after.start, after.continues_id) == (
            10, evening(2), evening(9), time(22), old
        )  # fmt: skip
        # What comes later is as the new one says, and none is booked twice.
        assert ahead(old, NOW + 30 * DAY) == 0
        assert ahead(done.series_id, NOW + 30 * DAY) == 3
        assert starts(of(done.series_id))[-1] == "Mon 08 22:00"
        assert len(of(done.series_id)) == 10

    def test_from_the_first_on_it_is_the_same_series(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        assert changed(firm, of(number)[0].id, start=time(22)).series_id == number
        assert {one.version for one in of(number)} == {2}

    def test_another_weekday_takes_the_rule_along(self, firm: Firm, of: Visits, rows: Rows) -> None:
        old = series(firm, repeat={"times": 12})
        done = changed(firm, of(old)[2].id, evening=evening(2) + 2 * DAY)
        assert starts(of(done.series_id))[:2] == ["Wed 09 21:00", "Wed 16 21:00"]
        [row] = rows("SELECT * FROM booking_series WHERE id = :id", id=done.series_id)
        assert (row.weekdays, row.first_evening, row.next_evening) == ([2], evening(2) + 2 * DAY, evening(9) + 2 * DAY)
        ahead(done.series_id, NOW + 30 * DAY)
        assert [one.series_date for one in of(done.series_id)] == [evening(week) + 2 * DAY for week in range(2, 12)]

    def test_other_people_and_the_old_ones_hear_of_it_once(self, firm: Firm, of: Visits, rows: Rows) -> None:
        number = series(firm)
        run(lambda session: tell(session, now=NOW, limit=500))
        changed(firm, of(number)[1].id, therapist_ids=[firm.therapists[1]])
        run(lambda session: tell(session, now=NOW, limit=500))
        told = rows("SELECT person_id, title, body FROM notifications WHERE title <> 'A series for you'")
        assert {(row.person_id, row.title) for row in told} == {
            (firm.therapists[0], "Visits of a series are not yours any more"),
            (firm.therapists[1], "A series has changed: can you come then?"),
        }
        assert len(told) == 2
        assert all("Every Monday, 21:00: 5 visits" in row.body for row in told)

    def test_who_is_not_asked_anew_is_told_once_too(self, firm: Firm, of: Visits, rows: Rows) -> None:
        number = series(firm)
        changed(firm, of(number)[1].id, notes="Bring oil")
        run(lambda session: tell(session, now=NOW, limit=500))
        told = rows("SELECT title FROM notifications WHERE title LIKE 'A series of yours%'")
        assert len(told) == 1


class TestAll:
    def test_one_that_was_changed_by_itself_keeps_what_it_was_given(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        alone = of(number)[3]
        run(
            lambda session: change(
                session, firm.operator, alone.id, request=ChangeRequest(start=time(23)), reason="Once", now=NOW
            )
        )
        done = changed(firm, of(number)[1].id, "all", start=time(22), notes="New dog")
        assert done.kept == []
        assert starts(of(number)) == [
            "Mon 23 22:00", "Mon 30 22:00", "Mon 07 22:00", "Mon 14 23:00", "Mon 21 22:00", "Mon 28 22:00"
        ]  # fmt: skip
        # Nobody had given it notes of its own.
        assert {one.notes for one in of(number)} == {"New dog"}
        assert changed(firm, of(number)[1].id, "all", start=time(21, 30)).kept == [alone.id]

    def test_the_visit_that_is_edited_takes_it_whatever_it_was_given(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        alone = of(number)[3]
        request = ChangeRequest(start=time(23))
        run(lambda session: change(session, firm.operator, alone.id, request=request, reason="Once", now=NOW))
        changed(firm, alone.id, "all", start=time(22))
        assert {start[-5:] for start in starts(of(number))} == {"22:00"}

    def test_what_is_under_way_or_over_is_never_touched(self, firm: Firm, of: Visits, rows: Rows) -> None:
        number = series(firm, start=time(20, 5))
        first = of(number)[0]
        [seat] = rows("SELECT id FROM assignments WHERE appointment_id = :id", id=first.id)
        run(lambda session: accept(session, firm.therapist(0), seat.id, now=NOW))
        run(lambda session: start_session(session, firm.therapist(0), seat.id, now=NOW))
        with pytest.raises(NotPossible, match="under way or over"):
            changed(firm, first.id, "all", start=time(22))
        changed(firm, of(number)[4].id, "all", start=time(22))
        assert starts(of(number))[:2] == ["Mon 23 20:05", "Mon 30 22:00"]
        # A week later the second is over as well.
        changed(firm, of(number)[4].id, "all", start=time(23), now=NOW + 8 * DAY)
        assert [start[-5:] for start in starts(of(number))] == ["20:05", "22:00", "23:00", "23:00", "23:00", "23:00"]


class TestClashes:
    def test_they_are_listed_with_what_is_free_and_do_not_fail_the_others(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        other = firm.book(0, start=time(22), evening=evening(3))
        second = of(number)[1]
        with reading() as session:
            request = ChangeRequest(start=time(22), seen=fields_of(session, second.id))
            shown = preview_series_change(session, second.id, Reach.FOLLOWING, request, now=NOW)
        assert shown.words == "Every Monday, 22:00"
        assert [row.state for row in shown.rows] == ["free", "free", "clash", "free", "free"]
        [clash] = shown.clashes
        assert f"(#{other})" in clash.why
        moves = [one.instead for one in clash.options if one.instead.do == "move"]
        assert moves
        with pytest.raises(Conflict) as refused:
            changed(firm, second.id, start=time(22))
        assert refused.value.field == "repeat"
        assert {start[-5:] for start in starts(of(number))} == {"21:00"}
        done = changed(firm, second.id, start=time(22), instead={clash.visit_id: moves[0]})
        assert len(done.changed) == 5
        assert [start[-5:] for start in starts(of(done.series_id))].count("22:00") == 4

    def test_a_clashing_one_may_stay_as_it_is(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        firm.book(0, start=time(22), evening=evening(3))
        fourth = of(number)[3]
        done = changed(firm, of(number)[1].id, start=time(22), instead={fourth.id: Instead(do="skip")})
        assert done.kept == [fourth.id]
        assert [start[-5:] for start in starts(of(done.series_id))] == ["22:00", "22:00", "21:00", "22:00", "22:00"]
        assert changed(firm, done.changed[0], start=time(22, 30), otherwise="keep").series_id == done.series_id


class TestTwoAtOnce:
    def test_the_second_is_told_and_nothing_is_lost(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        visit = of(number)[1]
        changed(firm, of(number)[0].id, "all", version=1, notes="From Bea")
        with pytest.raises(Stale) as refused:
            changed(firm, visit.id, version=1, start=time(22))
        assert refused.value.field == "reach"
        assert refused.value.sentence.startswith("Ana O'Hara changed this series at 20:00, while you were editing.")
        assert {one.notes for one in of(number)} == {"From Bea"}
        assert {start[-5:] for start in starts(of(number))} == {"21:00"}
        changed(firm, visit.id, version=2, start=time(22))

    def test_the_same_field_of_the_visit_itself_is_refused_by_name(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        visit = of(number)[1]
        with reading() as session:
            seen = fields_of(session, visit.id)
        request = ChangeRequest(start=time(23))
        run(lambda session: change(session, firm.operator, visit.id, request=request, reason="Once", now=NOW))
        with pytest.raises(Stale) as refused:
            changed(firm, visit.id, version=1, start=time(22), seen=seen)
        assert [clash.field for clash in refused.value.clashes] == ["start"]
        assert [start[-5:] for start in starts(of(number))].count("21:00") == 5

    def test_the_same_request_sent_twice_counts_once(self, firm: Firm, of: Visits, rows: Rows) -> None:
        number = series(firm)
        second = of(number)[1].id
        first = changed(firm, second, start=time(22), key="once").series_id
        assert changed(firm, second, start=time(22), key="once").series_id == first
        assert len(rows("SELECT 1 FROM booking_series")) == 2


class TestCancelling:
    def cancel(self, firm: Firm, visit: int, reach: str, **more: Any) -> None:
        values = {"now": NOW, "reason": "Moved away"} | more
        run(lambda session: cancel_reaching(session, firm.operator, visit, reach=reach, **values))

    def test_only_this_one(self, firm: Firm, of: Visits, rows: Rows) -> None:
        number = series(firm, repeat={"times": 12})
        self.cancel(firm, of(number)[2].id, "one")
        assert [one.state for one in of(number)].count("cancelled") == 1
        assert rows("SELECT version, ended_at FROM booking_series") == [(1, None)]

    def test_this_and_the_following_end_the_series(self, firm: Firm, of: Visits, rows: Rows) -> None:
        number = series(firm, repeat={"times": 12}, instead={evening(4): Instead(do="later")})
        self.cancel(firm, of(number)[2].id, "following:1")
        assert [one.state == "cancelled" for one in of(number)] == [False] * 2 + [True] * 6
        [row] = rows("SELECT * FROM booking_series")
        assert (row.stops_before, row.next_evening, row.version) == (evening(2), None, 2)
        assert rows("SELECT state FROM series_gaps") == [("ended",)]
        assert ahead(number, NOW + 60 * DAY) == 0
        run(lambda session: tell(session, now=NOW, limit=500))
        told = rows("SELECT body FROM notifications WHERE title = 'Visits of a series are cancelled'")
        assert len(told) == 1
        assert "Every Monday, 21:00: 6 visits" in told[0].body

    def test_all_to_come_and_the_second_is_told(self, firm: Firm, of: Visits) -> None:
        number = series(firm)
        visits = of(number)
        self.cancel(firm, visits[4].id, "following:1")
        with pytest.raises(Stale):
            self.cancel(firm, visits[2].id, "all:1")
        self.cancel(firm, visits[2].id, "all:2")
        assert {one.state for one in of(number)} == {"cancelled"}

    def test_the_series_itself_is_ended(self, firm: Firm, of: Visits) -> None:
        number = series(firm)

        def end(**more: Any) -> None:
            values = {"version": 1, "now": NOW, "reason": "Moved away"} | more
            run(lambda session: end_series(session, firm.operator, number, **values))

        with pytest.raises(Invalid):
            end(reason=" ")
        end()
        assert {one.state for one in of(number)} == {"cancelled"}
        with pytest.raises(NotPossible):
            end(version=2)
        with pytest.raises(NotFound):
            run(lambda session: end_series(session, firm.operator, 99, version=None, now=NOW, reason="x"))

    def test_what_cannot_be(self, firm: Firm, of: Visits) -> None:
        single, number = firm.book(1), series(firm)
        with pytest.raises(NotPossible, match="not part of a series"):
            self.cancel(firm, single, "all")
        with pytest.raises(Invalid):
            self.cancel(firm, single, "everything")
        with pytest.raises(NotFound):
            self.cancel(firm, 999, "all")
        firm.operator = firm.therapist(0)
        with pytest.raises(NotAllowed):
            self.cancel(firm, of(number)[0].id, "all")
        with pytest.raises(NotAllowed):
            run(
                lambda session: cancel_series(
                    session, firm.operator, of(number)[0].id, reach=Reach.ALL, version=None, now=NOW, reason="x"
                )
            )


def test_a_monthly_series_moves_to_another_day_of_its_month(firm: Firm, of: Visits) -> None:
    fridays = {"frequency": "monthly", "weekdays": (4,), "nth": 1, "times": 4}
    number = series(firm, repeat=fridays)
    assert [one.series_date for one in of(number)] == [date(2026, 12, 4), date(2027, 1, 1)]
    done = changed(firm, of(number)[0].id, evening=date(2026, 12, 12))
    assert [one.business_date for one in of(done.series_id)] == [date(2026, 12, 12), date(2027, 1, 9)]
    with pytest.raises(Invalid) as refused:
        changed(firm, of(done.series_id)[0].id, evening=date(2027, 1, 2))
    assert refused.value.field == "evening"
