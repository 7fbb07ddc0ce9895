"""The plan of a week, read for everybody who looks at it at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.lifecycle import RULES, Action
from guitara_app.appointments.plan_views import PlanFrame, PlanLeg, PlanPerson, PlanSpan, PlanVisit
from guitara_app.appointments.words import LIVE_ANSWERS
from guitara_app.availability.queries import holidays_between
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.memo import Memo
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

_CLOCK = "'YYYY-MM-DD\"T\"HH24\\:MI'"
LIVE = ", ".join(f"'{answer}'" for answer in sorted(LIVE_ANSWERS))


def _wall(moment: str) -> str:
    return f"to_char(({moment}) AT TIME ZONE :zone, {_CLOCK})"


# What does not change is neither read twice by Python nor put together twice: a week may have thousands of visits.
_VISITS = f"""
WITH chosen AS MATERIALIZED (SELECT a.* FROM appointments a WHERE {{where}}),
sold AS (
  SELECT x.appointment_id, string_agg(s.name, ' + ' ORDER BY x.id) AS services
  FROM chosen JOIN appointment_services x ON x.appointment_id = chosen.id JOIN services s ON s.id = x.service_id
  GROUP BY 1),
seats AS (
  SELECT g.appointment_id, json_agg(json_build_object('id', g.id, 'person_id', g.person_id, 'name', p.name,
     'answer', g.answer, 'starts', {_wall("coalesce(g.session_started_at, g.planned_start)")},
     'ends', {_wall("coalesce(g.session_ended_at, g.planned_end)")},
     'until', {_wall("coalesce(upper(g.occupied), g.session_ended_at, g.planned_end)")}) ORDER BY g.id) AS seats
  FROM chosen JOIN assignments g ON g.appointment_id = chosen.id JOIN people p ON p.id = g.person_id
  WHERE g.answer IN ({LIVE}) OR (g.answer = 'released' AND (chosen.closed_at IS NOT NULL OR g.progress = 'ended'))
    OR EXISTS (SELECT 1 FROM reviews r WHERE r.assignment_id = g.id AND r.decision IS NULL)
  GROUP BY 1)
SELECT a.id, a.business_date, {_wall("a.starts_at")} AS starts, {_wall("a.ends_at")} AS ends, a.state, a.version,
  a.series_id IS NOT NULL AS repeats,
  a.address_id, c.name AS client, l.name AS place, z.name AS zone, coalesce(sold.services, '') AS services,
  seats.seats::text AS seats
FROM chosen a
JOIN clients c ON c.id = a.client_id
JOIN client_addresses d ON d.id = a.address_id
JOIN localities l ON l.id = d.locality_id
JOIN zones z ON z.id = l.zone_id
LEFT JOIN sold ON sold.appointment_id = a.id
LEFT JOIN seats ON seats.appointment_id = a.id
ORDER BY a.starts_at, a.id
"""  # noqa: S608
_OF_DAYS = "a.business_date BETWEEN :first AND :last"
_STARTS = "coalesce(t.departed_at, t.planned_start, t.wanted_at)"
_LEGS = f"""
SELECT t.id, t.business_date, t.from_appointment_id, t.to_appointment_id, t.state,
  coalesce(t.driver_id, 0) AS driver_id,
  {_wall(_STARTS)} AS starts,
  {_wall(f"coalesce(t.finished_at, upper(t.occupied), {_STARTS} + make_interval(mins => t.travel_minutes))")} AS ends,
  coalesce(p.name, '') AS driver, coalesce(l.name, '') AS place,
  (SELECT string_agg(DISTINCT split_part(q.name, ' ', 1), ', ') FROM leg_passengers r
   JOIN assignments h ON h.id = r.assignment_id JOIN people q ON q.id = h.person_id WHERE r.leg_id = t.id) AS riders
FROM legs t LEFT JOIN people p ON p.id = t.driver_id
LEFT JOIN appointments a ON a.id = coalesce(t.to_appointment_id, t.from_appointment_id)
LEFT JOIN client_addresses d ON d.id = a.address_id LEFT JOIN localities l ON l.id = d.locality_id
WHERE t.business_date BETWEEN :first AND :last AND t.state <> 'cancelled'
ORDER BY t.id
"""  # noqa: S608
_SPANS = f"""
SELECT 'shift-' || s.id AS key, s.person_id, 'shift' AS kind, {_wall("lower(s.period)")} AS starts,
  {_wall("upper(s.period)")} AS ends
