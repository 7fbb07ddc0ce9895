"""Evenings that are over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from guitara_app.demo.hours import Evening
from guitara_app.demo.teller import Teller, minutes
from guitara_app.kit.time import Calendar

EVENINGS = 14

_OUTCOMES = ("completed",) * 21 + ("cancelled", "cancelled", "expired", "no_show")


def tell_history(teller: Teller, calendar: Calendar, tonight: date, *, now: datetime) -> int:
    """Two weeks of evenings before ``tonight``; returns how many visits they had."""
    told = 0
    for ago in range(EVENINGS, 0, -1):
        day = tonight - timedelta(days=ago)
        hours = calendar.open_period(day)
        if hours.lower is None or hours.upper is None:
            raise ValueError("open hours are bounded")
        evening = Evening(calendar, day, hours.lower, hours.upper)
        teller.day = day
        teller.world.clients_out.clear()
        teller.staff(evening, now=now)
        busy = 8 if day.weekday() in (4, 5) else 0
        for _ in range(teller.random.randint(16, 22) + busy):
            told += tell_one(teller, evening.opens_at, evening.closes_at - minutes(150)) is not None
    teller.world.clients_out.clear()
    return told


def tell_one(teller: Teller, opens_at: datetime, latest: datetime, outcome: str = "") -> object | None:
    """One visit that started between an hour after ``opens_at`` and ``latest``."""
    quarters = max(1, int((latest - opens_at - minutes(60)) / minutes(15)))
    starts_at = opens_at + minutes(60) + minutes(15 * teller.random.randrange(quarters))
    chosen = outcome or teller.random.choice(_OUTCOMES)
    return teller.finished(starts_at, chosen, driven=teller.random.random() < 0.8)
