"""Nobody is left behind: every therapist who is out on a job or not home from it, and which trip comes for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.road_views import OutRow
from guitara_app.appointments.words import LIVE_ANSWERS, LegState, Progress
from guitara_app.clients.rules import shown_phone
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

# The last place that somebody set out for says where they are; whoever came alone goes alone, unless they asked.
_OUT = planned_once(
    "WITH evenings AS MATERIALIZED (SELECT id FROM appointments WHERE business_date = :day"
    "  UNION SELECT id FROM appointments WHERE business_date = CAST(:day AS date) - 1"
    "  UNION SELECT id FROM appointments WHERE closed_at IS NULL AND business_date < :day"
    "  AND starts_at < CAST(:day AS date) + 1),"
    " last AS (SELECT DISTINCT ON (g.person_id) g.* FROM assignments g"
    "  WHERE g.appointment_id = ANY(ARRAY(SELECT id FROM evenings)) AND g.progress <> 'waiting'"
    "  ORDER BY g.person_id, coalesce(g.departed_at, g.session_started_at) DESC NULLS LAST, g.id DESC)"
    " SELECT last.*, p.name, coalesce(p.phone, '') AS phone, a.driver_needed, a.business_date, c.name AS client,"
    "  d.line, l.name AS town, t.id AS leg_id, t.state AS leg_state, t.wanted_at, t.planned_start, t.driver,"
    "  t.to_appointment_id AS leads_to"
    " FROM last JOIN people p ON p.id = last.person_id JOIN appointments a ON a.id = last.appointment_id"
    " JOIN clients c ON c.id = a.client_id JOIN client_addresses d ON d.id = a.address_id"
    " JOIN localities l ON l.id = d.locality_id"
    " LEFT JOIN LATERAL (SELECT g.*, w.name AS driver FROM leg_passengers r JOIN legs g ON g.id = r.leg_id"
    "  LEFT JOIN people w ON w.id = g.driver_id WHERE r.assignment_id = last.id"
    "  AND g.from_appointment_id = last.appointment_id AND g.state NOT IN ('planned', 'cancelled')"
    "  ORDER BY g.state = 'done' DESC, g.id DESC LIMIT 1) t ON true"
    " WHERE last.home_at IS NULL AND t.state IS DISTINCT FROM 'done'"
    "  AND (a.driver_needed OR last.progress = 'in_session' OR t.id IS NOT NULL)"
    " ORDER BY coalesce(last.session_ended_at, last.session_started_at, last.departed_at), p.name"
)
_WORDS = {
    Progress.IN_TRANSIT: "on the way",
    Progress.ARRIVED: "arrived",
    Progress.DROPPED_OFF: "dropped off",
    Progress.IN_SESSION: "in session",
    Progress.ENDED: "done",
}


def still_out(session: Session, *, now: datetime) -> list[OutRow]:
    """Every therapist who has set out tonight, or in the evening before, and is not known to be back; longest first."""
    calendar = firm_settings(session).calendar
    rows = session.execute(_OUT, {"day": calendar.business_date(now)})
    return [_out(row, calendar) for row in rows]


def out_after_closing(session: Session, *, now: datetime) -> list[OutRow]:
    """The same outside the open hours, when it is time that everybody is home; nobody within them."""
    calendar = firm_settings(session).calendar
    hours = calendar.open_period(calendar.business_date(now))
    is_open = hours.lower is not None and hours.upper is not None and hours.lower <= now < hours.upper
    return [] if is_open else still_out(session, now=now)


def _out(row: Row[Any], calendar: Calendar) -> OutRow:
    working = row.answer in LIVE_ANSWERS
    since = row.session_ended_at or row.session_started_at or row.dropped_off_at or row.departed_at
    riding = row.leg_state == LegState.UNDER_WAY
    return OutRow(
        person_id=row.person_id,
        name=row.name,
        phone=shown_phone(row.phone),
        assignment_id=row.id,
        appointment_id=row.appointment_id,
        state="on the way back" if riding else _WORDS[Progress(row.progress)],
        where=f"{row.client}, {row.line}, {row.town}",
        since=since.isoformat() if since else "",
        trip="" if working and row.leg_id is None else _trip(row, calendar),
        leg_id=row.leg_id if row.leg_id and not riding else 0,
        can_ask=not working and row.leg_id is None and row.progress != Progress.IN_TRANSIT,
        can_home=not working and not riding,
    )


def _trip(row: Row[Any], calendar: Calendar) -> str:
    if row.leg_id is None:
        return "no car asked for"
    onward = f" and brings them on to #{row.leads_to}" if row.leads_to else ""
    if row.leg_state == LegState.UNDER_WAY:
        return (
            f"{row.driver} is bringing them back" if not onward else f"{row.driver} drives them on to #{row.leads_to}"
        )
    if row.leg_state == LegState.ACCEPTED:
        start = calendar.clock_label(row.planned_start or row.wanted_at, row.business_date)
        return f"{row.driver} comes from {start}{onward}"
    if row.leg_state == LegState.OFFERED:
        return f"{row.driver} has been asked"
    return f"a car is looked for since {calendar.clock_label(row.wanted_at, row.business_date)}"