FROM shifts s WHERE s.business_date BETWEEN :first AND :last
UNION ALL
SELECT 'off-' || f.id, f.person_id, 'off', {_wall("lower(f.period)")}, {_wall("upper(f.period)")}
FROM time_off f WHERE f.state = 'approved' AND f.period && tstzrange(:begins, :over, '[)')
ORDER BY 1
"""  # noqa: S608
_PEOPLE = planned_once(
    "SELECT id, name, role, coalesce(vehicle, '') AS vehicle FROM people p WHERE role IN ('therapist', 'driver')"
    " AND (disabled_at IS NULL OR id = ANY(:busy)) ORDER BY role DESC, name, id"
)

# The states in which a visit, or a trip's driver, can still be changed.
MOVABLE_VISITS = RULES[Action.CHANGE].visit
_MOVABLE_LEGS = RULES[Action.CHOOSE_DRIVER].leg


class WeekPlan(PlanFrame):
    """What the scope of a week shows."""

    visits: list[PlanVisit]
    legs: list[PlanLeg]
    spans: list[PlanSpan]
    people: list[PlanPerson]


def week_plan(session: Session, monday: date, *, now: datetime) -> WeekPlan:
    """Everything of the seven business days from ``monday`` on: visits, trips, hours, and whose they are."""
    calendar, last = firm_settings(session).calendar, monday + timedelta(days=6)
    whole = {"zone": calendar.zone.key, "first": monday, "last": last}
    reach = {"begins": calendar.day_period(monday).lower, "over": calendar.day_period(last).upper}
    visits = _visits(session, calendar, monday, last)
    legs = [_leg(row) for row in session.execute(planned_once(_LEGS), whole)]
    spans = [cast("PlanSpan", row._asdict()) for row in session.execute(planned_once(_SPANS), whole | reach)]
    busy = {seat["person_id"] for visit in visits for seat in visit["seats"]} | {leg["driver_id"] for leg in legs}
    people = session.execute(_PEOPLE, {"busy": sorted(busy)})
    return WeekPlan(
        **plan_frame(session, monday, last, now),
        visits=visits,
        legs=legs,
        spans=spans,
        people=[cast("PlanPerson", row._asdict()) for row in people],
    )


def week_news(session: Session, before: Mapping[str, Any], numbers: Collection[int]) -> dict[str, Any]:
    """The visits of a week ``before`` with these ``numbers`` read anew; nothing when all of them are the same."""
    calendar = firm_settings(session).calendar
    values = {"zone": calendar.zone.key, "numbers": sorted(numbers), "first": before["first"], "last": before["last"]}
    read = _read(session, f"a.id = ANY(:numbers) AND {_OF_DAYS}", values)
    kept = [visit for visit in before["visits"] if visit["id"] not in numbers]
    visits = sorted([*kept, *read], key=lambda visit: (visit["starts"], visit["id"]))
    return {} if visits == before["visits"] else {"visits": visits}


def plan_frame(session: Session, first: date, last: date, now: datetime) -> PlanFrame:
    """What every plan says of the business days from ``first`` to ``last``."""
    calendar = firm_settings(session).calendar
    return PlanFrame(
        first=first.isoformat(),
        last=last.isoformat(),
        today=calendar.business_date(now).isoformat(),
        now=f"{calendar.local(now):%Y-%m-%dT%H:%M}",
        zone=calendar.zone.key,
        opens=f"{calendar.opens:%H:%M}",
        closes=f"{calendar.closes:%H:%M}",
        day_starts=f"{calendar.day_starts:%H:%M}",
        holidays={day.isoformat(): str(one) for day, one in holidays_between(session, first, last).items()},
    )


def _visits(session: Session, calendar: Calendar, first: date, last: date) -> list[PlanVisit]:
    return _read(session, _OF_DAYS, {"zone": calendar.zone.key, "first": first, "last": last})


def _read(session: Session, where: str, values: dict[str, Any]) -> list[PlanVisit]:
    return [_read_last.of(row) for row in session.execute(planned_once(_VISITS.replace("{where}", where)), values)]


def _visit(row: Row[Any]) -> PlanVisit:
    return PlanVisit(
        id=row.id,
        evening=row.business_date.isoformat(),
        starts=row.starts,
        ends=row.ends,
        state=row.state,
        client=row.client,
        services=row.services,
        place=row.place,
        zone=row.zone,
        address_id=row.address_id,
        version=row.version,
        repeats=row.repeats,
        movable=row.state in MOVABLE_VISITS,
        seats=json.loads(row.seats) if row.seats else [],
    )


# A large firm's week has two thousand visits.
_read_last = Memo(_visit, at_most=10_000)


def _leg(row: Row[Any]) -> PlanLeg:
    away, there = row.from_appointment_id, row.to_appointment_id
    way = "on" if away and there else "out" if there else "back"
    riders = row.riders or "nobody yet"
    return PlanLeg(
        id=row.id,
        evening=row.business_date.isoformat(),
        visit_id=there or away,
        driver_id=row.driver_id,
        driver=row.driver,
        starts=row.starts,
        ends=row.ends,
        state=row.state,
        way=way,
        words=f"{riders} from {row.place}" if way == "back" else f"{riders} to {row.place}",
        movable=row.state in _MOVABLE_LEGS,
    )
