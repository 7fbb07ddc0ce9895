"""Hours of many people at once, copied weeks, and what would come of a change before it is made."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guitara_app.appointments.queries.outside import outside_hours, would_be_outside
from guitara_app.availability.queries import evenings_changed, shift_periods, standing, week_of
from guitara_app.availability.rules import Dated, Edit, Hours, copied
from guitara_app.availability.services import approve_time_off, ask_time_off, set_shift, set_together, set_week
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, NotFound
from tests.integration.conftest import Scratch
from tests.support.firm import EVENING, NOW, Firm, manila, open_firm

pytestmark = pytest.mark.usefixtures("database")

LATE = Hours(time(18), time(2), time(21), time(21, 30))
EARLY = Hours(time(13), time(21))
TOMORROW = EVENING + timedelta(days=1)


@pytest.fixture
def firm(database: object) -> Firm:
    return open_firm()


def together(firm: Firm, edits: dict[int, Edit]) -> tuple[int, int]:
    return run(lambda session: set_together(session, firm.operator, edits, now=NOW))


def hours(person: int, day: date) -> list[tuple[datetime | None, datetime | None]]:
    with reading() as session:
        return [(one.lower, one.upper) for one in shift_periods(session, [person], day)[person]]


def test_weekdays_and_evenings_of_many_are_set_at_once(firm: Firm, scratch: Scratch) -> None:
    first, second, third = firm.therapists[:3]
    edit = Edit(week={1: LATE, 2: EARLY}, dated={EVENING: Dated(LATE), TOMORROW: Dated(None)})
    people, evenings = together(firm, dict.fromkeys([first, second], edit))
    for person in (first, second):
        assert hours(person, EVENING) == [(manila(18), manila(21)), (manila(21, 30), manila(26))]
        assert hours(person, TOMORROW) == []
        assert hours(person, EVENING + timedelta(days=2)) == [(manila(61), manila(69))]
    assert hours(third, EVENING) == [(manila(13), manila(25))]
    # Tonight, and of eight Tuesdays seven (tomorrow is off as before), and nine Wednesdays.
    assert (people, evenings) == (2, 2 * (1 + 8 + 9))
    told = scratch.sql("SELECT kind, person_id, on_behalf_of_id, topics FROM events ORDER BY id")
    assert [(kind, person, behalf) for kind, person, behalf, _ in told] == [
        ("week_set", first, first),
        ("evenings_set", first, first),
        ("week_set", second, second),
        ("evenings_set", second, second),
    ]
    assert {f"hours:{second}", f"shifts:{TOMORROW.toordinal()}", "desk"} <= set(told[3][3])
    # A day off has taken something away, too.
    assert together(firm, {third: Edit(dated={EVENING: Dated(None)})}) == (1, 1)
    # Usual hours again, which have changed meanwhile: the break of a single evening goes with it.
    together(firm, {first: Edit(dated={EVENING: None, TOMORROW: None})})
    assert (hours(first, EVENING), len(hours(first, TOMORROW))) == ([], 2)


def test_whoever_would_have_the_same_hours_is_left_alone(firm: Firm, scratch: Scratch) -> None:
    first, second = firm.therapists[:2]
    run(lambda session: set_week(session, firm.operator, first, {3: LATE}, now=NOW))
    assert together(firm, dict.fromkeys([first, second], Edit(week={3: LATE})))[0] == 1
    assert [row[0] for row in scratch.sql("SELECT person_id FROM events ORDER BY id")] == [first, second]
    with pytest.raises(Invalid, match="Nobody's hours would change"):
        together(firm, dict.fromkeys([first, second], Edit(week={3: LATE})))


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        (Edit(week={0: Hours(time(6), time(5))}), "ends_0"),
        (Edit(week={0: Hours(time(18), time(10)), 1: Hours(time(8), time(20))}), "ends_0"),
        (Edit(dated={EVENING: Dated(Hours(time(13), time(1), time(2), time(3)))}), "break_starts"),
        (Edit(dated={EVENING - timedelta(days=1): Dated(None)}), "evening"),
        (Edit(dated={EVENING + timedelta(days=61): Dated(None)}), "evening"),
    ],
)
def test_what_cannot_be_for_one_is_saved_for_nobody(firm: Firm, edit: Edit, field: str) -> None:
    good = Edit(week={4: LATE})
    with pytest.raises(Invalid) as caught:
        together(firm, {firm.therapists[0]: good, firm.drivers[0]: edit})
    assert caught.value.field == field
    with reading() as session:
        assert week_of(session, firm.therapists[0]) == {}


def test_only_the_desk_and_only_of_those_who_go_out(firm: Firm) -> None:
    edit = Edit(week={4: LATE})
    with pytest.raises(NotAllowed):
        run(lambda session: set_together(session, firm.therapist(), {firm.therapists[0]: edit}, now=NOW))
    for nobody in (0, -1, 2**40, firm.operator.person_id or 0):
        with pytest.raises(NotFound):
            together(firm, {firm.therapists[0]: edit, nobody: edit})


def test_a_week_copied_onto_later_weeks_is_that_week_for_each(firm: Firm) -> None:
    source, other = firm.therapists[:2]
    run(lambda session: set_week(session, firm.operator, source, {1: LATE}, now=NOW))
    run(lambda session: set_week(session, firm.operator, other, {1: LATE, 2: EARLY}, now=NOW))
    # Past midnight, with a break and a free evening; Monday's shift is imported and stands by itself.
    run(lambda session: set_shift(session, firm.operator, source, EVENING + timedelta(days=4), None, now=NOW))
    onto = {EVENING + timedelta(days=7 + day): EVENING + timedelta(days=day) for day in range(7)}
    with reading() as session:
        found = standing(session, [source, other], now=NOW)
        calendar = firm_settings(session).calendar
    edits = {person: Edit(dated=copied(found[source].said, one.said, onto, calendar)) for person, one in found.items()}
    together(firm, edits)
    for person in (source, other):
        week = [hours(person, EVENING + timedelta(days=7 + day)) for day in range(7)]
        late = [(manila(18 + 8 * 24), manila(21 + 8 * 24)), (manila(21 + 8 * 24, 30), manila(26 + 8 * 24))]
        assert week == [[(manila(13 + 7 * 24), manila(25 + 7 * 24))], late, [], [], [], [], []]
    # The week after goes on as usual, and what was usual anyway was not set by hand.
    assert len(hours(other, EVENING + timedelta(days=16))) == 1
    with reading() as session:
        dated = standing(session, [other], now=NOW)[other].said.dated
    assert TOMORROW + timedelta(days=7) not in dated


def test_what_would_lie_outside_is_what_does_once_it_is_saved(firm: Firm) -> None:
    firm.book(0, start=time(21))
    late = firm.book(0, start=time(0, 30), minutes=30)
    firm.book(1, start=time(22))
    edits = {firm.therapists[0]: Edit(dated={EVENING: Dated(Hours(time(13), time(0)))})}
    with reading() as session:
        (job,) = would_be_outside(session, edits, now=NOW)
    assert (job.appointment_id, job.person, job.evening) == (late, "Therapist 0", EVENING)
    assert job.words == f"Mrs D'Souza, Tue 00:30 to Tue 01:00 (#{late})"
    # Nothing was changed by looking.
    assert hours(firm.therapists[0], EVENING) == [(manila(13), manila(25))]
    together(firm, edits)
    with reading() as session:
        assert outside_hours(session, now=NOW) == [job]
        # What lies outside already is no news.
        assert would_be_outside(session, edits, now=NOW) == []


def test_time_off_that_was_asked_for_is_weighed_before_it_is_approved(firm: Firm) -> None:
    firm.book(0, start=time(21))
    person = firm.therapists[0]
    number = run(
        lambda s: ask_time_off(s, firm.therapist(0), person, EVENING, EVENING, now=NOW, reason="x", starts=time(21, 30))
    )
    with reading() as session:
        (job,) = would_be_outside(session, {person: Edit(off=[(manila(21, 30), manila(30))])}, now=NOW)
    run(lambda session: approve_time_off(session, firm.operator, number, now=NOW))
    with reading() as session:
        assert outside_hours(session, now=NOW) == [job]


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
hours_of_somebody = st.none() | st.builds(Hours, clocks, clocks).filter(lambda one: one.minutes <= 18 * 60)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_looking_and_saving_agree_whatever_is_said(firm: Firm, scratch: Scratch, data: st.DataObject) -> None:
    if not scratch.one("SELECT count(*) FROM appointments"):
        for therapist, start in ((0, time(20, 30)), (0, time(0, 15)), (1, time(22)), (2, time(23, 30))):
            firm.book(therapist, start=start, minutes=30)
    edits = {
        person: Edit(
            week=data.draw(st.dictionaries(st.integers(0, 6), hours_of_somebody, max_size=2)),
            dated=data.draw(
                st.dictionaries(
                    st.sampled_from([EVENING, TOMORROW]),
                    st.none() | st.builds(Dated, hours_of_somebody),
                    max_size=2,
                )
            ),
        )
        for person in firm.therapists[:3]
    }
    with reading() as session:
        before = outside_hours(session, now=NOW)
        foreseen = would_be_outside(session, edits, now=NOW)
        moved = evenings_changed(session, edits, now=NOW)
    shifts = "SELECT person_id, business_date, array_agg(period ORDER BY period)::text FROM shifts GROUP BY 1, 2"
    was = set(scratch.sql(shifts))
    try:
        done = together(firm, edits)
    except Invalid:
        assert set(scratch.sql(shifts)) == was
        return
    assert done[1] == sum(len(days) for days in moved.values())
    with reading() as session:
        assert [job for job in outside_hours(session, now=NOW) if job not in before] == foreseen
    is_now = set(scratch.sql(shifts))
    changed = {(person, day) for person, day, _ in was ^ is_now}
    assert changed == {(person, day) for person, days in moved.items() for day in days}


def test_a_by_hand_evening_keeps_its_break(firm: Firm) -> None:
    person = firm.therapists[0]
    together(firm, {person: Edit(dated={EVENING: Dated(LATE)})})
    run(lambda s: set_shift(s, firm.operator, person, EVENING, (time(17), time(1)), now=NOW))
    assert hours(person, EVENING) == [(manila(17), manila(21)), (manila(21, 30), manila(25))]
    run(lambda s: set_shift(s, firm.operator, person, EVENING, (time(13), time(21)), now=NOW))
    assert hours(person, EVENING) == [(manila(13), manila(21))]
