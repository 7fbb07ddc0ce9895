"""Every action of a visit's life, each at an address of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.api.v1.appointments import visit_of
from guitara_app.api.v1.fields import Body, Instant, PathId, Reason
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.api.v1.shapes import OwnVisit, Visit
from guitara_app.appointments.models import Assignment
from guitara_app.appointments.services import accept, cancel, reject
from guitara_app.kit.time import now

router = APIRouter(tags=["actions"])

Answerer = Annotated[Actor, Depends(needs(Permission.STEP_AS_THERAPIST))]
Canceller = Annotated[Actor, Depends(needs(Permission.RUN_VISITS))]


class Step(Body):
    """Why a step is taken, and when it was, for one that is told later."""

    reason: Reason = ""
    happened_at: Instant | None = Field(default=None, description="Within the last 24 hours; now when left out.")


@router.post(
    "/assignments/{assignment_id}/actions/accept", response_model=Visit | OwnVisit, responses=refuses(404, 409)
)
async def accepted(actor: Answerer, asked: Once, assignment_id: PathId, step: Step) -> Response:
    """Say yes to an offer."""

    def work(session: Session) -> BaseModel:
        accept(session, actor, assignment_id, now=now(), reason=step.reason, happened_at=step.happened_at)
        return visit_of(session, actor, session.get_one(Assignment, assignment_id).appointment_id)

    return await carry_out(actor, asked, work)


@router.post(
    "/assignments/{assignment_id}/actions/reject", response_model=Visit | OwnVisit, responses=refuses(404, 409)
)
async def rejected(actor: Answerer, asked: Once, assignment_id: PathId, step: Step) -> Response:
    """Say no to an offer, with a reason."""

    def work(session: Session) -> BaseModel:
        reject(session, actor, assignment_id, now=now(), reason=step.reason, happened_at=step.happened_at)
        return visit_of(session, actor, session.get_one(Assignment, assignment_id).appointment_id)

    return await carry_out(actor, asked, work)


@router.post("/appointments/{appointment_id}/actions/cancel", response_model=Visit, responses=refuses(404, 409))
async def cancelled(actor: Canceller, asked: Once, appointment_id: PathId, step: Step) -> Response:
    """Call a visit off, with a reason."""

    def work(session: Session) -> BaseModel:
        cancel(session, actor, appointment_id, now=now(), reason=step.reason, happened_at=step.happened_at)
        return visit_of(session, actor, appointment_id)

    return await carry_out(actor, asked, work)
