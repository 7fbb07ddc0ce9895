"""The only clock, and what the firm means by a day.

A business day begins at a fixed local hour (06:00 unless the firm says otherwise), so 00:30 belongs to the evening
before.
Ranges are half-open: a job that ends at 15:00 and one that starts at 15:00 do not touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range

Period = Range[datetime]
"""A ``tstzrange``: closed at its start, open at its end."""


def now() -> datetime:
    """The present moment, in UTC. Rules never call this; they are given it."""
    return datetime.now(UTC)


def period(start: datetime, end: datetime) -> Range[datetime]:
    """The half-open range ``[start, end)``."""
    return Range(start, end, bounds="[)")


def bounds(of: Range[datetime]) -> tuple[datetime, datetime]:
    """Where a range begins and ends.

    Raises:
        ValueError: it goes on for ever.
    """
    if of.lower is None or of.upper is None:
        raise ValueError("this range has no end, or no beginning")
    return of.lower, of.upper


def minutes_between(start: datetime, end: datetime) -> int:
    """Whole minutes from ``start`` to ``end``, rounded up, never below zero."""
    return max(0, -int(-(end - start).total_seconds() // 60))


@dataclass(frozen=True, slots=True)
class Calendar:
    """How the firm reads a clock: its time zone, when its day turns, and its open hours (local)."""

    zone: ZoneInfo
    day_starts: time
    opens: time
    closes: time

    def local(self, at: datetime) -> datetime:
        """``at`` on the firm's wall clock."""
        return at.astimezone(self.zone)

    def business_date(self, at: datetime) -> date:
        """The evening ``at`` belongs to."""
        local = self.local(at)
        return local.date() if local.time() >= self.day_starts else local.date() - timedelta(days=1)

    def day_period(self, day: date) -> Range[datetime]:
        """The whole business day ``day`` as a range of instants."""
        return period(self._instant(day, self.day_starts), self._instant(day + timedelta(days=1), self.day_starts))

    def at(self, day: date, clock: time) -> datetime:
        """The instant when the wall clock shows ``clock`` in business day ``day``; 00:30 is after its midnight."""
        return self._instant(day if clock >= self.day_starts else day + timedelta(days=1), clock)

    def open_period(self, day: date) -> Range[datetime]:
        """The open hours of business day ``day``; closing at or before opening means past midnight."""
        start, end = self.at(day, self.opens), self.at(day, self.closes)
        return period(start, end if end > start else end + timedelta(days=1))

    def evening_label(self, day: date) -> str:
        """``Mon 23 Nov, evening``."""
        return f"{day:%a} {day.day} {day:%b}, evening"

    def clock_label(self, at: datetime, day: date) -> str:
        """``21:30``, or ``Tue 00:30`` when the calendar date is no longer that of the evening."""
        local = self.local(at)
        # A board says this a thousand times, and ``strftime`` takes several times as long.
        clock = f"{local.hour:02}:{local.minute:02}"
        return clock if local.date() == day else f"{local:%a} {clock}"

    def night_label(self, at: datetime, day: date) -> str:
        """``Fri 27 Nov 21:30``; past midnight ``Fri 27 Nov, night → Sat 00:30``, for whoever promises it."""
        local, evening = self.local(at), f"{day:%a} {day.day} {day:%b}"
        return f"{evening} {local:%H:%M}" if local.date() == day else f"{evening}, night \u2192 {local:%a %H:%M}"

    def moment_label(self, at: datetime) -> str:
        """``Mon 23 Nov 21:30``, for histories that span days."""
        local = self.local(at)
        return f"{local:%a} {local.day} {local:%b} {local:%H:%M}"

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)
