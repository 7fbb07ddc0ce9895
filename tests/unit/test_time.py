"""What the firm means by a day, at the hours where it is easy to get wrong."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guitara_app.kit.time import Calendar, minutes_between

MANILA = ZoneInfo("Asia/Manila")
CALENDAR = Calendar(MANILA, time(6), time(13), time(1))
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)

instants = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  aware
boundaries = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=MANILA)


@pytest.mark.parametrize(
    ("hour", "minute", "evening"), [(0, 30, MONDAY), (5, 59, MONDAY), (6, 0, TUESDAY), (23, 59, TUESDAY)]
)
def test_the_small_hours_belong_to_the_evening_before(hour: int, minute: int, evening: date) -> None:
    assert CALENDAR.business_date(local(TUESDAY, hour, minute)) == evening


def test_half_past_midnight_of_monday_evening_is_on_tuesday() -> None:
    assert CALENDAR.at(MONDAY, time(0, 30)) == local(TUESDAY, 0, 30)
    assert CALENDAR.at(MONDAY, time(21, 30)) == local(MONDAY, 21, 30)


@given(at=instants, boundary=boundaries)
def test_day_and_clock_lead_back_to_the_instant_wherever_the_day_turns(at: datetime, boundary: time) -> None:
    calendar = Calendar(MANILA, boundary, time(13), time(1))
    assert calendar.at(calendar.business_date(at), calendar.local(at).time()) == at


@given(at=instants, boundary=boundaries)
def test_every_instant_lies_in_exactly_the_period_of_its_day(at: datetime, boundary: time) -> None:
    calendar = Calendar(MANILA, boundary, time(13), time(1))
    day = calendar.business_date(at)
    near = [day + timedelta(days=offset) for offset in (-1, 0, 1)]
    assert [candidate for candidate in near if calendar.day_period(candidate).contains(at)] == [day]


def test_open_hours_run_past_midnight() -> None:
    hours = CALENDAR.open_period(MONDAY)
    assert (hours.lower, hours.upper) == (local(MONDAY, 13), local(TUESDAY, 1))


def test_open_hours_that_cross_the_turn_of_the_day_keep_their_length() -> None:
    hours = Calendar(MANILA, time(6), time(22), time(7)).open_period(MONDAY)
    assert (hours.lower, hours.upper) == (local(MONDAY, 22), local(TUESDAY, 7))


def test_labels_name_the_weekday_only_past_midnight() -> None:
    assert CALENDAR.evening_label(MONDAY) == "Mon 23 Nov, evening"
    assert CALENDAR.night_label(local(MONDAY, 21, 30), MONDAY) == "Mon 23 Nov 21:30"
    assert CALENDAR.night_label(local(TUESDAY, 0, 30), MONDAY) == "Mon 23 Nov, night \u2192 Tue 00:30"
    assert CALENDAR.clock_label(local(MONDAY, 21, 30), MONDAY) == "21:30"
    assert CALENDAR.clock_label(local(TUESDAY, 0, 30), MONDAY) == "Tue 00:30"
    assert CALENDAR.moment_label(local(TUESDAY, 0, 30)) == "Tue 24 Nov 00:30"


def test_minutes_are_rounded_up_and_never_below_zero() -> None:
    start = local(MONDAY, 21)
    assert minutes_between(start, start + timedelta(minutes=2, seconds=1)) == 3
    assert minutes_between(start, start + timedelta(minutes=2)) == 2
    assert minutes_between(start, start - timedelta(hours=1)) == 0
