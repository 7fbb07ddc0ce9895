"""The plan of weeks and months: everybody's visits, trips and hours, on the firm's own clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.appointments.queries.month import MonthPlan, month_news, month_plan
from guitara_app.appointments.queries.plan import WeekPlan, week_news, week_plan
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import accept, cancel, change
from guitara_app.availability.models import Shift, TimeOff
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.events import month_key, plan_topics, week_key
from guitara_app.kit.time import period
from tests.integration.appointments.series_of import series, weeks_of_shifts
from tests.support.firm import EVENING, NOW, Firm, manila

MONDAY = EVENING - timedelta(days=EVENING.weekday())


def week(of: date = MONDAY, now: datetime = NOW) -> WeekPlan:
    with reading() as session:
        return week_plan(session, of, now=now)


def test_half_past_midnight_stands_on_its_evening_and_on_the_firms_clock(firm: Firm) -> None:
    visit = firm.book(0, 1, start=time(0, 30), off_shift_reason="agreed")
    [shown] = week()["visits"]
    assert (shown["id"], shown["evening"]) == (visit, "2026-11-23")
    assert (shown["starts"], shown["ends"]) == ("2026-11-24T00:30", "2026-11-24T01:30")
    assert (shown["client"], shown["place"], shown["services"]) == ("Mrs D'Souza", "Pasig", "Shiatsu")
    assert [seat["name"] for seat in shown["seats"]] == ["Therapist 0", "Therapist 1"]
    assert {(seat["starts"], seat["until"]) for seat in shown["seats"]} == {("2026-11-24T00:30", "2026-11-24T01:30")}
    assert shown["movable"]
    assert week()["now"] == "2026-11-23T20:00"


def test_sunday_night_is_of_the_week_that_ends(firm: Firm, rows: Any) -> None:
    sunday = MONDAY + timedelta(days=6)
    hours = period(manila(13, day=sunday), manila(26, day=sunday))
    with transaction() as session:
        session.add(Shift(person_id=firm.therapists[0], business_date=sunday, period=hours, source="by_hand"))
    visit = firm.book(0, evening=sunday, start=time(0, 30))
    assert [one["id"] for one in week()["visits"]] == [visit]
    assert week(MONDAY + timedelta(days=7))["visits"] == []
    assert [(one["starts"], one["ends"]) for one in week()["spans"] if one["key"].startswith("shift")][-1] == (
        "2026-11-29T13:00",
        "2026-11-30T02:00",
    )


def test_a_cancelled_visit_stays_with_whom_it_had_and_moves_no_more(firm: Firm) -> None:
    visit = firm.book(0)
    run(lambda session: cancel(session, firm.operator, visit, reason="client ill", now=NOW))
    [shown] = week()["visits"]
    assert (shown["state"], shown["movable"], [seat["name"] for seat in shown["seats"]]) == (
        "cancelled",
        False,
        ["Therapist 0"],
    )


def test_trips_hours_and_time_off_stand_beside_the_visits(firm: Firm, rows: Any) -> None:
    visit = firm.book(0, driver_needed=True)
    away = period(manila(13), manila(25))
    with transaction() as session:
        session.add(TimeOff(person_id=firm.therapists[1], period=away, state="approved", reason="wedding"))
    shown = week()
    [leg] = shown["legs"]
    assert (leg["visit_id"], leg["way"], leg["driver_id"], leg["movable"]) == (visit, "out", 0, True)
    assert leg["words"] == "Therapist to Pasig"
    assert leg["starts"] < leg["ends"] <= "2026-11-23T21:00"
    [off] = [span for span in shown["spans"] if span["kind"] == "off"]
    assert (off["person_id"], off["starts"], off["ends"]) == (
        firm.therapists[1],
        "2026-11-23T13:00",
        "2026-11-24T01:00",
    )
    assert {span["person_id"] for span in shown["spans"]} == {*firm.therapists, *firm.drivers}
    assert [person["role"] for person in shown["people"]] == ["therapist"] * 4 + ["driver"] * 2
    assert "wedding" not in str(shown)


def test_a_session_shows_when_it_was_held(firm: Firm, rows: Any) -> None:
    firm.book(0)
    values = {"began": manila(21, 10), "ended": manila(22, 20)}
    with transaction() as session:
        session.execute(
            text(
                "UPDATE assignments SET answer = 'released', progress = 'ended', session_started_at = :began,"
                " session_ended_at = :ended, released_at = :ended, occupied = tstzrange(:began, :ended, '[)')"
            ),
            values,
        )
    [seat] = week()["visits"][0]["seats"]
    assert (seat["starts"], seat["ends"], seat["until"]) == ("2026-11-23T21:10", "2026-11-23T22:20", "2026-11-23T22:20")


def month(number: int = 11, now: datetime = NOW) -> MonthPlan:
    with reading() as session:
        return month_plan(session, 2026, number, now=now)


def test_a_month_says_in_few_letters_what_a_week_says(firm: Firm, rows: Any) -> None:
    firm.book(0, 1, start=time(0, 30), off_shift_reason="agreed")
    ended = firm.book(2, start=time(22))
    run(lambda session: cancel(session, firm.operator, ended, reason="client ill", now=NOW))
    plan = month()
    assert len(plan["visits"]) == 2
    for long, short in zip(
        week()["visits"], sorted(plan["visits"], key=lambda one: (one["a"], one["id"])), strict=True
    ):
        day = date.fromisoformat(plan["first"]) + timedelta(days=short["d"])
        midnight = datetime.combine(day, time())
        seats = [*short.get("p", []), *short.get("o", [])]
        assert (short["id"], day.isoformat(), short["c"]) == (long["id"], long["evening"], long["client"])
        assert f"{midnight + timedelta(minutes=short['a']):%Y-%m-%dT%H:%M}" == long["starts"]
        assert f"{midnight + timedelta(minutes=short['b']):%Y-%m-%dT%H:%M}" == long["ends"]
        assert plan["states"][short["s"]] == long["state"]
        assert (long["state"] in plan["movable"]) == long["movable"]
        assert [plan["names"][str(one)] for one in seats] == [seat["name"] for seat in long["seats"]]
        assert " + ".join(plan["services"][str(one)] for one in short["v"]) == long["services"]
        assert plan["zones"][str(short["z"])] == long["zone"]
    assert [len(one.get("p", [])) for one in plan["visits"]] == [0, 2]


def test_what_is_of_a_series_is_told_from_what_comes_once(firm: Firm) -> None:
    weeks_of_shifts(firm, 14)
    once = firm.book(1, start=time(22))
    series(firm, repeat={"times": 1})
    expected = {visit["id"]: visit["id"] != once for visit in week()["visits"]}
    assert len(expected) == 2
    assert {visit["id"]: visit["repeats"] for visit in week()["visits"]} == expected
    assert {visit["id"]: "r" in visit for visit in month()["visits"]} == expected


def test_weeks_and_months_name_their_holidays(firm: Firm) -> None:
    assert week(date(2026, 11, 30))["holidays"] == {"2026-11-30": "Bonifacio Day"}
    assert week()["holidays"] == {}
    assert month()["holidays"]["2026-11-30"] == "Bonifacio Day"


def test_news_of_a_month_say_what_reading_all_of_it_says(firm: Firm, rows: Any) -> None:
    first = firm.book(0, start=time(22))
    before = month()
    with reading() as session:
        assert month_news(session, before, {first}) == {}
    second = firm.book(1, start=time(21))
    with reading() as session:
        news = month_news(session, before, {second})
    after = month()
    assert (news["visits"], news["names"]) == (after["visits"], after["names"])


def test_a_month_has_the_days_that_complete_its_weeks(firm: Firm) -> None:
    visit = firm.book(0)
    with reading() as session:
        november = month_plan(session, 2026, 11, now=NOW)
        october = month_plan(session, 2026, 10, now=NOW)
        december = month_plan(session, 2026, 12, now=NOW)
    assert (november["first"], november["last"]) == ("2026-10-26", "2026-12-06")
    assert (december["first"], december["last"]) == ("2026-11-30", "2027-01-03")
    assert [one["id"] for one in november["visits"]] == [visit]
    assert (october["visits"], december["visits"]) == ([], [])


@pytest.mark.parametrize("day", [date(2026, 11, 29), date(2026, 11, 30), date(2026, 12, 6), date(2027, 1, 1)])
def test_a_change_is_told_to_every_plan_that_shows_its_day(firm: Firm, day: date) -> None:
    shown = set()
    with reading() as session:
        for ahead in range(-1, 3):
            year, month = divmod(month_key(day) + ahead, 12)
            plan = month_plan(session, year, month + 1, now=NOW)
            if plan["first"] <= day.isoformat() <= plan["last"]:
                shown.add(f"month:{month_key(date(year, month + 1, 1))}")
    assert plan_topics(day) == shown | {f"week:{week_key(day)}"}


def test_a_move_to_another_week_is_told_to_both(firm: Firm, rows: Any) -> None:
    visit = firm.book(0)
    later = EVENING + timedelta(days=7)
    request = ChangeRequest(evening=later, off_shift_reason="agreed")
    run(lambda session: change(session, firm.operator, visit, request=request, reason="client asked", now=NOW))
    [told] = rows("SELECT topics FROM events WHERE kind = 'appointment_changed'")
    assert {f"week:{week_key(EVENING)}", f"week:{week_key(later)}"} <= set(told.topics)


def test_news_of_a_visit_say_what_reading_everything_says(firm: Firm, rows: Any) -> None:
    first, second = firm.book(0, start=time(22)), firm.book(1, start=time(23))
    before = week()
    [seat] = rows("SELECT id FROM assignments WHERE appointment_id = :v", v=first)
    run(lambda session: accept(session, firm.therapist(0), seat.id, now=NOW))
    third = firm.book(2, start=time(21))
    with reading() as session:
        news = week_news(session, before, {first, third})
        assert week_news(session, before, {second}) == {}
    assert news["visits"] == week()["visits"]
    assert [one["id"] for one in news["visits"]] == [third, first, second]
