"""The road as the desk sees it: drivers, trips that wait for one, and therapists who are still out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.queries.queue import LEG_WORDS, AtPresent, drivers_at_present, trip_words, why_there
from guitara_app.appointments.queries.still_out import still_out
from guitara_app.appointments.road_views import DriverLine, Road, WaitingTrip
from guitara_app.appointments.words import LegState
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

_WAITING = planned_once(
    f"{LEG_WORDS} WHERE g.state IN ('planned', 'searching') AND g.wanted_at <= :until"
    " AND (g.state = 'searching' OR (a.closed_at IS NULL AND a.starts_at <= :until))"
    " ORDER BY g.urgent DESC, g.wanted_at, g.id"
)
_ASKED = planned_once(
    "SELECT o.leg_id, string_agg(p.name || CASE o.answer WHEN 'lapsed' THEN ' (no answer)' WHEN 'declined'"
    " THEN ' (declined)' ELSE '' END, ', ' ORDER BY o.id) AS said FROM leg_offers o JOIN legs g ON g.id = o.leg_id"
    " AND g.search_number = o.search_number JOIN people p ON p.id = o.driver_id WHERE o.leg_id = ANY(:legs) GROUP BY 1"
)
_PHONES = planned_once("SELECT id, coalesce(phone, '') AS phone FROM people WHERE id = ANY(:people)")


def road(session: Session, *, now: datetime) -> Road:
    """Everything the desk coordinates, at ``now``."""
    calendar = firm_settings(session).calendar
    drivers = drivers_at_present(session, now=now)
    found = session.execute(_PHONES, {"people": [one.on.id for one in drivers]})
    phones = {row.id: shown_phone(row.phone) for row in found}
    lines: dict[str, list[DriverLine]] = {"queue": [], "busy": [], "offers": [], "off": []}
    for one in drivers:
        phone = phones[one.on.id]
        if one.free:
            lines["queue"].append(_free(one, phone, calendar, place=len(lines["queue"]) + 1))
        if one.current is not None:
            lines["busy"].append(_busy(one, phone, calendar))
        if one.asked is not None:
            lines["offers"].append(_asked(one, phone, calendar))
        if one.status == "off":
            lines["off"].append(_off(one, phone, calendar, now))
    # Whoever comes next first, then whoever left last.
    lines["off"].sort(key=lambda line: (line["until"] == "", line["until"], line["name"]))
    return Road(
        evening=calendar.evening_label(calendar.business_date(now)),
        queue=lines["queue"],
        busy=sorted(lines["busy"], key=lambda line: (line["until"], line["name"])),
        offers=sorted(lines["offers"], key=lambda line: (line["due_at"], line["name"])),
        off=lines["off"],
        trips=_trips(session, calendar, now),
        out=still_out(session, now=now),
    )


def _line(one: AtPresent, phone: str, status: str) -> DriverLine:
    return DriverLine(
        id=one.on.id,
        name=one.on.name,
        phone=phone,
        vehicle=one.on.vehicle,
        status=status,
        place=0,
        what="",
        why="",
        then="",
        since="",
        until="",
        due_at="",
        appointment_id=0,
    )


def _free(one: AtPresent, phone: str, calendar: Calendar, *, place: int) -> DriverLine:
    line = _line(one, phone, "free")
    line["place"], line["since"], line["why"] = place, one.free_since.isoformat(), why_there(one.on, calendar)
    line["then"] = _then(one, calendar)
    return line


def _busy(one: AtPresent, phone: str, calendar: Calendar) -> DriverLine:
    line = _line(one, phone, one.status)
    leg = one.current
    if leg is not None:
        line["what"], line["appointment_id"] = trip_words(leg, calendar), leg.visit_id
        line["since"] = (leg.departed_at or leg.starts).isoformat()
        line["until"] = f"{calendar.local(leg.until):%H:%M}"
        line["then"] = _then(one, calendar)
    return line


def _asked(one: AtPresent, phone: str, calendar: Calendar) -> DriverLine:
    line = _line(one, phone, LegState.OFFERED)
    leg = one.asked
    if leg is not None:
        line["what"], line["appointment_id"] = trip_words(leg, calendar), leg.visit_id
        line["since"] = leg.offered_at.isoformat() if leg.offered_at else ""
        line["due_at"] = leg.due_at.isoformat() if leg.due_at else ""
        line["then"] = _then(one, calendar)
    return line


def _off(one: AtPresent, phone: str, calendar: Calendar, now: datetime) -> DriverLine:
    line = _line(one, phone, "off")
    later = [begins for begins, _ in one.on.shifts if begins > now]
    ended = [ends for _, ends in one.on.shifts if ends <= now]
    if one.on.has_gone:
        line["why"] = "has gone home"
    elif later:
        line["until"] = line["why"] = f"comes at {calendar.local(later[0]):%H:%M}"
    elif ended:
        line["why"] = f"shift ended {calendar.local(ended[-1]):%H:%M}"
    else:
        line["why"] = "not tonight"
    line["then"] = _then(one, calendar)
    return line


def _then(one: AtPresent, calendar: Calendar) -> str:
    leg = one.coming
    if leg is None:
        return ""
    return f"then at {calendar.clock_label(leg.starts, leg.business_date)}: {trip_words(leg, calendar)}"


def _trips(session: Session, calendar: Calendar, now: datetime) -> list[WaitingTrip]:
    until = now + timedelta(minutes=firm_settings(session).leg_search_minutes)
    rows = session.execute(_WAITING, {"until": until}).all()
    asked = {row.leg_id: row.said for row in session.execute(_ASKED, {"legs": [row.id for row in rows]})}
    return [_trip(row, calendar, asked.get(row.id, ""), now) for row in rows]


def _trip(row: Row[Any], calendar: Calendar, asked: str, now: datetime) -> WaitingTrip:
    return WaitingTrip(
        leg_id=row.id,
        appointment_id=row.visit_id,
        urgent=row.urgent,
        outbound=row.to_appointment_id is not None,
        who=row.passengers or "",
        phone=row.phone or "",
        words=trip_words(row, calendar),
        wanted_at=row.wanted_at.isoformat(),
        late=row.wanted_at < now,
        asked=f"Asked so far: {asked}" if asked else "Nobody was free to be asked yet",
        search=Action.SEARCH_DRIVER if row.state == LegState.PLANNED else Action.SEARCH_AGAIN,
    )
