"""Moving a visit to a slot that was found for it."""

from __future__ import annotations

from typing import Unpack

from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.queries.earliest_driver import no_driver_warning
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.queries.wanted import wanted_for
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services.changing import change
from guitara_app.appointments.services.visit import Tap
from guitara_app.kit.errors import NotPossible


def move(
    session: Session, actor: Actor, appointment_id: int, *, request: ChangeRequest, **tap: Unpack[Tap]
) -> list[str]:
    """Change a visit as ``change`` does, unless the driver who was free for the new time has been taken meanwhile.

    Raises:
        NotPossible: no driver is left for the new time; and whatever ``change`` raises.
    """
    done = change(session, actor, appointment_id, request=request, **tap)
    fields = fields_of(session, appointment_id)
    if done and fields.driver_needed:
        wanted = wanted_for(session, appointment_id)
        said = no_driver_warning(session, wanted, car=fields.car_needed, now=tap["now"], instead_of=appointment_id)
        if said:
            raise NotPossible(f"The slot was taken meanwhile: {said[0]} Choose another.")
    return done
