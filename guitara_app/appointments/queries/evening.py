"""Which visits an evening at the desk is about."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from guitara_app.appointments.queries.rows import VisitRow, visits

# The numbers first, each kind by its own index: joined by OR, the planner would read every visit there ever was.
OF_THE_EVENING = (
    "a.id = ANY(ARRAY(SELECT id FROM appointments WHERE business_date = :day"
    " UNION SELECT id FROM appointments WHERE closed_at IS NULL AND business_date < :day"
    # Says nothing new, but the index of open visits is by their start: what is booked ahead need not be read.
    " AND starts_at < CAST(:day AS date) + 1"
    " UNION SELECT v.id FROM appointments v JOIN legs t ON t.from_appointment_id = v.id"
    " WHERE v.business_date = CAST(:day AS date) - 1"
    " AND t.state IN ('searching', 'offered', 'accepted', 'under_way')))"
)


def evening_visits(session: Session, day: date) -> list[VisitRow]:
    """The visits of business day ``day``, unfinished work of earlier ones, and visits somebody is still away from."""
    return visits(session, OF_THE_EVENING, {"day": day})
