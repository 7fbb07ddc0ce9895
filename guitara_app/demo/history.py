"""Evenings that are over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from guitara_app.demo.hours import Evening, whole_evening
from guitara_app.demo.sizes import Size
from guitara_app.demo.teller import Teller, minutes
from guitara_app.kit.time import Calendar

_OUTCOMES = ("completed",) * 21 + ("cancelled", "cancelled", "expired", "no_show")


def tell_history(teller: Teller, size: Size, calendar: Calendar, tonight: date, *, now: datetime) -> int:
    """The evenings before ``tonight``, each written when it is told; returns how many visits they had."""
    told = 0
    for ago in range(size.evenings, 0, -1):
        evening = open_evening(teller, calendar, tonight - timedelta(days=ago), now=now)
        busy = size.more_on_weekends if evening.day.weekday() in (4, 5) else 0
        for _ in range(teller.random.choice(size.visits) + busy):
            told += tell_one(teller, evening.opens_at, evening.closes_at - minutes(150)) is not None
        teller.rows.write()
    teller.world.clients_out.clear()
    return told


def open_evening(teller: Teller, calendar: Calendar, day: date, *, now: datetime) -> Evening:
    """The evening of ``day`` with its people on shift; what is told next belongs to it."""
    evening = whole_evening(calendar, day)
    teller.day = day
    teller.world.clients_out.clear()
    teller.world.diary.forget(evening.opens_at - minutes(120))
    teller.staff(evening, now=now)
    return evening


def tell_one(teller: Teller, opens_at: datetime, latest: datetime, outcome: str = "") -> object | None:
    """One visit that started between an hour after ``opens_at`` and ``latest``."""
    quarters = max(1, int((latest - opens_at - minutes(60)) / minutes(15)))
    starts_at = opens_at + minutes(60) + minutes(15 * teller.random.randrange(quarters))
    chosen = outcome or teller.random.choice(_OUTCOMES)
    return teller.finished(starts_at, chosen, driven=teller.random.random() < 0.8)
