"""Moving visits and trips about on the timeline, and taking it back. What is shown is pushed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.components.timeline import NO_OUTCOME, Outcome
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.planning.moving import Reason
from guitara_app.pages.timeline.dropping import Back, Drop, Key, Refusal, carry_out, take_back

Evening = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Form = Annotated[dict[str, Reason], Field(max_length=3)]


class TimelineState(rx.State):
    """What became of the last drop: what was refused, and how the rest is undone."""

    outcome: Outcome = NO_OUTCOME
    refusals: list[Refusal] = []
    undo: str = ""

    _backs: list[Back] = []

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def load(self) -> None:
        """Begin to watch the week of the evening that the address names, or of tonight."""
        self.refusals, self.undo, self._backs = [], "", []
        asked = _day(str(self.router.url.query_parameters.get("evening", "")))
        evening = asked or await in_thread(_tonight)
        await live.watch(self, current_actor(), live.Scope.week(evening))

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def show(self, evening: Evening) -> None:
        """Watch the week of another evening."""
        day = _day(evening)
        if day is not None:
            await live.watch(self, current_actor(), live.Scope.week(day))

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def drop(self, drop: Drop) -> rx.event.EventSpec | None:
        """Save what was let go elsewhere; what is refused goes back and says why."""
        return await self._carry_out(drop)

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def instead(self, drop: Drop) -> rx.event.EventSpec | None:
        """Take another way that a refusal has offered."""
        return await self._carry_out(drop)

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def anyway(self, key: Key, form: Form) -> rx.event.EventSpec | None:
        """Go outside somebody's shift, with the reason that was typed."""
        refusal = next((one for one in self.refusals if one["key"] == key), None)
        reason = form.get("reason", "").strip()
        if refusal is None or not refusal["anyway"]:
            return None
        if not reason:
            return rx.toast.warning("Say why: it is kept with the visit.", close_button=True)
        return await self._carry_out(Drop.model_validate({**refusal["anyway"], "reason": reason}))

    @rx.event
    @allow(Permission.SEE_PLAN)
    def dismiss(self, key: Key) -> None:
        """Leave what was refused where it is."""
        self.refusals = [one for one in self.refusals if one["key"] != key]

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def take_back(self, key: Key) -> rx.event.EventSpec:
        """Undo the last drop, unless somebody has changed the same since."""
        backs, words, self._backs, self.undo = self._backs, self.undo, [], ""
        if not backs:
            return rx.toast.warning("There is nothing to undo any more.", close_button=True)
        problems = await in_thread(take_back, current_actor(), backs, f"{key}-undo"[-90:], now())
        if problems:
            return rx.toast.warning(f"Not undone. {' '.join(problems)}", duration=10_000, close_button=True)
        return rx.toast.success(f"Undone: {words}", close_button=True)

    async def _carry_out(self, drop: Drop) -> rx.event.EventSpec | None:
        # Until it is known better, everything goes back.
        self.outcome = Outcome(key=drop.key, refused=drop.blocks)
        result = await in_thread(carry_out, current_actor(), drop, now())
        self.outcome = Outcome(key=drop.key, refused=result.refused)
        self.refusals = result.refusals
        if not result.saved:
            return None
        words = _summary([one.words for one in result.saved])
        self._backs = [one.back for one in result.saved if one.back is not None]
        self.undo = words if self._backs else ""
        return None if self._backs else rx.toast.success(f"{words}.", close_button=True)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _tonight() -> date:
    with reading() as session:
        return firm_settings(session).calendar.business_date(now())


def _summary(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{len(words)} moved: {'; '.join(words)}"
