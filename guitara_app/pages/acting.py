"""Taking an action from a page: the dialog asks for what it needs, and hears what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app.accounts.permissions import Actor
from guitara_app.actions import perform
from guitara_app.components.act_dialog import NOTHING_ASKED, Ask
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import current_actor
from guitara_app.pages.asking import asking, read_form

Number = Annotated[int, Field(ge=1, lt=2**63)]
Name = Annotated[str, Field(max_length=40)]
Key = Annotated[str, Field(max_length=100, pattern=r"^[!-~]*$")]
Typed = Annotated[list[Annotated[str, Field(max_length=20_000)]], Field(max_length=50)]
Values = Annotated[dict[Name, Typed], Field(max_length=30)]


class Acting(rx.State, mixin=True):
    """What the dialog of ``components.act_dialog`` shows; the handlers, with their rights, are the page's own."""

    ask: Ask = NOTHING_ASKED
    refused: dict[str, str] = {}
    answered: int = 0
    done: str = ""

    async def _ask(self, action: str, target_id: int) -> None:
        """Ask for what the action needs."""
        self.refused = {}
        self.ask = await in_thread(_asking, current_actor(), action, target_id, self.ask["number"] + 1, now())

    async def _do(
        self, action: str, target_id: int, key: str, values: dict[str, list[str]]
    ) -> rx.event.EventSpec | None:
        """Take the action; what was typed stays in the dialog when it is refused."""
        try:
            problems = await self._take(action, target_id, key, values)
        except GuitaraError as error:
            problems = {error.field or "form": error.sentence}
        finally:
            self.answered += 1
        if problems:
            self.refused = {"key": key, **problems}
            return None
        # What was asked is answered: a page that is loaded again must not ask it once more.
        self.refused, self.done, self.ask = {}, key, {**NOTHING_ASKED, "number": self.ask["number"]}
        return rx.toast.success("Done.", close_button=True)

    async def _take(
        self,
        action: str,
        target_id: int,
        key: str,
        values: dict[str, list[str]],
        *,
        happened_at: datetime | None = None,
    ) -> dict[str, str]:
        """Take the action unless what was typed cannot be read, which is said by field."""
        actor, at = current_actor(), now()
        form, problems = read_form(action, values)
        if form is not None:
            read = form.model_copy(update={"happened_at": happened_at})
            await in_thread(
                run,
                lambda session: perform(session, actor, action, target_id, read, now=at, idempotency_key=key),
            )
        return problems


def _asking(actor: Actor, action: str, target_id: int, number: int, at: datetime) -> Ask:
    with reading() as session:
        return asking(session, actor, action, target_id, number, now=at)
