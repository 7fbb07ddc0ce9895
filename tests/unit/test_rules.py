"""When an offer is due: enough time to answer, never past the start, and nobody is asked to answer at night."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guitara_app.appointments.rules import answer_due
from guitara_app.firm.queries import FirmSettings

FIRM = FirmSettings()
CALENDAR = FIRM.calendar
LEAST = timedelta(minutes=FIRM.answer_minutes_least)
USUAL = timedelta(minutes=FIRM.answer_minutes)
MONDAY = date(2026, 11, 23)

asked = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001  aware
ahead = st.timedeltas(timedelta(minutes=-10), timedelta(days=30))


def at(hour: int, minute: int = 0) -> datetime:
    """An instant of Monday's evening; from 24 on past midnight."""
    midnight = datetime.combine(MONDAY, time(0), tzinfo=ZoneInfo(FIRM.timezone))
    return midnight + timedelta(hours=hour, minutes=minute)


def open_time(start: datetime, end: datetime) -> timedelta:
    """How much of ``[start, end)`` lies in open hours, counted the slow way."""
    day = CALENDAR.business_date(start) - timedelta(days=1)
    total = timedelta()
    while CALENDAR.at(day, CALENDAR.day_starts) < end:
        hours = CALENDAR.open_period(day)
        assert hours.lower is not None
        assert hours.upper is not None
        total += max(timedelta(), min(end, hours.upper) - max(start, hours.lower))
        day += timedelta(days=1)
    return total


@pytest.mark.parametrize(
    ("now", "start", "due"),
    [
        (at(20), at(23), at(20, 30)),
        (at(20), at(20, 40), at(20, 20)),
        (at(20), at(20, 4), at(20, 3)),
        # Closing is at 01:00: what is left goes on when the firm opens again.
        (at(24, 55), at(24 + 20), at(24 + 13, 25)),
        (at(26), at(24 + 20), at(24 + 13, 30)),
        (at(12), at(20), at(13, 30)),
        (at(12), at(13, 10), at(13, 10)),
        # A visit outside the open hours cannot wait for them.
        (at(24, 55), at(25, 30), at(25, 30)),
    ],
)
def test_an_offer_is_due(now: datetime, start: datetime, due: datetime) -> None:
    assert answer_due(now, start, FIRM) == due


@given(asked, ahead)
def test_nobody_has_less_than_three_minutes(now: datetime, left: timedelta) -> None:
    assert answer_due(now, now + left, FIRM) >= now + LEAST


@given(asked, ahead)
def test_the_answer_is_due_before_the_start_where_that_leaves_three_minutes(now: datetime, left: timedelta) -> None:
    assume(left >= LEAST)
    assert answer_due(now, now + left, FIRM) <= now + left


@given(asked, ahead)
def test_open_hours_are_counted_up_to_the_usual_time_and_half_of_what_is_left(now: datetime, left: timedelta) -> None:
    due = answer_due(now, now + left, FIRM)
    assert open_time(now, due) <= max(LEAST, min(USUAL, left / 2))


@given(asked, ahead)
def test_nobody_must_answer_while_the_firm_is_closed_unless_the_visit_is_then(now: datetime, left: timedelta) -> None:
    due = answer_due(now, now + left, FIRM)
    in_open_hours = open_time(due - timedelta(microseconds=1), due) > timedelta()
    assert in_open_hours or due >= now + left or due == now + LEAST
