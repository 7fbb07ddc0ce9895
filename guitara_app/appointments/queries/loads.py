"""What therapists have worked in the last evenings, for the policy that spreads the work."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from guitara_app.appointments.policies import EVENINGS, Load
from guitara_app.kit.planned import planned_once
from guitara_app.kit.time import Calendar

# Somebody was there when they worked or checked in. Tonight is not over, so it says nothing of who was there.
_LOADS = planned_once(
    "WITH work AS (SELECT g.person_id, (g.planned_start AT TIME ZONE :zone - :day_starts)::date AS day,"
    "   extract(epoch FROM coalesce(g.session_ended_at - g.session_started_at,"
    "     g.planned_end - g.planned_start + make_interval(mins => g.extension_minutes))) / 60 AS minutes"
    "   FROM people p JOIN assignments g ON g.person_id = p.id AND g.planned_start >= :begins"
    "   AND g.planned_start < :ends AND g.id <> ALL(:but)"
    "   AND (g.answer IN ('offered', 'accepted') OR (g.answer = 'released' AND g.progress = 'ended'))"
    "   WHERE p.role = 'therapist' AND p.disabled_at IS NULL),"
    " there AS (SELECT person_id, day FROM work WHERE day < :tonight UNION SELECT person_id, business_date"
    "   FROM check_ins WHERE business_date >= :first AND business_date < :tonight)"
    " SELECT p.id, coalesce(w.done, 0) AS done, coalesce(w.done_minutes, 0) AS done_minutes,"
    " coalesce(w.booked, 0) AS booked, coalesce(w.booked_minutes, 0) AS booked_minutes,"
    " coalesce(t.evenings, 0) AS evenings FROM people p"
    " LEFT JOIN (SELECT person_id, count(*) FILTER (WHERE day < :tonight) AS done,"
    "   CAST(sum(minutes) FILTER (WHERE day < :tonight) AS int) AS done_minutes,"
    "   count(*) FILTER (WHERE day >= :tonight) AS booked,"
    "   CAST(sum(minutes) FILTER (WHERE day >= :tonight) AS int) AS booked_minutes"
    "   FROM work GROUP BY person_id) w ON w.person_id = p.id"
    " LEFT JOIN (SELECT person_id, count(*) AS evenings FROM there GROUP BY person_id) t ON t.person_id = p.id"
    " WHERE p.role = 'therapist' AND p.disabled_at IS NULL"
)


def loads(
    session: Session, day: date, calendar: Calendar, *, now: datetime, but: Collection[int] = ()
) -> dict[int, Load]:
    """Every therapist's work in the evenings before tonight, and from tonight to ``day``; one statement for all.

    Assignments in ``but`` do not count: they are about to be moved.
    """
    tonight = calendar.business_date(now)
    first = tonight - timedelta(days=EVENINGS)
    rows = session.execute(
        _LOADS,
        {
            "zone": calendar.zone.key,
            "day_starts": timedelta(hours=calendar.day_starts.hour, minutes=calendar.day_starts.minute),
            "begins": calendar.day_period(first).lower,
            "ends": calendar.day_period(max(day, tonight)).upper,
            "first": first,
            "tonight": tonight,
            "but": list(but),
        },
    )
    return {row.id: Load(row.done_minutes, row.done, row.evenings, row.booked_minutes, row.booked) for row in rows}
