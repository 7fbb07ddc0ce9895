"""What a therapist or driver can do on the phone. What it shows is pushed."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.services import accept, reject
from guitara_app.availability.services import check_in, check_out
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor

Number = Annotated[int, Field(ge=1, lt=2**63)]
Reason = Annotated[str, Field(max_length=4000)]


class TonightState(rx.State):
    """Opens the own evening and answers offers."""

    @rx.event
    @allow(Permission.SEE_OWN_JOBS)
    async def load(self) -> None:
        """Begin to watch the own evening."""
        actor = current_actor()
        await live.watch(self, actor, None)
        await live.watch_own(self, actor)

    @rx.event
    @allow(Permission.OWN_SHIFTS)
    async def check_in(self) -> None:
        """Say that one has come."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: check_in(session, actor, actor.person_id or 0, now=at))

    @rx.event
    @allow(Permission.OWN_SHIFTS)
    async def check_out(self, reason: Reason) -> None:
        """Say that one goes home."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: check_out(session, actor, actor.person_id or 0, reason=reason, now=at))

    @rx.event
    @allow(Permission.STEP_AS_THERAPIST)
    async def accept(self, assignment_id: Number) -> None:
        """Say yes to a job."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: accept(session, actor, assignment_id, now=at))

    @rx.event
    @allow(Permission.STEP_AS_THERAPIST)
    async def reject(self, assignment_id: Number, reason: Reason) -> rx.event.EventSpec:
        """Say no to a job; the desk finds somebody else."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: reject(session, actor, assignment_id, reason=reason, now=at))
        return rx.toast.success("The desk knows. The job is no longer yours.", close_button=True)
