"""What a therapist or driver can say about their own hours. What it shows is pushed."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.availability.services import ask_time_off, take_back_time_off
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.shifts.person_state import Number, TimeOffDraft, TypedHours, WeekDraft

Reason = Annotated[str, Field(max_length=4000)]


class OwnHoursState(TypedHours, rx.State):
    """The own usual hours and time off; whose they are is never the browser's to say."""

    @rx.event
    @allow(Permission.OWN_SHIFTS)
    async def load(self) -> None:
        """Begin to watch the own hours."""
        self.problems, self._told = {}, {}
        actor = current_actor()
        await live.watch(self, actor, live.Scope.hours(actor.person_id or 0))

    @rx.event
    @allow(Permission.OWN_SHIFTS)
    async def keep_week(self, draft: WeekDraft) -> rx.event.EventSpec | None:
        """Save the weekdays that were typed into."""
        return await self._keep_week(current_actor().person_id or 0, draft)

    @rx.event
    @allow(Permission.OWN_SHIFTS)
    async def ask(self, draft: TimeOffDraft) -> rx.event.EventSpec | None:
        """Ask the desk for time off."""
        return await self._ask_off(draft)

    @rx.event
    @allow(Permission.OWN_SHIFTS)
    async def go_on(self, number: Number) -> rx.event.EventSpec | None:
        """Save or ask for what the dialog was about, although jobs will lie outside."""
        waiting = self._meant(number)
        if waiting["form"] == "week":
            draft = WeekDraft.model_validate(waiting["draft"])
            return await self._keep_week(current_actor().person_id or 0, draft, meant=True)
        return await self._ask_off(TimeOffDraft.model_validate(waiting["draft"]), meant=True)

    async def _ask_off(self, draft: TimeOffDraft, *, meant: bool = False) -> rx.event.EventSpec | None:
        asked = "Asked. The answer of the desk shows here."
        return await self._add_time_off(current_actor().person_id or 0, draft, ask_time_off, asked, meant=meant)

    @rx.event
    @allow(Permission.OWN_SHIFTS)
    async def take_back(self, time_off_id: Number, reason: Reason) -> rx.event.EventSpec:
        """Not needed after all."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: take_back_time_off(session, actor, time_off_id, reason=reason, now=at))
        taken: rx.event.EventSpec = rx.toast.success("It is taken back; your hours hold again.", close_button=True)
        return taken
