"""The visits of a month, with no more of them than its page draws and filters by: a large firm has thousands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.plan_views import MonthVisit, PlanFrame
from guitara_app.appointments.queries.plan import LIVE, MOVABLE_VISITS, plan_frame
from guitara_app.appointments.words import AppointmentState
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.planned import planned_once

_STATES = [state.value for state in AppointmentState]
_CODES = {state: code for code, state in enumerate(_STATES)}

_VISITS = f"""
WITH chosen AS MATERIALIZED (
  SELECT a.id, a.business_date, a.starts_at, a.ends_at, a.state, a.client_id, a.address_id, a.closed_at,
    a.series_id IS NOT NULL AS repeats
  FROM appointments a WHERE a.business_date BETWEEN :first AND :last {{more}}),
sold AS (
  SELECT x.appointment_id, array_agg(x.service_id ORDER BY x.id) AS services
  FROM chosen JOIN appointment_services x ON x.appointment_id = chosen.id GROUP BY 1),
seats AS (
  SELECT g.appointment_id, array_agg(g.person_id ORDER BY g.id) FILTER (WHERE g.answer IN ({LIVE})) AS going,
    array_agg(g.person_id ORDER BY g.id) FILTER (WHERE g.answer NOT IN ({LIVE})) AS others
  FROM chosen JOIN assignments g ON g.appointment_id = chosen.id
  WHERE g.answer IN ({LIVE}) OR (g.answer = 'released' AND (chosen.closed_at IS NOT NULL OR g.progress = 'ended'))
    OR EXISTS (SELECT 1 FROM reviews r WHERE r.assignment_id = g.id AND r.decision IS NULL)
  GROUP BY 1)
SELECT a.id, a.business_date - CAST(:first AS date) AS day,
  CAST(floor(extract(epoch FROM (a.starts_at AT TIME ZONE :zone) - a.business_date) / 60) AS int) AS starts,
  CAST(floor(extract(epoch FROM (a.ends_at AT TIME ZONE :zone) - a.business_date) / 60) AS int) AS ends,
  a.state, c.name, l.zone_id, sold.services, seats.going, seats.others, a.repeats
FROM chosen a
JOIN clients c ON c.id = a.client_id
JOIN client_addresses d ON d.id = a.address_id
JOIN localities l ON l.id = d.locality_id
LEFT JOIN sold ON sold.appointment_id = a.id
LEFT JOIN seats ON seats.appointment_id = a.id
ORDER BY a.starts_at, a.id
"""  # noqa: S608
_NAMED = "AND a.id = ANY(:numbers)"
_PEOPLE = planned_once("SELECT id, name FROM people WHERE id = ANY(:ids)")
_SERVICES = planned_once("SELECT id, name FROM services")
_ZONES = planned_once("SELECT id, name FROM zones")


class MonthPlan(PlanFrame):
    """What the scope of a month shows. Of visits, people, services and zones are told by number: here are the names.

    ``movable`` are the states in which a visit can still be changed.
    """

    visits: list[MonthVisit]
    names: dict[str, str]
    services: dict[str, str]
    zones: dict[str, str]
    states: list[str]
    movable: list[str]


def month_plan(session: Session, year: int, month: int, *, now: datetime) -> MonthPlan:
    """Every visit of the month's business days, and of those that complete its first and last week."""
    begin = date(year, month, 1)
    following = date(year + month // 12, month % 12 + 1, 1)
    first = begin - timedelta(days=begin.weekday())
    last = following + timedelta(days=(-following.weekday()) % 7 - 1)
    visits = _read(session, first, last)
    return MonthPlan(
        **plan_frame(session, first, last, now),
        visits=visits,
        names=_names(session, visits),
        services=_table(session.execute(_SERVICES)),
        zones=_table(session.execute(_ZONES)),
        states=_STATES,
        movable=sorted(MOVABLE_VISITS),
    )


def month_news(session: Session, before: Mapping[str, Any], numbers: Collection[int]) -> dict[str, Any]:
    """The visits of a month ``before`` with these ``numbers`` read anew; nothing when all of them are the same."""
    first, last = date.fromisoformat(before["first"]), date.fromisoformat(before["last"])
    read = _read(session, first, last, numbers)
    kept = [visit for visit in before["visits"] if visit["id"] not in numbers]
    visits = sorted([*kept, *read], key=lambda visit: (1440 * visit["d"] + visit["a"], visit["id"]))
    if visits == before["visits"]:
        return {}
    return {"visits": visits, "names": {**before["names"], **_names(session, read)}}


def _read(session: Session, first: date, last: date, numbers: Collection[int] | None = None) -> list[MonthVisit]:
    values: dict[str, Any] = {"zone": firm_settings(session).calendar.zone.key, "first": first, "last": last}
    if numbers is not None:
        values["numbers"] = sorted(numbers)
    statement = planned_once(_VISITS.replace("{more}", "" if numbers is None else _NAMED))
    return [_visit(*row) for row in session.execute(statement, values)]


def _visit(
    number: int,
    day: int,
    starts: int,
    ends: int,
    state: str,
    client: str,
    zone: int,
    services: list[int] | None,
    going: list[int] | None,
    others: list[int] | None,
    repeats: bool,
) -> MonthVisit:
    visit = MonthVisit(id=number, d=day, a=starts, b=ends, s=_CODES[state], c=client, z=zone, v=services or [])
    if going:
        visit["p"] = going
    if others:
        visit["o"] = others
    if repeats:
        visit["r"] = 1
    return visit


def _names(session: Session, visits: Iterable[MonthVisit]) -> dict[str, str]:
    ids = {person for visit in visits for person in (*visit.get("p", ()), *visit.get("o", ()))}
    return _table(session.execute(_PEOPLE, {"ids": sorted(ids)}))


def _table(rows: Iterable[Row[Any]]) -> dict[str, str]:
    return {str(row.id): row.name for row in rows}
