"""Which hours the demo firm keeps, so that whoever starts it finds the evening in full swing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guitara_app.firm.queries import FirmSettings
from guitara_app.kit.time import Calendar

_LEAST_BEHIND = timedelta(hours=4)
_LEAST_AHEAD = timedelta(hours=3, minutes=30)
_BEHIND = timedelta(hours=7)
_LENGTH = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Evening:
    """The evening being played: its business day and its open hours."""

    calendar: Calendar
    day: date
    opens_at: datetime
    closes_at: datetime


def evening_for(now: datetime, in_force: FirmSettings) -> Evening:
    """An evening with ``now`` well inside it: the one in force, else the usual one, else one moved to fit."""
    usual = FirmSettings(timezone=in_force.timezone).calendar
    for calendar in (in_force.calendar, usual, *_moved(now, in_force.calendar.zone)):
        evening = evening_of(calendar, now)
        if evening.opens_at + _LEAST_BEHIND <= now <= evening.closes_at - _LEAST_AHEAD:
            return evening
    raise ValueError("no evening holds this moment")


def evening_of(calendar: Calendar, now: datetime) -> Evening:
    """The open hours of the business day of ``now``."""
    return whole_evening(calendar, calendar.business_date(now))


def whole_evening(calendar: Calendar, day: date) -> Evening:
    """The open hours of business day ``day``."""
    hours = calendar.open_period(day)
    if hours.lower is None or hours.upper is None:
        raise ValueError("open hours are bounded")
    return Evening(calendar, day, hours.lower, hours.upper)


def _moved(now: datetime, zone: ZoneInfo) -> Iterable[Calendar]:
    opens = (now.astimezone(zone) - _BEHIND).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    # The evening is named after the date on which it opens, so the day turns between its midnight and then.
    turns = max(opens - _BEHIND, opens.replace(hour=0))
    yield Calendar(zone, turns.time(), opens.time(), (opens + _LENGTH).time())


def as_settings(calendar: Calendar) -> dict[str, str]:
    """The settings rows that make these the firm's hours."""
    usual = FirmSettings()
    clocks: dict[str, tuple[time, time]] = {
        "day_starts": (calendar.day_starts, usual.day_starts),
        "opens": (calendar.opens, usual.opens),
        "closes": (calendar.closes, usual.closes),
    }
    return {key: f"{clock:%H:%M}" for key, (clock, default) in clocks.items() if clock != default}
