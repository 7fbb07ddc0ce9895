"""Usual hours, evenings set by hand and time off become shifts, and those decide who is free."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta

import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import disable
from guitara_app.appointments.queries import preview
from guitara_app.appointments.queries.outside import outside_hours
from guitara_app.appointments.services import cancel
from guitara_app.availability.queries import on_shift_now, people_with_hours, person_hours, shift_periods, shifts_of
from guitara_app.availability.rules import Hours
from guitara_app.availability.services import extend, set_shift, set_week, usual_shift
from guitara_app.availability.views import ShiftRow
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound, Stale
from guitara_app.kit.time import period
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm
from workers.tasks import extend_shifts

pytestmark = pytest.mark.usefixtures("database")

WHOLE_WEEK = {weekday: Hours(time(13), time(1)) for weekday in range(7)}
TOMORROW = EVENING + timedelta(days=1)


@pytest.fixture
def firm(database: object) -> Firm:
    return open_firm()


def set_hours(
    firm: Firm, person: int, hours: tuple[time, time] | None, evening: date = EVENING, now: datetime = NOW
) -> None:
    run(lambda session: set_shift(session, firm.operator, person, evening, hours, now=now))


def set_usual(firm: Firm, person: int, week: dict[int, Hours | None], *, by: Actor | None = None) -> None:
    run(lambda session: set_week(session, by or firm.operator, person, week, now=NOW))


def row_of(person: int, evening: date = EVENING, now: datetime = NOW) -> ShiftRow:
    with reading() as session:
        return next(row for row in shifts_of(session, evening, now=now) if row["person_id"] == person)


def hours_of(person: int, evening: date = EVENING) -> tuple[str, str]:
    row = row_of(person, evening)
    return row["starts"], row["ends"]


def is_free(firm: Firm, index: int, start: time, evening: date = EVENING) -> bool:
    with reading() as session:
        found = preview(session, firm.request(start=start, evening=evening), now=NOW).candidates
    return next(candidate.free for candidate in found if candidate.person_id == firm.therapists[index])


def test_a_shift_past_midnight_makes_somebody_free_until_its_end(firm: Firm) -> None:
    set_hours(firm, firm.therapists[0], (time(22), time(2)))
    assert hours_of(firm.therapists[0]) == ("22:00", "02:00")
    assert not is_free(firm, 0, time(21, 30))
    assert is_free(firm, 0, time(22))
    assert is_free(firm, 0, time(1))
    assert not is_free(firm, 0, time(1, 30))


def test_setting_it_again_replaces_it_and_none_takes_it_away(firm: Firm) -> None:
    set_hours(firm, firm.therapists[0], (time(14), time(20)))
    set_hours(firm, firm.therapists[0], (time(21), time(23)))
    assert hours_of(firm.therapists[0]) == ("21:00", "23:00")
    set_hours(firm, firm.therapists[0], None)
    assert hours_of(firm.therapists[0]) == ("", "")
    assert not is_free(firm, 0, time(21))


@pytest.mark.parametrize(
    ("hours", "evening"),
    [
        ((time(6), time(5)), EVENING),
        ((time(14), time(20)), EVENING - timedelta(days=1)),
        ((time(14), time(20)), EVENING + timedelta(days=61)),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(firm: Firm, hours: tuple[time, time], evening: date) -> None:
    with pytest.raises(Invalid):
        set_hours(firm, firm.therapists[0], hours, evening)
    assert hours_of(firm.therapists[0]) == ("13:00", "01:00")


def test_only_the_desk_sets_an_evening_and_only_of_those_who_go_out(firm: Firm) -> None:
    with pytest.raises(NotAllowed):
        run(lambda s: set_shift(s, firm.therapist(), firm.therapists[0], EVENING, None, now=NOW))
    for nobody in (firm.operator.person_id or 0, 0, -1, 2**31, 2**63 - 1, 2**70):
        with pytest.raises(NotFound):
            set_hours(firm, nobody, None)
        with pytest.raises(NotFound):
            set_usual(firm, nobody, {})


def test_the_week_gives_every_evening_that_can_be_booked_its_shift(firm: Firm, scratch: Scratch) -> None:
    person = firm.therapists[0]
    set_usual(firm, person, {1: Hours(time(18), time(2), time(21), time(21, 30)), 2: Hours(time(14), time(22))})
    found = row_of(person, TOMORROW)
    assert (found["hours"], found["source"]) == ("18:00 to 21:00, 21:30 to Wed 02:00", "usual")
    assert not is_free(firm, 0, time(20, 30), TOMORROW)
    assert is_free(firm, 0, time(1), TOMORROW)
    assert not is_free(firm, 0, time(20), EVENING + timedelta(days=3))
    by_weekday = scratch.sql(
        "SELECT extract(isodow FROM business_date)::int, count(*), max(business_date) - %s FROM shifts"
        " WHERE person_id = %s AND source = 'pattern' GROUP BY 1 ORDER BY 1",
        EVENING,
        person,
    )
    # Two spans a Tuesday, with the break between them; sixty days ahead and not one more.
    assert [(weekday, count) for weekday, count, _ in by_weekday] == [(2, 18), (3, 9)]
    assert max(last for _, _, last in by_weekday) <= 60
    with reading() as session:
        spans = shift_periods(session, [person, firm.therapists[1]], TOMORROW)
    day = timedelta(days=1)
    assert spans == {
        person: [
            period(manila(18) + day, manila(21) + day),
            period(manila(21, 30) + day, manila(26) + day),
        ],
        firm.therapists[1]: [],
    }


def test_an_evening_by_hand_wins_over_the_week_until_it_is_taken_back(firm: Firm) -> None:
    person = firm.therapists[0]
    set_usual(firm, person, dict(WHOLE_WEEK))
    assert row_of(person)["source"] == "by_hand"
    set_hours(firm, person, None, TOMORROW)
    set_usual(firm, person, {1: Hours(time(12), time(20))})
    assert (row_of(person, TOMORROW)["state"], row_of(person, TOMORROW)["source"]) == ("off", "by_hand")
    run(lambda session: usual_shift(session, firm.operator, person, TOMORROW, now=NOW))
    assert (hours_of(person, TOMORROW), row_of(person, TOMORROW)["source"]) == (("12:00", "20:00"), "usual")
    set_usual(firm, person, {1: None})
    assert (hours_of(person, TOMORROW), row_of(person, TOMORROW)["state"]) == (("", ""), "off")


def test_people_set_their_own_week_and_nobody_elses(firm: Firm) -> None:
    set_usual(firm, firm.therapists[0], dict(WHOLE_WEEK), by=firm.therapist(0))
    assert hours_of(firm.therapists[0], TOMORROW) == ("13:00", "01:00")
    with pytest.raises(NotAllowed):
        set_usual(firm, firm.therapists[1], dict(WHOLE_WEEK), by=firm.therapist(0))
    with pytest.raises(Invalid) as caught:
        set_usual(firm, firm.therapists[0], {0: Hours(time(18), time(10)), 1: Hours(time(9), time(20))})
    assert caught.value.field == "ends_0"
    with pytest.raises(Invalid):
        set_usual(firm, firm.therapists[0], {7: None})


def test_the_second_of_two_who_change_the_same_weekday_is_told_and_may_insist(firm: Firm) -> None:
    person, bea = firm.therapists[0], firm.therapist(0)
    set_usual(firm, person, dict(WHOLE_WEEK))
    shown = {0: "13:00 to 01:00", 4: "13:00 to 01:00"}
    set_usual(firm, person, {0: Hours(time(15), time(23))}, by=bea)

    def change(seen: dict[int, str]) -> None:
        week = {0: Hours(time(16), time(22)), 4: None}
        run(lambda session: set_week(session, firm.operator, person, week, now=NOW, seen=seen))

    with pytest.raises(Stale) as caught:
        change(shown)
    assert caught.value.field == "day_0"
    assert "Therapist 0 at Mon 23 Nov 20:00: 15:00 to 23:00" in caught.value.sentence
    change({**shown, 0: "15:00 to 23:00"})
    with reading() as session:
        found = person_hours(session, person, now=NOW)
    assert found is not None
    assert [day["said"] for day in found["week"]][0:5:4] == ["16:00 to 22:00", ""]


def test_whoever_is_looked_for_over_a_break_is_not_free_and_the_hours_are_named(firm: Firm) -> None:
    person = firm.therapists[0]
    set_usual(firm, person, {1: Hours(time(13), time(1), time(18), time(18, 30))})
    with reading() as session:
        found = preview(session, firm.request(start=time(17, 45), evening=TOMORROW), now=NOW).candidates
    reason = next(candidate.reason for candidate in found if candidate.person_id == person)
    assert reason == "on shift 13:00 to 18:00, 18:30 to 01:00 only"
    assert is_free(firm, 0, time(18, 30), TOMORROW)
    assert is_free(firm, 0, time(17), TOMORROW)


def test_the_hourly_task_plans_what_is_missing_and_then_nothing(firm: Firm, scratch: Scratch) -> None:
    set_usual(firm, firm.therapists[0], dict(WHOLE_WEEK))
    scratch.sql("DELETE FROM shifts WHERE source = 'pattern'")
    extend_shifts()
    planned = scratch.sql("SELECT id FROM shifts WHERE person_id = %s ORDER BY id", firm.therapists[0])
    # Whatever day it is now, sixty evenings lie ahead of tonight, which may be the one that was set by hand.
    assert len(planned) in (61, 62)
    extend_shifts()
    assert scratch.sql("SELECT id FROM shifts WHERE person_id = %s ORDER BY id", firm.therapists[0]) == planned


def test_two_desks_at_once_leave_one_of_the_two(firm: Firm, scratch: Scratch) -> None:
    person = firm.therapists[0]
    choices = [(time(13 + number), time(23)) for number in range(6)]
    with ThreadPoolExecutor(12) as desks:
        work = [desks.submit(set_hours, firm, person, hours, TOMORROW) for hours in choices]
        work += [desks.submit(set_usual, firm, person, dict(WHOLE_WEEK)) for _ in choices]
        for one in work:
            one.result(60)
    starts, ends = hours_of(person, TOMORROW)
    assert (time.fromisoformat(starts), time.fromisoformat(ends)) in choices
    assert scratch.one("SELECT count(*) FROM shifts WHERE person_id = %s AND business_date = %s", person, TOMORROW) == 1
    assert scratch.one("SELECT count(*) FROM weekly_patterns WHERE person_id = %s", person) == 7


def test_the_horizon_moves_on_and_a_second_look_changes_nothing(firm: Firm, scratch: Scratch) -> None:
    person = firm.therapists[0]
    set_usual(firm, person, dict(WHOLE_WEEK))
    with reading() as session:
        assert people_with_hours(session) == [person]

    def look(now: datetime) -> int:
        return run(lambda session: extend(session, person, now=now))

    events = "SELECT count(*) FROM events WHERE kind = 'shifts_extended'"
    assert (look(NOW), scratch.one(events)) == (0, 0)
    assert (look(NOW + timedelta(days=2)), scratch.one(events)) == (2, 1)
    assert (look(NOW + timedelta(days=2)), scratch.one(events)) == (0, 1)
    topics = scratch.one("SELECT topics FROM events WHERE kind = 'shifts_extended'")
    assert f"shifts:{(EVENING + timedelta(days=62)).toordinal()}" in topics
    desk = scratch.one("UPDATE people SET role = 'admin' WHERE id = %s RETURNING id", firm.operator.person_id)
    admin = Actor(desk, Role.ADMIN, "Ana")
    run(lambda session: disable(session, admin, person, reason="left", now=NOW))
    with reading() as session:
        assert people_with_hours(session) == []
    with pytest.raises(NotFound):
        set_usual(firm, person, dict(WHOLE_WEEK))


def test_evenings_that_are_over_stay_as_they_were(firm: Firm) -> None:
    person = firm.therapists[0]
    set_usual(firm, person, dict(WHOLE_WEEK))
    later = NOW + timedelta(days=2)
    run(lambda session: set_week(session, firm.operator, person, {1: None, 2: None}, now=later))
    assert hours_of(person, TOMORROW) == ("13:00", "01:00")
    with reading() as session:
        assert len(shift_periods(session, [person], TOMORROW)[person]) == 1
    assert row_of(person, EVENING + timedelta(days=2))["state"] == "off"


def test_half_past_midnight_still_belongs_to_the_evening(firm: Firm) -> None:
    night = manila(24, 30)
    set_hours(firm, firm.therapists[0], (time(22), time(2)), EVENING, night)
    assert hours_of(firm.therapists[0]) == ("22:00", "02:00")
    with reading() as session:
        found = {one.person_id: one for one in on_shift_now(session, night)}
        assert set(found) == {*firm.therapists, *firm.drivers}
        assert found[firm.therapists[0]].ends_at == manila(26)
        assert {one.person_id for one in on_shift_now(session, manila(25))} == {firm.therapists[0]}
        assert on_shift_now(session, manila(26)) == []
    assert row_of(firm.therapists[0], now=night)["state"] == "now"
    assert row_of(firm.therapists[1], now=manila(25))["state"] == "over"
    assert row_of(firm.therapists[1], now=manila(12, 59))["state"] == "later"
    assert row_of(firm.therapists[1], TOMORROW, now=night)["state"] == "off"


def test_booked_jobs_stay_and_are_named_when_they_fall_outside(firm: Firm) -> None:
    visit = firm.book(0)
    with reading() as session:
        assert outside_hours(session, now=NOW) == []
    set_hours(firm, firm.therapists[0], (time(13), time(21, 30)))
    with reading() as session:
        (found,) = outside_hours(session, now=NOW)
        assert outside_hours(session, now=NOW, people=[firm.therapists[1]]) == []
        assert outside_hours(session, now=manila(23)) == []
    assert (found.person_id, found.appointment_id, found.evening) == (firm.therapists[0], visit, EVENING)
    assert "Mrs D'Souza, 21:00 to 22:00" in found.words


def test_whoever_looks_at_hours_is_told_of_jobs_that_lie_outside_no_longer(firm: Firm, scratch: Scratch) -> None:
    visit = firm.book(0, 1, start=time(4), off_shift_reason="stays longer")
    run(lambda session: cancel(session, firm.operator, visit, reason="client called off", now=NOW))
    told = scratch.one("SELECT topics FROM events WHERE kind = 'appointment_cancelled'")
    assert isinstance(told, list)
    assert {f"shifts:{EVENING.toordinal()}", *(f"hours:{person}" for person in firm.therapists[:2])} <= set(told)


def test_hours_that_meet_hold_a_job_over_the_seam(firm: Firm, scratch: Scratch) -> None:
    firm.book(0, start=time(21))
    # The evening before runs until 21:30 of this one, where this one's own hours begin.
    scratch.sql(
        "UPDATE shifts SET period = tstzrange(%s, upper(period)) WHERE person_id = %s",
        manila(21, 30),
        firm.therapists[0],
    )
    scratch.sql(
        "INSERT INTO shifts (person_id, business_date, period, source, version)"
        " VALUES (%s, %s, tstzrange(%s, %s), 'by_hand', 1)",
        firm.therapists[0],
        EVENING - timedelta(days=1),
        manila(13),
        manila(21, 30),
    )
    with reading() as session:
        assert outside_hours(session, now=NOW) == []
