"""The drivers at this moment: who is free and in which order, who is asked, who drives, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.models.leg import IS_LIVE
from guitara_app.appointments.queries.drivers import OnDuty, on_duty
from guitara_app.appointments.road_views import QueuePlace
from guitara_app.appointments.words import LegState
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

LEG_WORDS = """
SELECT g.id, g.driver_id, g.state, g.urgent, g.wanted_at, g.departed_at, lower(g.occupied) AS starts,
  upper(g.occupied) AS until, g.search_number, g.to_appointment_id, a.id AS visit_id, a.starts_at, a.business_date,
  l.name AS town, w.passengers, w.phone, o.due_at, o.offered_at
FROM legs g JOIN appointments a ON a.id = coalesce(g.to_appointment_id, g.from_appointment_id)
JOIN client_addresses d ON d.id = a.address_id JOIN localities l ON l.id = d.locality_id
LEFT JOIN LATERAL (SELECT string_agg(DISTINCT p.name, ', ' ORDER BY p.name) AS passengers, min(p.phone) AS phone
  FROM leg_passengers r JOIN assignments s ON s.id = r.assignment_id JOIN people p ON p.id = s.person_id
  WHERE r.leg_id = g.id) w ON true
LEFT JOIN leg_offers o ON o.leg_id = g.id AND o.answer = 'open'
"""
"""Trips ``g`` with what is needed to name them."""
_LIVE = planned_once(
    f"{LEG_WORDS} WHERE g.driver_id = ANY(:drivers) AND {IS_LIVE.replace('state', 'g.state')}"
    " AND g.business_date <= :day ORDER BY g.state = 'under_way' DESC, lower(g.occupied), g.id"
)


class AtPresent(NamedTuple):
    """A driver with what they do now, what they are asked for, and what comes next; None where there is nothing."""

    on: OnDuty
    here: bool
    free_since: datetime
    current: Row[Any] | None
    asked: Row[Any] | None
    coming: Row[Any] | None

    @property
    def free(self) -> bool:
        """In the queue: here, and neither on a trip nor asked for one."""
        return self.here and self.current is None and self.asked is None

    @property
    def status(self) -> str:
        """The word for it."""
        if self.current is not None:
            return "driving" if self.current.state == LegState.UNDER_WAY else LegState.ACCEPTED
        if self.asked is not None:
            return LegState.OFFERED
        return "free" if self.here else "off"


def drivers_at_present(session: Session, *, now: datetime) -> list[AtPresent]:
    """Every driver in use: the queue of free ones, longest free first; then who is asked, then who is on a trip."""
    people = on_duty(session, now)
    day = firm_settings(session).calendar.business_date(now)
    legs: dict[int, list[Row[Any]]] = {one.id: [] for one in people}
    for row in session.execute(_LIVE, {"drivers": list(legs), "day": day}):
        legs[row.driver_id].append(row)
    found = [_at_present(one, legs[one.id], now) for one in people]
    order = {"free": 0, LegState.OFFERED: 1, LegState.ACCEPTED: 2, "driving": 3, "off": 4}
    return sorted(found, key=lambda one: (order[one.status], one.free_since, one.on.name, one.on.id))


def queue_places(session: Session, *, now: datetime) -> dict[str, QueuePlace]:
    """By the number of each driver who is free, where they stand; numbers alone, for every driver's phone."""
    waiting = [one for one in drivers_at_present(session, now=now) if one.free]
    return {
        str(one.on.id): QueuePlace(words=f"{ordinal(place)} in the queue", since=one.free_since.isoformat())
        for place, one in enumerate(waiting, start=1)
    }


def why_there(driver: OnDuty, calendar: Calendar) -> str:
    """What a driver's place in the queue follows from."""
    if driver.trips:
        last = f", the last until {calendar.local(driver.last_done):%H:%M}" if driver.last_done else ""
        return f"{driver.trips} trip{'s' if driver.trips > 1 else ''} tonight{last}"
    if driver.checked_in:
        return f"no trip yet tonight, came {calendar.local(driver.checked_in):%H:%M}"
    begins = min((begins for begins, _ in driver.shifts), default=None)
    return f"no trip yet tonight, shift began {calendar.local(begins):%H:%M}" if begins else "no trip yet tonight"


def trip_words(leg: Row[Any], calendar: Calendar) -> str:
    """A trip in a few words: who, where, and for which visit."""
    who = leg.passengers or "Nobody"
    if leg.to_appointment_id is None:
        return f"{who} back from {leg.town}"
    return f"{who} to {leg.town} for {calendar.clock_label(leg.starts_at, leg.business_date)}"


def ordinal(number: int) -> str:
    """``1st``, ``2nd``, ``11th``."""
    ending = "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _at_present(driver: OnDuty, legs: Iterable[Row[Any]], now: datetime) -> AtPresent:
    current = asked = coming = None
    for leg in legs:
        if leg.state == LegState.OFFERED:
            asked = asked or leg
        elif leg.state == LegState.UNDER_WAY or leg.starts <= now:
            current = current or leg
        else:
            coming = coming or leg
    here = driver.covers(now, now) and not driver.has_gone
    return AtPresent(driver, here, driver.idle_since((), now), current, asked, coming)
