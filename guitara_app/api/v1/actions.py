"""Every action of a visit's life, each at an address of its own, made from the one list of actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.actions import DOINGS, Doing, perform
from guitara_app.api.v1.appointments import visit_of
from guitara_app.api.v1.fields import PathId
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.api.v1.shapes import OwnVisit, Visit
from guitara_app.api.v1.strict import loose, strict
from guitara_app.appointments.happenings import HAPPENING
from guitara_app.appointments.lifecycle import Action, Target, permission_of
from guitara_app.appointments.models import Assignment, Leg
from guitara_app.kit.errors import NotFound
from guitara_app.kit.time import now

router = APIRouter(tags=["actions"])

_PATHS = {Target.VISIT: "appointments", Target.PLACE: "assignments", Target.TRIP: "legs"}
_ACTIONS = {str(action) for action in Action}


def _visit_of(session: Session, target: Target, target_id: int) -> int:
    """The visit that a place or trip belongs to.

    Raises:
        NotFound: there is no such place or trip.
    """
    if target is Target.VISIT:
        return target_id
    if target is Target.PLACE:
        place = session.get(Assignment, target_id)
        found = place.appointment_id if place else None
    else:
        trip = session.get(Leg, target_id)
        found = trip.to_appointment_id or trip.from_appointment_id if trip else None
    if found is None:
        raise NotFound("There is no such place or trip.")
    return found


def _route(name: str, doing: Doing) -> Callable[..., Any]:
    asks = strict(doing.form, f"{name.title().replace('_', '')}Step")
    permission = permission_of(Action(name)) if name in _ACTIONS else Permission.RUN_VISITS

    async def take(
        actor: Annotated[Actor, Depends(needs(permission))],
        asked: Once,
        target_id: PathId,
        step: asks,  # type: ignore[valid-type]  # made at run time
    ) -> Response:
        def work(session: Session) -> BaseModel:
            visit = _visit_of(session, doing.target, target_id)
            perform(session, actor, name, target_id, loose(doing.form, step), now=now())
            return visit_of(session, actor, visit)

        return await carry_out(actor, asked, work)

    # FastAPI reads the types of the arguments where the function stands, so they are real types and no texts.
    take.__annotations__ |= {"actor": Annotated[Actor, Depends(needs(permission))], "step": asks}
    return take


for _name, _doing in DOINGS.items():
    _words = HAPPENING[Action(_name)].button if _name in _ACTIONS else _name.capitalize()
    router.add_api_route(
        f"/{_PATHS[_doing.target]}/{{target_id}}/actions/{_name}",
        _route(_name, _doing),
        methods=["POST"],
        response_model=Visit | OwnVisit,
        responses=refuses(404, 409),
        name=_name,
        summary=_words,
        description=(_doing.service.__doc__ or _words).strip().partition("\n")[0],
        operation_id=f"{_name}_{_doing.target}",
    )
