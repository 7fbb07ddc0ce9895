"""What pages are given of people's hours."""

from __future__ import annotations

from typing import TypedDict

from guitara_app.availability.rules import WEEKDAYS


class ShiftRow(TypedDict):
    """One person's evening.

    ``starts`` and ``ends`` are what was said, as typed (``13:00``; empty when off); ``hours`` is what came of it, in
    words, with breaks and time off taken out. ``source`` is ``usual``, ``by_hand`` or empty when nothing was said.
    ``state`` is ``planned`` or ``off``, and tonight ``now``, ``break``, ``later``, ``over`` or ``off``. ``came`` and
    ``left`` are wall-clock times; ``outside`` names booked jobs that lie outside the hours.
    """

    person_id: int
    name: str
    role: str
    starts: str
    ends: str
    hours: str
    source: str
    state: str
    note: str
    came: str
    left: str
    outside: list[str]


class OnNow(TypedDict):
    """How many are on shift at this moment, and how many of them have not come yet or have gone already."""

    therapists: int
    drivers: int
    missing: int


class TimeOffRow(TypedDict):
    """Time off of somebody: from when to when, why, and what the desk said to it."""

    id: int
    person_id: int
    name: str
    period: str
    state: str
    reason: str
    answer: str
    decided: str


class WeekdayRow(TypedDict):
    """The usual hours of a weekday as typed, empty on a free day; ``said`` is the same in words."""

    weekday: int
    name: str
    starts: str
    ends: str
    break_starts: str
    break_ends: str
    said: str


class EveningRow(TypedDict):
    """One evening ahead: its label, when the person can be offered work, and which holiday it is, if any."""

    label: str
    hours: str
    source: str
    holiday: str


class PersonHours(TypedDict):
    """Everything that decides when one person can be offered work."""

    id: int
    name: str
    role: str
    week: list[WeekdayRow]
    time_off: list[TimeOffRow]
    evenings: list[EveningRow]
    outside: list[str]


NO_HOURS = PersonHours(
    id=0,
    name="",
    role="",
    week=[
        WeekdayRow(weekday=number, name=name, starts="", ends="", break_starts="", break_ends="", said="")
        for number, name in enumerate(WEEKDAYS)
    ],
    time_off=[],
    evenings=[],
    outside=[],
)
"""What a page has before it was told anything: a week has seven rows even then."""


class Presence(TypedDict):
    """Whether somebody has come and gone this evening, in wall-clock times; empty when not.

    ``there_week`` is how long they were there on the other evenings of the week and on this one once it is over;
    ``evenings`` how many those are.
    """

    came: str
    left: str
    there_week: str
    evenings: int
