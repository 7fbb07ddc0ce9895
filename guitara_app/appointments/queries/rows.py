"""The one statement that reads visits with everybody on them; board, detail and own night all show from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import Row
from sqlalchemy.orm import Session

from guitara_app.appointments.words import LIVE_ANSWERS, Answer, LegState, Progress
from guitara_app.kit.memo import Memo
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

T = TypeVar("T")

# All visits at once, table by table: asked for one visit after the other, an evening takes four times as long.
_VISITS = """
WITH chosen AS MATERIALIZED (SELECT a.* FROM appointments a WHERE {where}),
sold AS (
  SELECT x.appointment_id, string_agg(s.name, ' + ' ORDER BY x.id) AS services
  FROM chosen JOIN appointment_services x ON x.appointment_id = chosen.id JOIN services s ON s.id = x.service_id
  GROUP BY 1),
seats AS (
  SELECT g.appointment_id, json_agg(json_build_object('id', g.id, 'person_id', g.person_id, 'name', p.name,
     'answer', g.answer, 'progress', g.progress, 'due_at', g.due_at, 'reason', g.answer_reason,
     'because', g.chosen_because, 'started_at', g.session_started_at, 'ended_at', g.session_ended_at,
     'planned_start', g.planned_start, 'planned_end', g.planned_end,
     'payment_requested_at', g.payment_requested_at, 'phone', p.phone,
     'extension_minutes', g.extension_minutes, 'override', g.override_reason,
     'materials_reported_at', g.materials_reported_at, 'departed_at', g.departed_at, 'arrived_at', g.arrived_at,
     'pickup_asked_at', g.pickup_asked_at, 'pickup_urgent', g.pickup_urgent,
     'home_at', g.home_at,
     'review', r.id, 'review_opened_at', r.opened_at) ORDER BY g.id) AS seats
  FROM chosen JOIN assignments g ON g.appointment_id = chosen.id JOIN people p ON p.id = g.person_id
  LEFT JOIN reviews r ON r.assignment_id = g.id AND r.decision IS NULL
  GROUP BY 1),
trips AS MATERIALIZED (
  SELECT chosen.id AS visit_id, true AS outbound, t.* FROM chosen JOIN legs t ON t.to_appointment_id = chosen.id
  UNION ALL
  SELECT chosen.id, false, t.* FROM chosen JOIN legs t ON t.from_appointment_id = chosen.id),
riding AS (
  SELECT r.leg_id, json_agg(r.assignment_id) AS riders, string_agg(DISTINCT q.name, ', ' ORDER BY q.name) AS passengers
  FROM (SELECT DISTINCT id FROM trips) t JOIN leg_passengers r ON r.leg_id = t.id
  JOIN assignments h ON h.id = r.assignment_id JOIN people q ON q.id = h.person_id
  GROUP BY 1),
driven AS (
  SELECT t.visit_id, json_agg(json_build_object('id', t.id, 'state', t.state, 'driver_id', t.driver_id,
     'driver', p.name, 'wanted_at', t.wanted_at, 'urgent', t.urgent, 'outbound', t.outbound, 'riders', w.riders,
     'driver_phone', p.phone, 'starts_at', lower(t.occupied), 'offer_due_at', o.due_at,
     'to_release', t.released_at IS NULL
       AND EXISTS (SELECT 1 FROM settings WHERE key = 'release_by_operator' AND value = 'true'),
     'vehicle', t.vehicle_needed, 'finished_at', t.finished_at, 'minutes', t.travel_minutes,
     'leads_to', t.to_appointment_id, 'comes_from', t.from_appointment_id,
     'passengers', w.passengers) ORDER BY t.id) AS legs
  FROM trips t LEFT JOIN people p ON p.id = t.driver_id LEFT JOIN riding w ON w.leg_id = t.id
  LEFT JOIN leg_offers o ON o.leg_id = t.id AND o.answer = 'open'
  GROUP BY 1)
SELECT a.*, c.name AS client, c.phone, c.notes AS client_notes, d.line, d.notes AS address_notes, l.name AS locality,
  d.latitude, d.longitude, b.name AS booked_by, sold.services, seats.seats::text AS seats, driven.legs::text AS legs
