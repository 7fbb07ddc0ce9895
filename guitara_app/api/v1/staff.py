"""Who works here, and who is free."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.models import Vehicle
from guitara_app.accounts.permissions import Actor, Permission, Role
from guitara_app.api.v1.fields import Body, Id, Instant, PathId, QueryId
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.appointments.policies import EXPLAINED, Policy
from guitara_app.appointments.queries.candidates import Wanted, candidates
from guitara_app.appointments.queries.sick_night import SickJob, sick_night
from guitara_app.appointments.queries.staff import StaffRow, staff
from guitara_app.appointments.services import sick_now
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

router = APIRouter(prefix="/staff", tags=["staff"])

Desk = Annotated[Actor, Depends(needs(Permission.SEE_SHIFTS))]

_LONGEST_RANGE = timedelta(hours=24)


class Skill(BaseModel):
    """A service somebody gives."""

    id: int
    name: str


class Member(BaseModel):
    """Somebody who works here; locality and zone are where their last job of tonight was."""

    id: int
    name: str
    role: Role
    phone: str
    vehicle: Vehicle | None
    services: list[Skill]
    on_shift: bool
    shift_starts_at: datetime | None
    shift_ends_at: datetime | None
    locality: str | None
    zone: str | None

    @classmethod
    def of(cls, row: StaffRow) -> Self:
        """As the API shows the row."""
        return cls(
            id=row.id,
            name=row.name,
            role=Role(row.role),
            phone=row.phone,
            vehicle=Vehicle(row.vehicle) if row.vehicle else None,
            services=[Skill(**skill) for skill in row.services or []],
            on_shift=row.on_shift,
            shift_starts_at=row.starts,
            shift_ends_at=row.ends,
            locality=row.locality,
            zone=row.zone,
        )


class Members(BaseModel):
    """Everybody in use, by role and name."""

    items: list[Member]


class MemberFilters(Body):
    """Which of the staff."""

    role: Role | None = None
    on_shift: bool | None = None


class RangeAsked(Body):
    """The time a visit would take, and for whom."""

    starts_at: Instant
    ends_at: Instant
    client_id: QueryId | None = None
    only_free: bool = False


class Choice(BaseModel):
    """A therapist for the range: free or not, and why."""

    person_id: int
    name: str
    free: bool
    reason: str


class Choices(BaseModel):
    """Every therapist, best first: those free in the order of the policy in force."""

    policy: Policy
    policy_says: str
    items: list[Choice]


@router.get("")
async def everybody(_actor: Desk, only: Annotated[MemberFilters, Query()]) -> Members:
    """Everybody who can be sent or asked, with tonight's shift."""

    def read() -> list[Member]:
        with reading() as session:
            found = [Member.of(row) for row in staff(session, now=now(), role=only.role)]
        return [member for member in found if only.on_shift is None or member.on_shift == only.on_shift]

    return Members(items=await in_thread(read))


@router.get("/free", responses=refuses())
async def free(_actor: Desk, asked: Annotated[RangeAsked, Query()]) -> Choices:
    """Who could go, best first, each with the reason; whoever could not, last, with what stands in the way."""

    def read() -> Choices:
        with reading() as session:
            policy = Policy(firm_settings(session).policy)
            return Choices(policy=policy, policy_says=EXPLAINED[policy], items=_choices(session, asked))

    return await in_thread(read)


@router.get("/{person_id}", responses=refuses(404))
async def one(_actor: Desk, person_id: PathId) -> Member:
    """One of the staff."""

    def read() -> Member:
        with reading() as session:
            found = staff(session, now=now(), person_id=person_id)
        if not found:
            raise NotFound("Nobody of this number works here.")
        return Member.of(found[0])

    return await in_thread(read)


class SickOption(BaseModel):
    """Somebody who could take a job: free or not, and why."""

    person_id: int
    name: str
    free: bool
    reason: str


class SickPiece(BaseModel):
    """One job of the night; ``call`` when it is under way and stays as it is, ``proposed`` the best for it."""

    key: str
    appointment_id: int
    words: str
    call: bool
    proposed: int | None
    options: list[SickOption]

    @classmethod
    def of(cls, job: SickJob) -> Self:
        """As the API shows the job."""
        options = [SickOption(person_id=o.person_id, name=o.name, free=o.free, reason=o.reason) for o in job.options]
        return cls(
            key=job.key,
            appointment_id=job.appointment_id,
            words=job.words,
            call=job.call,
            proposed=job.proposed or None,
            options=options,
        )


class SickPlan(BaseModel):
    """Everything somebody who has fallen ill still had to do tonight."""

    items: list[SickPiece]


class SickStep(Body):
    """Who takes each job, by its key; null leaves a place to a review, and has a trip searched again."""

    choices: dict[Annotated[str, Field(max_length=40)], Id | None] = Field(max_length=200)
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class SickDone(BaseModel):
    """How many jobs somebody else has, how many are left to the desk, and what to call about."""

    given: int
    left: int
    calls: list[str]


@router.get("/{person_id}/sick-now", responses=refuses(404))
async def sick_plan(_actor: Desk, person_id: PathId) -> SickPlan:
    """The rest of somebody's night, with the best replacement for each job."""

    def read() -> SickPlan:
        with reading() as session:
            return SickPlan(items=[SickPiece.of(job) for job in sick_night(session, person_id, now=now()).jobs])

    return await in_thread(read)


@router.post("/{person_id}/sick-now", response_model=SickDone, responses=refuses(404, 409))
async def hand_night_over(
    actor: Annotated[Actor, Depends(needs(Permission.RUN_VISITS))], asked: Once, person_id: PathId, step: SickStep
) -> Response:
    """End somebody's hours now and give every job of theirs that has not begun to somebody else, all or nothing."""

    def work(session: Session) -> BaseModel:
        choices = {key: whom or 0 for key, whom in step.choices.items()}
        done = sick_now(session, actor, person_id, choices=choices, reason=step.reason, now=now())
        return SickDone(given=done.given, left=done.left, calls=list(done.calls))

    return await carry_out(actor, asked, work)


def _choices(session: Session, asked: RangeAsked) -> list[Choice]:
    if not asked.starts_at < asked.ends_at <= asked.starts_at + _LONGEST_RANGE:
        raise Invalid("The end must be after the start, at most 24 hours later.", field="ends_at")
    wanted = Wanted(
        day=firm_settings(session).calendar.business_date(asked.starts_at),
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        client_id=asked.client_id,
    )
    return [
        Choice(person_id=one.person_id, name=one.name, free=one.free, reason=one.reason)
        for one in candidates(session, wanted, now=now())
        if one.free or not asked.only_free
    ]
