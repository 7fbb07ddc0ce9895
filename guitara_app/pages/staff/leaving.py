"""Shutting somebody's account: what they still have to do is said first, and what becomes of it is chosen."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.services import WouldLeave, leave, would_leave
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.catalog.editing import AnyNumber, Event, Number

_SHOWN = 8


class LeavingDraft(BaseModel):
    """What the form holds."""

    model_config = ConfigDict(extra="ignore")

    visit_id: AnyNumber = 0
    idempotency_key: Annotated[str, Field(max_length=100)] = ""
    reason: Annotated[str, Field(max_length=4000)] = ""
    keeps: bool = False


class LeavingState(rx.State):
    """Whom the form is about, and what is theirs to do."""

    editing: int = 0
    ready: bool = False
    name: str = ""
    begun: list[str] = []
    to_come: list[str] = []
    more: int = 0
    problems: dict[str, str] = {}
    answered: int = 0
    saved: str = ""

    @rx.event
    @allow(Permission.MANAGE_STAFF)
    async def begin(self, number: Number) -> None:
        """Open the form."""
        self.editing, self.ready, self.problems = number, False, {}

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.MANAGE_STAFF)
    async def consider(self, draft: LeavingDraft) -> None:
        """Show what stands in their book by now."""
        try:
            self._show(await in_thread(_look, draft.visit_id))
        except GuitaraError as error:
            self.problems = {"form": error.sentence}

    @rx.event
    @allow(Permission.MANAGE_STAFF)
    async def save(self, draft: LeavingDraft) -> Event:
        """Shut the account; their open pages close at once."""
        actor, at = current_actor(), now()
        try:
            back, stay = await in_thread(
                run,
                lambda session: leave(
                    session,
                    actor,
                    draft.visit_id,
                    reason=draft.reason,
                    gives_back=not draft.keeps,
                    now=at,
                    idempotency_key=draft.idempotency_key,
                ),
            )
        except GuitaraError as error:
            self.problems = {error.field or "form": error.sentence}
            return None
        finally:
            self.answered += 1
        self.problems, self.saved = {}, draft.idempotency_key
        said = f" {_jobs(back)} went back to the desk: see the board." if back else ""
        said += f" {_jobs(stay)} stay theirs." if stay else ""
        return rx.toast.success(f"{self.name} is deactivated and signed out everywhere.{said}", close_button=True)

    def _show(self, known: WouldLeave) -> None:
        jobs = known.night.jobs if known.night is not None else ()
        to_come = [job.words for job in jobs if not job.call]
        self.name, self.ready = known.name, True
        self.begun = [job.words for job in jobs if job.call]
        self.to_come, self.more = to_come[:_SHOWN], max(0, len(to_come) - _SHOWN)
        self.problems = {"form": f"{known.name} is deactivated already."} if known.disabled else {}


def _jobs(many: int) -> str:
    return "1 job" if many == 1 else f"{many} jobs"


def _look(number: int) -> WouldLeave:
    with reading() as session:
        return would_leave(session, number, now=now())
