"""What can be done about drivers and whoever is still out. What is shown is pushed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.actions import Form, perform
from guitara_app.appointments.lifecycle import Action, Target
from guitara_app.appointments.queries.choices import about
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.acting import Acting, Key, Name, Number, Values

Search = Annotated[str, Field(pattern=f"^({Action.SEARCH_DRIVER}|{Action.SEARCH_AGAIN})$")]


class DriversState(Acting, rx.State):
    """Chooses drivers, lets them be looked for, and acts for whoever is still out."""

    @rx.event
    @allow(Permission.SEE_BOARD)
    async def load(self) -> None:
        """Begin to watch the road."""
        await live.watch(self, current_actor(), live.Scope.road())

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def begin(self, action: Name, target_id: Number) -> None:
        """Ask for what the action needs."""
        await self._ask(action, target_id)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def do(self, action: Name, target_id: Number, key: Key, values: Values) -> rx.event.EventSpec | None:
        """Take the action; what was typed stays in the dialog when it is refused."""
        return await self._do(action, target_id, key, values)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def search(self, action: Search, leg_id: Number) -> rx.event.EventSpec:
        """Let a driver be looked for, everybody anew, and say who was asked."""
        actor, at = current_actor(), now()
        asked = await in_thread(run, lambda session: _search(session, actor, action, leg_id, at))
        if not asked:
            return rx.toast.info("Nobody is free now. The trip goes out when somebody is.", close_button=True)
        return rx.toast.success(f"{asked} has been asked.", close_button=True)


def _search(session: Session, actor: Actor, action: str, leg_id: int, at: datetime) -> str:
    perform(session, actor, action, leg_id, Form(), now=at)
    return about(session, actor, Target.TRIP, leg_id)[1]
