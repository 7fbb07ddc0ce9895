"""What each therapist of a visit carries, kept true to who goes and to what.

There is one place for it: after every action the bags are compared with what they should hold, and the difference is
carried to or from the shelf. Whoever leaves a visit, however they do, thereby gives back what they had.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.models import Appointment, Assignment
from guitara_app.appointments.words import CLOSED, LIVE_ANSWERS, Progress
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.events import record
from guitara_app.kit.planned import planned_once
from guitara_app.kit.statements import text
from guitara_app.stock.queries import Bag
from guitara_app.stock.services import Carried, Missing, carry


def pack(session: Session, visit: Appointment, seats: Sequence[Assignment], *, by: Actor, now: datetime) -> bool:
    """Bring the bags of a visit up to date; whether anything was moved.

    From the beginning of its business day on everybody who goes has what the services need; until then nothing. What
    has been used stays out until it is reported. A shortage is told of once and stops nobody.
    """
    needs, out = _looked_up(session, visit)
    its_day = firm_settings(session).calendar.business_date(now) >= visit.business_date
    if not its_day:
        needs = {}
    changes: list[Carried] = []
    for seat in seats:
        has = out.get(seat.id, {})
        wanted = _wanted(visit, seat, needs, has)
        for item_id in sorted(wanted.keys() | has.keys()):
            more = wanted.get(item_id, 0) - has.get(item_id, 0)
            if more:
                changes.append(Carried(visit.id, seat.id, item_id, more))
    if not changes:
        return False
    missing = carry(session, changes, by=by, now=now)
    _tell(session, visit, missing, by=by, now=now)
    return sum(abs(change.quantity) for change in changes) > sum(one.quantity for one in missing)


def _looked_up(session: Session, visit: Appointment) -> tuple[Bag, dict[int, Bag]]:
    """What one therapist needs for the visit, and what each has; one question, for it is asked at every action."""
    rows = session.execute(
        planned_once(
            "SELECT 0 AS seat, m.item_id, max(m.quantity) AS many FROM appointment_services x"
            " JOIN service_materials m ON m.service_id = x.service_id JOIN items i ON i.id = m.item_id AND i.active"
            " WHERE x.appointment_id = :visit GROUP BY m.item_id UNION ALL"
            " SELECT assignment_id, item_id, sum(in_use_change) FROM stock_movements"
            " WHERE appointment_id = :visit AND assignment_id IS NOT NULL GROUP BY 1, 2 HAVING sum(in_use_change) > 0"
        ),
        {"visit": visit.id},
    )
    needs: Bag = {}
    out: dict[int, Bag] = {}
    for row in rows:
        bag = out.setdefault(row.seat, {}) if row.seat else needs
        bag[row.item_id] = row.many
    return needs, out


def _wanted(visit: Appointment, seat: Assignment, needs: Bag, has: Bag) -> Bag:
    if visit.state in CLOSED:
        return {}
    if seat.progress in (Progress.IN_SESSION, Progress.ENDED):
        return {} if seat.materials_reported_at else has
    return needs if seat.answer in LIVE_ANSWERS and seat.released_at is None else {}


def _tell(session: Session, visit: Appointment, missing: Sequence[Missing], *, by: Actor, now: datetime) -> None:
    if not missing:
        return
    told = {
        (row.assignment_id, row.item_id)
        for row in session.execute(
            text(
                "SELECT assignment_id, CAST(data->>'item_id' AS bigint) AS item_id FROM events"
                " WHERE appointment_id = :visit AND kind = 'stock_short'"
            ),
            {"visit": visit.id},
        )
    }
    for one in missing:
        if (one.assignment_id, one.item_id) not in told:
            record(
                session,
                "stock_short",
                by=by,
                now=now,
                topics=["desk", "stock", f"appointment:{visit.id}"],
                appointment_id=visit.id,
                assignment_id=one.assignment_id,
                data={"item_id": one.item_id, "item": one.name, "missing": one.quantity},
                reason=f"{one.name}: {one.quantity} {one.unit} missing",
            )
