"""Which evenings a series is on, against walking every day; and what its firm start is on clocks that change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from guitara_app.appointments.recurrence import (
    Frequency,
    Repeat,
    counted_before,
    end_in_words,
    evenings,
    in_words,
    moved,
    next_evening,
    rest_of,
    walk,
)
from guitara_app.kit.errors import Invalid
from guitara_app.kit.time import Calendar

TUESDAY = date(2026, 11, 24)
DAY = timedelta(days=1)
LONG = 900


@st.composite
def repeats(draw: st.DrawFn) -> Repeat:
    monthly = draw(st.booleans())
    days = draw(st.sets(st.integers(0, 6), min_size=1, max_size=1 if monthly else 7))
    ends = draw(st.sampled_from(("never", "times", "until")))
    return Repeat(
        frequency=Frequency.MONTHLY if monthly else Frequency.WEEKLY,
        every=draw(st.integers(1, 6)),
        weekdays=tuple(days),
        nth=draw(st.sampled_from((1, 2, 3, 4, -1))) if monthly else None,
        times=draw(st.integers(1, 30)) if ends == "times" else None,
        until=TUESDAY + timedelta(days=draw(st.integers(0, 800))) if ends == "until" else None,
    )


firsts = st.dates(date(2026, 1, 1), TUESDAY)


def walked(repeat: Repeat, first: date, days: int = LONG) -> Iterator[date]:
    """Every day is asked whether it is one."""
    found = 0
    for ahead in range(days):
        day = first + ahead * DAY
        if day.weekday() not in repeat.weekdays or (repeat.until and day > repeat.until):
            continue
        if repeat.frequency is Frequency.WEEKLY:
            apart = ((day - day.weekday() * DAY) - (first - first.weekday() * DAY)).days // 7
            fits = True
        else:
            apart = (day.year - first.year) * 12 + day.month - first.month
            fits = (day + 7 * DAY).month != day.month if repeat.nth == -1 else (day.day - 1) // 7 + 1 == repeat.nth
        if apart % repeat.every or not fits:
            continue
        found += 1
        if repeat.times and found > repeat.times:
            return
        yield day


@given(repeats(), firsts)
def test_the_evenings_are_those_found_by_walking_every_day(repeat: Repeat, first: date) -> None:
    last = first + (LONG - 1) * DAY
    assert evenings(repeat, first, since=first, last=last) == list(walked(repeat, first))


@given(repeats(), firsts, st.integers(0, 300), st.integers(0, 300))
def test_a_part_of_them_the_next_one_and_how_many_before(repeat: Repeat, first: date, since: int, more: int) -> None:
    all_of_them = list(walked(repeat, first))
    begin, last = first + since * DAY, first + (since + more) * DAY
    assert evenings(repeat, first, since=begin, last=last) == [day for day in all_of_them if begin <= day <= last]
    assert counted_before(repeat, first, begin) == len([day for day in all_of_them if day < begin])
    assert next_evening(repeat, first, begin) == next((day for day in all_of_them if day > begin), None)


@given(repeats(), firsts, st.integers(0, 10))
def test_the_rest_of_a_series_is_a_series(repeat: Repeat, first: date, number: int) -> None:
    all_of_them = list(islice(walk(repeat, first), 40))
    assume(number < len(all_of_them))
    day = all_of_them[number]
    rest = list(islice(walk(rest_of(repeat, first, day), day), 40 - number))
    assert rest == all_of_them[number:]


@given(repeats(), firsts, st.integers(0, 6), st.integers(-31, 31))
def test_a_moved_series_is_on_the_moved_days(repeat: Repeat, first: date, number: int, by: int) -> None:
    all_of_them = list(islice(walk(repeat, first), 20))
    assume(number < len(all_of_them))
    old = all_of_them[number]
    new = old + by * DAY
    try:
        found = moved(repeat.model_copy(update={"until": None}), old, new)
    except Invalid as refused:
        assert refused.field == "evening"
        return
    later = all_of_them[number:]
    rest = (
        rest_of(found.repeat, first, old)
        if repeat.times is None
        else found.repeat.model_copy(update={"times": len(all_of_them) - number})
    )
    assert found.day_of(old) == new
    assert list(islice(walk(rest, new), len(later))) == [found.day_of(day) for day in later]


def test_the_last_friday_moved_to_the_last_thursday_stays_the_last() -> None:
    last_friday = Repeat(frequency=Frequency.MONTHLY, weekdays=(4,), nth=-1)
    found = moved(last_friday, date(2026, 11, 27), date(2026, 11, 26))
    assert (found.repeat.nth, found.repeat.weekdays) == (-1, (3,))
    assert found.day_of(date(2026, 12, 25)) == date(2026, 12, 31)


@pytest.mark.parametrize(("day", "zone"), [(date(2026, 3, 28), "Europe/Berlin"), (date(2026, 10, 24), "Europe/Berlin")])
def test_the_wall_clock_stays_when_the_clocks_change(day: date, zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone), time(6), time(13), time(1))
    saturdays = Repeat(frequency=Frequency.WEEKLY, weekdays=(5,), times=3)
    starts = [calendar.at(one, time(0, 30)) for one in walk(saturdays, day - 7 * DAY)]
    # 00:30 belongs to Saturday's evening, and shows 00:30 on Sunday before and after the night of the change.
    assert [calendar.business_date(start) for start in starts] == [day - 7 * DAY, day, day + 7 * DAY]
    assert {f"{calendar.local(start):%a %H:%M}" for start in starts} == {"Sun 00:30"}
    weeks = {(after - before).total_seconds() / 3600 for before, after in pairwise(starts)}
    assert weeks == {7 * 24, 7 * 24 + (-1 if day.month == 3 else 1)}


def test_it_is_said_in_words() -> None:
    def words(*days: int, **more: object) -> str:
        return in_words(Repeat(frequency=Frequency.WEEKLY, weekdays=days, **more), time(20))  # type: ignore[arg-type]

    assert words(1) == "Every Tuesday, 20:00"
    assert words(3, 0, every=2) == "Every 2 weeks on Monday and Thursday, 20:00"
    assert words(*range(7)) == "Every evening, 20:00"
    first_friday = Repeat(frequency=Frequency.MONTHLY, weekdays=(4,), nth=1, until=date(2027, 2, 5))
    assert in_words(first_friday, time(0, 30)) == "Every month on the first Friday, 00:30"
    assert end_in_words(first_friday) == "until Fri 5 Feb 2027"


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekdays": ()},
        {"weekdays": (7,)},
        {"weekdays": (1, 1)},
        {"weekdays": (1,), "every": 0},
        {"weekdays": (1,), "nth": 1},
        {"weekdays": (1,), "times": 3, "until": TUESDAY},
        {"weekdays": (1,), "frequency": "monthly"},
        {"weekdays": (1, 2), "frequency": "monthly", "nth": 1},
        {"weekdays": (1,), "frequency": "monthly", "nth": 5},
    ],
)
def test_what_is_no_rule_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Repeat.model_validate({"frequency": "weekly", **wrong})
