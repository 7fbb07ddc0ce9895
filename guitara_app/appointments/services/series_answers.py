"""Saying yes to every visit of a series at once."""

from __future__ import annotations

from functools import partial
from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.services.answers import accept
from guitara_app.appointments.services.rows import people_of
from guitara_app.appointments.services.series import attempt
from guitara_app.appointments.services.visit import Tap
from guitara_app.kit.database import lock_people
from guitara_app.kit.statements import text

_OTHERS = text(
    "SELECT g.id, g.appointment_id, a.series_id FROM assignments o JOIN appointments b ON b.id = o.appointment_id"
    " JOIN appointments a ON a.series_id = b.series_id AND a.id <> b.id"
    " JOIN assignments g ON g.appointment_id = a.id AND g.person_id = o.person_id"
    " WHERE o.id = :id AND g.answer = 'offered' AND g.released_at IS NULL ORDER BY g.appointment_id"
)


def accept_all(
    session: Session, actor: Actor, assignment_id: int, *, all_of_series: bool = False, **tap: Unpack[Tap]
) -> None:
    """Say yes to an offer, and with ``all_of_series`` to every other of the same series that waits for the same person.

    One that cannot be accepted any more does not stop the others.

    Raises:
        NotAllowed, NotFound, NotPossible, Invalid: see ``accept``.
    """
    known = 0 < assignment_id < 2**63
    others = session.execute(_OTHERS, {"id": assignment_id}).all() if all_of_series and known else []
    if others:
        # Everybody's time before the first visit is opened, so that no two wait in a circle.
        visit = session.execute(text("SELECT appointment_id FROM assignments WHERE id = :id"), {"id": assignment_id})
        numbers = [visit.scalar_one(), *(one.appointment_id for one in others)]
        lock_people(session, set().union(*(people_of(session, number) for number in numbers)))
    accept(session, actor, assignment_id, **tap)
    for one in others:
        own = tap.copy()
        own["idempotency_key"], own["series"] = "", one.series_id
        attempt(session, partial(accept, session, actor, one.id, **own))
