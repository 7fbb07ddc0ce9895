"""Until when what is to be forgotten must have been over."""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta


def months_before(at: datetime, months: int) -> datetime:
    """The same day and time so many calendar months earlier; the month's last day where it has no such day."""
    years, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    return at.replace(year=years, month=month + 1, day=min(at.day, monthrange(years, month + 1)[1]))


def forgotten_before(now: datetime, *, months: int = 0, days: int = 0) -> datetime | None:
    """What was over earlier than this is forgotten; None when everything is kept for ever."""
    if not months and not days:
        return None
    return months_before(now, months) - timedelta(days=days)
