"""Which evenings a series is on. Pure: it speaks of business days alone, the clock is the calendar's.

The days follow the recurrence rules of RFC 5545, as ``dateutil.rrule`` has them; weeks begin on Monday.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, NamedTuple, Self

from dateutil.rrule import MO, MONTHLY, WEEKLY, rrule, weekday
from pydantic import BaseModel, ConfigDict, Field, model_validator

from guitara_app.kit.errors import Invalid

MOST_TIMES = 520
MOST_APART = 52
LONGEST = timedelta(days=3653)
"""An end lies no further away than this."""
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}
_UNITS = {"weekly": "week", "monthly": "month"}


class Frequency(StrEnum):
    """What a series counts in."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Repeat(BaseModel):
    """When a visit comes again: every so many weeks on these weekdays, or months on their nth weekday.

    Weekdays count from Monday, 0. ``nth`` is 1 to 4, or -1 for the last of the month. It ends after ``times`` visits or
    with the evening ``until``, or goes on when both are None.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    frequency: Frequency
    every: int = Field(default=1, ge=1, le=MOST_APART)
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(min_length=1, max_length=7)
    nth: int | None = None
    times: int | None = Field(default=None, ge=1, le=MOST_TIMES)
    until: date | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if len(set(self.weekdays)) != len(self.weekdays):
            raise ValueError("a weekday is named twice")
        monthly = self.frequency is Frequency.MONTHLY
        if monthly != (self.nth is not None) or (monthly and (self.nth not in _NTH or len(self.weekdays) != 1)):
            raise ValueError("a monthly series is on the nth of one weekday, a weekly one on weekdays alone")
        if self.times is not None and self.until is not None:
            raise ValueError("a series ends after so many visits or with an evening, not both")
        return self


def walk(repeat: Repeat, first: date) -> Iterator[date]:
    """Every evening of a series that begins with ``first`` or the first of its days after it; perhaps without end."""
    days = [weekday(day, repeat.nth) for day in repeat.weekdays]
    found = rrule(
        MONTHLY if repeat.frequency is Frequency.MONTHLY else WEEKLY,
        dtstart=datetime.combine(first, time()),
        interval=repeat.every,
        wkst=MO,
        byweekday=days,
        count=repeat.times,
        until=None if repeat.until is None else datetime.combine(repeat.until, time()),
    )
    return (at.date() for at in found)


def evenings(repeat: Repeat, first: date, *, since: date, last: date) -> list[date]:
    """Those from ``since`` to ``last``, both included."""
    found = []
    for day in walk(repeat, first):
        if day > last:
            break
        if day >= since:
            found.append(day)
    return found


def next_evening(repeat: Repeat, first: date, after: date) -> date | None:
    """The first evening after ``after``; None when the series is over by then."""
    return next((day for day in walk(repeat, first) if day > after), None)


def counted_before(repeat: Repeat, first: date, day: date) -> int:
    """How many evenings of the series lie before ``day``."""
    return len(evenings(repeat, first, since=first, last=day - timedelta(days=1)))


def rest_of(repeat: Repeat, first: date, day: date) -> Repeat:
    """The same series from ``day`` on: what it counts is less by those before."""
    if repeat.times is None:
        return repeat
    return repeat.model_copy(update={"times": max(1, repeat.times - counted_before(repeat, first, day))})


class Moved(NamedTuple):
    """A series on other days: the rule, and for each old evening the new one."""

    repeat: Repeat
    day_of: Callable[[date], date]


def moved(repeat: Repeat, old: date, new: date) -> Moved:
    """The series when its visits on days like ``old`` are on days like ``new`` instead.

    Raises:
        Invalid: the new day lies outside of the week or month, or where the series has, or passes, another visit.
    """
    if repeat.frequency is Frequency.MONTHLY:
        return _moved_in_month(repeat, old, new)
    monday = old - timedelta(days=old.weekday())
    days = sorted(repeat.weekdays)
    after = sorted(new.weekday() if day == old.weekday() else day for day in days)
    in_place = old.weekday() in days and days.index(old.weekday()) == after.index(new.weekday())
    if not monday <= new <= monday + timedelta(days=6) or len(set(after)) != len(after) or not in_place:
        raise Invalid(
            "A series is moved to another day of the same week, without passing its other days. End it and book a new"
            " one for anything else.",
            field="evening",
        )
    shift = new - old
    return Moved(
        repeat.model_copy(update={"weekdays": tuple(after)}),
        lambda day: day + shift if day.weekday() == old.weekday() else day,
    )


def _moved_in_month(repeat: Repeat, old: date, new: date) -> Moved:
    if (old.year, old.month) != (new.year, new.month):
        raise Invalid(
            "A monthly series is moved within its month. End it and book a new one for anything else.", field="evening"
        )
    is_last = (new + timedelta(days=7)).month != new.month
    nth = (new.day - 1) // 7 + 1
    if nth == 5 or (is_last and repeat.nth == -1):
        nth = -1

    def day_of(day: date) -> date:
        return _nth_weekday(day, new.weekday(), nth)

    return Moved(repeat.model_copy(update={"weekdays": (new.weekday(),), "nth": nth}), day_of)


def _nth_weekday(month: date, day: int, nth: int) -> date:
    first = month.replace(day=1)
    if nth > 0:
        return first + timedelta(days=(day - first.weekday()) % 7 + 7 * (nth - 1))
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - day) % 7)


def in_words(repeat: Repeat, start: time) -> str:
    """``Every 2 weeks on Monday and Thursday, 20:00``."""
    days = [_DAYS[day] for day in sorted(repeat.weekdays)]
    unit = _UNITS[repeat.frequency]
    many = f"{repeat.every} {unit}s" if repeat.every > 1 else unit
    if repeat.frequency is Frequency.MONTHLY:
        when = f"Every {many} on the {_NTH[repeat.nth or 1]} {days[0]}"
    elif len(days) == 7 and repeat.every == 1:
        when = "Every evening"
    else:
        listed = " and ".join([", ".join(days[:-1]), days[-1]] if len(days) > 1 else days)
        when = f"Every {listed}" if repeat.every == 1 else f"Every {many} on {listed}"
    return f"{when}, {start:%H:%M}"


def end_in_words(repeat: Repeat) -> str:
    """``10 visits``, ``until Tue 3 Feb 2027`` or ``goes on``."""
    if repeat.times is not None:
        return f"{repeat.times} visits" if repeat.times > 1 else "1 visit"
    if repeat.until is not None:
        return f"until {repeat.until:%a} {repeat.until.day} {repeat.until:%b %Y}"
    return "goes on until it is ended"
