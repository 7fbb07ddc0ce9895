"""When somebody works, against a clock that walks through the days minute by minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from guitara_app.availability.holidays import holiday_names
from guitara_app.availability.queries.people import time_off_words
from guitara_app.availability.rules import (
    CLOSED,
    LONGEST_SHIFT,
    Dated,
    Edit,
    Holiday,
    Hours,
    Said,
    Span,
    check_hours,
    check_week,
    copied,
    days_of,
    edited,
    effective,
    evening_hours,
    holiday_of,
    merge,
    off_span,
    planned,
    spans_of,
    subtract,
    uncovered,
)
from guitara_app.kit.errors import Invalid
from guitara_app.kit.time import Calendar

MANILA = ZoneInfo("Asia/Manila")
MONDAY = date(2026, 11, 23)
MINUTE = timedelta(minutes=1)
CALENDAR = Calendar(MANILA, time(6), time(13), time(1))


def at(hour: int, minute: int = 0, *, day: date = MONDAY) -> datetime:
    """Hours from 24 on are past midnight."""
    return datetime.combine(day, time(0), tzinfo=MANILA) + timedelta(hours=hour, minutes=minute)


# Whole half hours make what touches, meets midnight or the turn of the day common.
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30])) | st.builds(
    time, st.integers(0, 23), st.integers(0, 59)
)
turns = st.sampled_from([time(6), time(0), time(4), time(12)])


@st.composite
def worked(draw: st.DrawFn) -> Hours:
    """Hours that the desk could have said."""
    starts, ends = draw(clocks), draw(clocks)
    pause = draw(st.none() | st.tuples(clocks, clocks))
    hours = Hours(starts, ends, *(pause or ()))
    try:
        check_hours(hours)
    except Invalid:
        assume(False)
    return hours


weeks = st.dictionaries(st.integers(0, 6), worked(), max_size=7)
dated_days = st.dictionaries(st.integers(0, 8), st.builds(Dated, st.none() | worked()), max_size=4)
offs = st.lists(st.tuples(st.integers(-600, 9 * 1440), st.integers(1, 2000)), max_size=4)


def walked(hours: Hours, day: date, turn: time) -> Iterator[datetime]:
    """Every minute worked: from the start on until the clock shows the end, without those of the break."""
    now = datetime.combine(day, turn, tzinfo=MANILA)
    while now.time() != hours.starts:
        now += MINUTE
    resting = False
    while True:
        clock = now.time()
        resting = clock == hours.break_starts or (resting and clock != hours.break_ends)
        if not resting:
            yield now
        now += MINUTE
        if now.time() == hours.ends:
            return


def minutes_of(spans: Sequence[Span]) -> list[datetime]:
    """Every minute in ``spans``, as often as it is there."""
    found = []
    for start, end in spans:
        found += [(start + number * MINUTE).astimezone(MANILA) for number in range((end - start) // MINUTE)]
    return found


@settings(deadline=None)
@given(turn=turns, week=weeks, by_hand=dated_days, off=offs)
def test_the_days_hold_exactly_the_minutes_a_walking_clock_finds(
    turn: time, week: Mapping[int, Hours], by_hand: Mapping[int, Dated], off: list[tuple[int, int]]
) -> None:
    calendar = Calendar(MANILA, turn, time(13), time(1))
    days = [MONDAY + timedelta(days=number) for number in range(9)]
    dated = {MONDAY + timedelta(days=number): said for number, said in by_hand.items()}
    leave = [(at(0, begin), at(0, begin + length)) for begin, length in off]
    found = days_of(days, calendar, week=week, dated=dated, off=leave)
    seen: set[datetime] = set()
    for day in days:
        hours = dated[day].hours if day in dated else week.get(day.weekday())
        wanted = {
            minute
            for minute in (walked(hours, day, turn) if hours else ())
            if not any(start <= minute < end for start, end in leave)
        }
        got = minutes_of(found[day])
        assert len(got) == len(set(got))
        assert set(got) == wanted - seen
        seen |= wanted
        assert all(before[1] < after[0] for before, after in pairwise(found[day]))
        assert all(start < end for start, end in found[day])


pieces = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda ends: (min(ends), max(ends))), max_size=6
)


@given(first=pieces, second=pieces)
def test_merging_and_subtracting_count_every_minute_once(
    first: list[tuple[int, int]], second: list[tuple[int, int]]
) -> None:
    def spans(ends: list[tuple[int, int]]) -> list[Span]:
        return [(at(20, start), at(20, end)) for start, end in ends if start < end]

    merged = merge(spans(first))
    assert set(minutes_of(merged)) == set(minutes_of(spans(first)))
    assert all(before[1] < after[0] for before, after in pairwise(merged))
    left = subtract(merged, spans(second))
    assert minutes_of(left) == sorted(set(minutes_of(merged)) - set(minutes_of(spans(second))))


@given(hours=worked(), turn=turns)
def test_hours_that_pass_begin_in_their_day_and_last_at_most_eighteen_hours(hours: Hours, turn: time) -> None:
    calendar = Calendar(MANILA, turn, time(13), time(1))
    spans = spans_of(hours, MONDAY, calendar)
    assert len(spans) == (2 if hours.break_starts else 1)
    assert calendar.business_date(spans[0][0]) == MONDAY
    assert spans[-1][1] - spans[0][0] <= LONGEST_SHIFT
    assert calendar.local(spans[0][0]).time() == hours.starts
    assert calendar.local(spans[-1][1]).time() == hours.ends


def test_half_past_midnight_is_the_end_of_its_evening() -> None:
    hours = Hours(time(18), time(0, 30), time(23, 45), time(0, 15))
    assert spans_of(hours, MONDAY, CALENDAR) == [(at(18), at(23, 45)), (at(24, 15), at(24, 30))]
    late = Hours(time(0, 30), time(5))
    assert spans_of(late, MONDAY, CALENDAR) == [(at(24, 30), at(29))]
    over_the_turn = Hours(time(5), time(9))
    assert spans_of(over_the_turn, MONDAY, CALENDAR) == [(at(29), at(33))]


def test_a_day_off_by_hand_wins_over_the_usual_hours_and_time_off_over_both() -> None:
    usual = [Hours(time(13), time(1))]
    off = [(at(20), at(21))]
    assert effective(MONDAY, CALENDAR, usual=usual, dated=Dated(None), off=[]) == []
    assert effective(MONDAY, CALENDAR, usual=usual, dated=None, off=off) == [(at(13), at(20)), (at(21), at(25))]
    by_hand = Dated(Hours(time(20, 30), time(23)))
    assert effective(MONDAY, CALENDAR, usual=usual, dated=by_hand, off=off) == [(at(21), at(23))]


def test_an_evening_that_runs_into_the_next_keeps_the_time() -> None:
    days = [MONDAY, MONDAY + timedelta(days=1)]
    week = {0: Hours(time(18), time(10)), 1: Hours(time(8), time(20))}
    found = days_of(days, CALENDAR, week=week, dated={}, off=[])
    assert found == {days[0]: [(at(18), at(34))], days[1]: [(at(34), at(44))]}
    kept = days_of(days[1:], CALENDAR, week=week, dated={}, off=[], taken=[(at(30), at(33))])
    assert kept == {days[1]: [(at(33), at(44))]}


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        (Hours(time(6), time(5)), "ends"),
        (Hours(time(13), time(13)), "ends"),
        (Hours(time(13), time(1), time(18)), "break_starts"),
        (Hours(time(13), time(1), None, time(18)), "break_starts"),
        (Hours(time(13), time(1), time(12), time(14)), "break_starts"),
        (Hours(time(13), time(1), time(13), time(14)), "break_starts"),
        (Hours(time(13), time(1), time(0, 30), time(1)), "break_starts"),
        (Hours(time(13), time(1), time(19), time(18)), "break_starts"),
        (Hours(time(13), time(1), time(18), time(18)), "break_starts"),
    ],
)
def test_hours_nobody_can_work_are_refused_where_they_were_typed(hours: Hours, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_hours(hours)
    assert caught.value.field == field
    with pytest.raises(Invalid) as caught:
        check_week({3: hours}, CALENDAR)
    assert caught.value.field == f"{field}_3"


def test_a_day_may_meet_the_next_but_not_run_into_it() -> None:
    check_week({0: Hours(time(18), time(8)), 1: Hours(time(8), time(20))}, CALENDAR)
    with pytest.raises(Invalid, match="Tuesday begins at 08:00") as caught:
        check_week({0: Hours(time(18), time(8, 1)), 1: Hours(time(8), time(20))}, CALENDAR)
    assert caught.value.field == "ends_0"
    with pytest.raises(Invalid, match="Monday begins") as caught:
        check_week({6: Hours(time(18), time(9)), 0: Hours(time(8), time(20))}, CALENDAR)
    assert caught.value.field == "ends_6"


def test_time_off_is_whole_evenings_unless_a_clock_is_given() -> None:
    now = at(20)
    tuesday = MONDAY + timedelta(days=1)

    def off(first: date, last: date, starts: time | None = None, ends: time | None = None) -> Span:
        return off_span(CALENDAR, first, last, starts=starts, ends=ends, now=now)

    assert off(MONDAY, MONDAY) == (at(6), at(30))
    assert off(MONDAY, tuesday) == (at(6), at(54))
    assert off(MONDAY, MONDAY, time(23), time(0, 30)) == (at(23), at(24, 30))
    assert off(MONDAY, tuesday, time(22)) == (at(22), at(54))


@pytest.mark.parametrize(
    ("first", "last", "starts", "ends", "field"),
    [
        (0, -1, None, None, "last"),
        (-1, 0, None, None, "first"),
        (0, 367, None, None, "last"),
        (367, 368, None, None, "last"),
        (0, 0, time(0, 30), time(23), "ends"),
        (0, 0, time(21), time(21), "ends"),
        (0, 0, time(13), time(20), "ends"),
    ],
)
def test_time_off_that_cannot_be_is_refused(
    first: int, last: int, starts: time | None, ends: time | None, field: str
) -> None:
    days = [MONDAY + timedelta(days=number) for number in (first, last)]
    with pytest.raises(Invalid) as caught:
        off_span(CALENDAR, *days, starts=starts, ends=ends, now=at(20).astimezone(UTC))
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [
        (at(6), at(30), "Mon 23 Nov"),
        (at(6), at(54), "Mon 23 Nov to Tue 24 Nov"),
        (at(23), at(24, 30), "Mon 23 Nov, 23:00 to Tue 00:30"),
        (at(20), at(30), "Mon 23 Nov, 20:00 to the end"),
        (at(6), at(20), "Mon 23 Nov, the start to 20:00"),
        (at(20), at(46), "Mon 23 Nov, 20:00 to Tue 24 Nov, 22:00"),
    ],
)
def test_time_off_is_told_in_evenings(starts: datetime, ends: datetime, words: str) -> None:
    assert time_off_words(starts, ends, CALENDAR) == words


holiday_days = st.dictionaries(
    st.integers(0, 8),
    st.sampled_from(
        [
            Holiday("Rizal Day"),
            Holiday("Rizal Day", closed=True),
            Holiday("Rizal Day", opens=time(15), closes=time(22)),
            Holiday("New Year's Eve", opens=time(20, 30), closes=time(0, 30)),
        ]
    ),
    max_size=4,
)
edits = st.builds(
    Edit,
    week=st.dictionaries(st.integers(0, 6), st.none() | worked(), max_size=3),
    dated=st.dictionaries(
        st.integers(0, 8).map(lambda number: MONDAY + timedelta(days=number)),
        st.none() | st.builds(Dated, st.none() | worked()),
        max_size=3,
    ),
    off=st.lists(
        st.tuples(st.integers(-600, 9 * 1440), st.integers(1, 2000)).map(
            lambda off: (at(0, off[0]), at(0, off[0] + off[1]))
        ),
        max_size=2,
    ),
)


@settings(deadline=None)
@given(turn=turns, week=weeks, by_hand=dated_days, off=offs, free=holiday_days, edit=edits)
def test_what_an_edit_would_make_is_what_a_walking_clock_finds(
    turn: time,
    week: Mapping[int, Hours],
    by_hand: Mapping[int, Dated],
    off: list[tuple[int, int]],
    free: Mapping[int, Holiday],
    edit: Edit,
) -> None:
    calendar = Calendar(MANILA, turn, time(13), time(1))
    days = [MONDAY + timedelta(days=number) for number in range(9)]
    leave = [(at(0, begin), at(0, begin + length)) for begin, length in off]
    holidays = {MONDAY + timedelta(days=number): one for number, one in free.items()}
    dated = {MONDAY + timedelta(days=number): one for number, one in by_hand.items()}
    found = planned(days, calendar, edited(Said(week, dated, leave), edit), holidays)
    seen: set[datetime] = set()
    for day in days:
        said = edit.dated[day] if day in edit.dated else dated.get(day)
        usual = edit.week[day.weekday()] if day.weekday() in edit.week else week.get(day.weekday())
        hours = said.hours if said else usual
        minutes = set(walked(hours, day, turn)) if hours else set()
        holiday = holidays.get(day)
        if said is None and holiday is not None and holiday.closed:
            minutes = set()
        elif said is None and holiday is not None and holiday.opens and holiday.closes:
            minutes &= set(walked(Hours(holiday.opens, holiday.closes), day, turn))
        wanted = {m for m in minutes if not any(start <= m < end for start, end in [*leave, *edit.off])}
        assert set(minutes_of(found[day])) == wanted - seen
        seen |= wanted


@given(jobs=pieces, spans=pieces)
def test_a_job_is_outside_when_one_of_its_minutes_is(jobs: list[tuple[int, int]], spans: list[tuple[int, int]]) -> None:
    booked = [(at(23, 30 + start), at(23, 30 + end)) for start, end in jobs if start < end]
    hours = [(at(23, 30 + start), at(23, 30 + end)) for start, end in spans if start < end]
    inside = set(minutes_of(merge(hours)))
    assert uncovered(booked, hours) == [
        place for place, job in enumerate(booked) if not set(minutes_of([job])) <= inside
    ]


def test_an_edit_unties_the_evenings_it_speaks_of_and_no_other() -> None:
    tuesday = MONDAY + timedelta(days=1)
    said = Said({0: Hours(time(13), time(1))}, {}, [], {MONDAY: [(at(20), at(22))], tuesday: [(at(44), at(46))]})
    assert planned([MONDAY, tuesday], CALENDAR, said, {}) == {}
    again = edited(said, Edit(dated={MONDAY: None}))
    assert planned([MONDAY, tuesday], CALENDAR, again, {}) == {MONDAY: [(at(13), at(25))]}
    away = edited(said, Edit(dated={tuesday: Dated(None)}))
    assert planned([MONDAY, tuesday], CALENDAR, away, {}) == {tuesday: []}


def test_a_copied_week_keeps_breaks_and_says_nothing_by_hand_where_the_hours_are_usual() -> None:
    days = [MONDAY + timedelta(days=number) for number in range(3)]
    late, split = Hours(time(18), time(2)), Hours(time(14), time(0, 30), time(18), time(18, 30))
    source = Said({0: split}, {days[1]: Dated(late)}, [], {days[2]: [(at(62), at(66)), (at(67), at(72, 30))]})
    target = Said({0: split, 1: split})
    onto = {day + timedelta(days=7): day for day in days}
    assert copied(source, target, onto, CALENDAR) == {
        days[0] + timedelta(days=7): None,
        days[1] + timedelta(days=7): Dated(late),
        days[2] + timedelta(days=7): Dated(Hours(time(14), time(0, 30), time(18), time(19))),
    }
    # A free evening is copied as one.
    assert copied(Said(), target, {days[1]: days[1]}, CALENDAR) == {days[1]: Dated(None)}


def test_an_evening_keeps_its_break_while_it_still_lies_inside() -> None:
    before = Hours(time(13), time(1), time(23, 45), time(0, 15))
    assert evening_hours((time(14), time(0, 30)), before) == Hours(time(14), time(0, 30), time(23, 45), time(0, 15))
    assert evening_hours((time(14), time(0)), before) == Hours(time(14), time(0))
    assert evening_hours((time(14), time(0)), None) == Hours(time(14), time(0))


@pytest.mark.parametrize(
    ("names", "each", "holiday"),
    [
        (["Rizal Day"], {}, Holiday("Rizal Day", closed=True)),
        (["Rizal Day"], {"Rizal Day": "as_usual"}, Holiday("Rizal Day")),
        (["Rizal Day"], {"Rizal Day": "15:00-00:30"}, Holiday("Rizal Day", opens=time(15), closes=time(0, 30))),
        (["Eid", "Labor Day"], {"Labor Day": "as_usual"}, Holiday("Eid, Labor Day")),
        (["Rizal Day"], {"Rizal Day": "whenever"}, Holiday("Rizal Day")),
    ],
)
def test_a_holiday_is_what_is_said_of_one_of_its_names(
    names: list[str], each: dict[str, str], holiday: Holiday
) -> None:
    assert holiday_of(names, CLOSED, each) == holiday


def test_holidays_of_the_philippines_and_of_nowhere() -> None:
    found = holiday_names("PH", date(2026, 12, 24), date(2027, 1, 1))
    assert found[date(2026, 12, 25)] == ["Christmas Day"]
    assert {date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)} <= set(found)
    # What the moon decides bears one name, estimated or not.
    assert ["Eid al-Adha"] in holiday_names("PH", date(2027, 5, 1), date(2027, 5, 31)).values()
    assert holiday_names("", date(2026, 12, 1), date(2026, 12, 31)) == {}
    assert holiday_names("ZZ", date(2026, 12, 1), date(2026, 12, 31)) == {}
