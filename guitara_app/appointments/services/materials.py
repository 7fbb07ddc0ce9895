"""Materials around the work: packed when the business day opens, reported when the visit is paid."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import SYSTEM, Actor
from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.models import Appointment
from guitara_app.appointments.queries.bags import unpacked
from guitara_app.appointments.services.bags import pack
from guitara_app.appointments.services.endings import close_work
from guitara_app.appointments.services.rows import seats_of, topics_of, worked
from guitara_app.appointments.services.visit import Tap, in_order, seat_step
from guitara_app.appointments.words import AppointmentState
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.errors import Invalid, NotPossible
from guitara_app.kit.events import record
from guitara_app.kit.statements import text
from guitara_app.stock.queries import bags_of
from guitara_app.stock.services import Carried, carry, hold_items

_VISITS_AT_ONCE = 200


def report_materials(
    session: Session, actor: Actor, assignment_id: int, *, empty: Collection[int] = (), **tap: Unpack[Tap]
) -> None:
    """Say which of one's containers are empty; everything else comes back to the shelf.

    When everybody who worked has reported, the visit is completed.

    Args:
        session: the caller's transaction.
        actor: the therapist, or the desk for them.
        assignment_id: their place in the visit.
        empty: the items that are empty now. A reusable comes back whatever is said of it.
        tap: see ``Tap``.

    Raises:
        NotAllowed, NotFound: it is not the actor's to report.
        NotPossible: the visit is not paid, or this has been reported.
        Invalid: an item is not one that they carried.
    """
    step = seat_step(session, actor, Action.REPORT_MATERIALS, assignment_id, **tap)
    if step is None:
        return
    step.check()
    seat = step.own_seat
    if seat.materials_reported_at is not None:
        raise NotPossible("These materials have been reported already.")
    bag = bags_of(session, step.visit.id).get(seat.id, {})
    if not bag.keys() >= set(empty):
        raise Invalid("Choose only from the materials that were carried.", field="empty")
    in_order(step, seat.session_ended_at)
    carry(
        session,
        [Carried(step.visit.id, seat.id, item, -many, item in empty) for item, many in bag.items()],
        by=actor,
        now=step.now,
    )
    seat.materials_reported_at = step.at
    seat.version += 1
    last = all(one.materials_reported_at is not None for one in step.seats if worked(one))
    if last:
        close_work(step)
    change = step.done(data={"empty": sorted(empty)})
    if last and step.visit.state == AppointmentState.COMPLETED:
        record(
            session,
            "completed",
            by=actor,
            now=step.now,
            topics=change.topics,
            appointment_id=step.visit.id,
            client_id=step.visit.client_id,
        )


def open_day(session: Session, *, now: datetime) -> int:
    """Pack the bags of the visits whose business day has opened, and what was missing until now; how many visits.

    Running it twice takes nothing twice. A visit that somebody is changing just now is left to the next run.
    """
    found = unpacked(session, firm_settings(session).calendar.business_date(now), limit=_VISITS_AT_ONCE)
    if not found:
        return 0
    free = session.execute(
        text("SELECT id FROM appointments WHERE id = ANY(:ids) ORDER BY id FOR UPDATE SKIP LOCKED"), {"ids": found}
    ).scalars()
    visits = [session.get_one(Appointment, number, populate_existing=True) for number in free]
    # Every item at once, in order: visit by visit they would come in an order of their own.
    hold_items(session, list(session.execute(text("SELECT item_id FROM service_materials")).scalars()))
    packed = 0
    for visit in visits:
        seats = seats_of(session, visit)
        if pack(session, visit, seats, by=SYSTEM, now=now):
            packed += 1
            record(
                session,
                "materials_packed",
                by=SYSTEM,
                now=now,
                topics={"stock", *topics_of(visit, seats)},
                appointment_id=visit.id,
            )
    return packed