FROM chosen a
JOIN clients c ON c.id = a.client_id
JOIN client_addresses d ON d.id = a.address_id
JOIN localities l ON l.id = d.locality_id
JOIN people b ON b.id = a.booked_by_id
LEFT JOIN sold ON sold.appointment_id = a.id
LEFT JOIN seats ON seats.appointment_id = a.id
LEFT JOIN driven ON driven.visit_id = a.id
ORDER BY a.starts_at, a.id
"""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit with its places and trips, as plain mappings that nobody changes: the next reader may get the same.

    ``worked_out`` is what readers made of it and of nothing else but what is in the key.
    """

    row: Row[Any]
    seats: list[dict[str, Any]]
    legs: list[dict[str, Any]]
    worked_out: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What ``make`` works out of the visit and of what is in ``key``; for as long as the visit stays as it is."""
        found: T | None = self.worked_out.get(key)
        if found is None:
            found = self.worked_out[key] = make()
        return found

    @property
    def counting(self) -> list[dict[str, Any]]:
        """Places that are live or whose work was done, and refusals that wait for the desk."""
        return [seat for seat in self.seats if _counts(seat) or seat["review"]]


def visits(session: Session, where: str, values: dict[str, Any]) -> list[VisitRow]:
    """The visits for which ``where`` (SQL over ``a``, never user input) holds, earliest first."""
    return [_read_last.of(row) for row in session.execute(planned_once(statement(where)), values).all()]


def _visit_row(row: Row[Any]) -> VisitRow:
    return VisitRow(row, json.loads(row.seats) if row.seats else [], json.loads(row.legs) if row.legs else [])


# Reading a large board is half as much work with it.
_read_last = Memo(_visit_row, at_most=2000)


def statement(where: str) -> str:
    """What is asked for the visits for which ``where`` (SQL over ``a``) holds."""
    return _VISITS.replace("{where}", where)


def short_name(name: str) -> str:
    """``Ana C.`` of Ana Cruz."""
    first, _, rest = name.partition(" ")
    return f"{first} {rest.split()[-1][0]}." if rest else first


def pesos(amount: Decimal) -> str:
    """``₱1,175``; centavos only when there are any."""
    return f"\u20b1{amount:,.0f}" if amount == amount.to_integral() else f"\u20b1{amount:,.2f}"


def expected_end(visit: VisitRow) -> datetime:
    """When the visit will be over as things are: a session that began late ends late."""
    end: datetime = visit.row.ends_at
    started = [seat for seat in visit.seats if seat["progress"] == Progress.IN_SESSION]
    return max([end, *(session_end(visit, seat) for seat in started)])


def session_end(visit: VisitRow, seat: dict[str, Any]) -> datetime:
    """When a session that has begun will be over: its full length after its start, never before the visit's end."""
    length = datetime.fromisoformat(seat["planned_end"]) - datetime.fromisoformat(seat["planned_start"])
    length += timedelta(minutes=seat["extension_minutes"])
    end: datetime = max(visit.row.ends_at, datetime.fromisoformat(seat["started_at"]) + length)
    return end


def driver_words(visit: VisitRow, calendar: Calendar) -> str:
    """Who drives there, or what is missing."""
    if not visit.row.driver_needed:
        return "travels alone"
    outbound = [leg for leg in visit.legs if leg["outbound"] and leg["state"] != LegState.CANCELLED]
    if not outbound:
        return "needs a driver"
    leg = outbound[-1]
    if leg["driver"]:
        word = "asked" if leg["state"] == LegState.OFFERED else "drives" if leg["state"] != LegState.DONE else "drove"
        return f"{short_name(leg['driver'])} {word}"
    return "needs a car" if leg["vehicle"] == "car" else "needs a driver"


def _counts(seat: dict[str, Any]) -> bool:
    return seat["answer"] in LIVE_ANSWERS or (seat["answer"] == Answer.RELEASED and seat["progress"] == "ended")
