"""What can be done on the page of a visit. What it shows is pushed."""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.actions import doing_of, perform
from guitara_app.appointments.lifecycle import Target
from guitara_app.components.act_dialog import NOTHING_ASKED, Ask
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.appointment.asking import asking, read_form

Number = Annotated[int, Field(ge=1, lt=2**63)]
Name = Annotated[str, Field(max_length=40)]
Key = Annotated[str, Field(max_length=100, pattern=r"^[!-~]*$")]
Typed = Annotated[list[Annotated[str, Field(max_length=20_000)]], Field(max_length=50)]
Values = Annotated[dict[Name, Typed], Field(max_length=30)]


class AppointmentState(rx.State):
    """Opens and changes one visit."""

    ask: Ask = NOTHING_ASKED
    refused: dict[str, str] = {}
    answered: int = 0
    done: str = ""

    @rx.event
    @allow(Permission.SEE_APPOINTMENT)
    async def load(self) -> None:
        """Begin to watch the visit the address names, and ask for what the address says is to be done."""
        asked = PurePosixPath(self.router.url.path).name
        known = _number(asked)
        await live.watch(self, current_actor(), live.Scope.appointment(known) if known else None)
        wanted = self.router.url.query_parameters
        name = wanted.get("do", "")
        if known and name and name != "change":
            target = {Target.VISIT: known, Target.PLACE: wanted.get("place", ""), Target.TRIP: wanted.get("leg", "")}
            await self._ask(name, _number(str(target[doing_of(name).target])))

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def begin(self, action: Name, target_id: Number) -> None:
        """Ask for what the action needs."""
        await self._ask(action, target_id)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def do(self, action: Name, target_id: Number, key: Key, values: Values) -> rx.event.EventSpec | None:
        """Take the action; what was typed stays in the dialog when it is refused."""
        actor, at = current_actor(), now()
        form, problems = read_form(action, values)
        try:
            if form is None:
                self.refused = {"key": key, **problems}
                return None
            read = form
            await in_thread(
                run,
                lambda session: perform(session, actor, action, target_id, read, now=at, idempotency_key=key),
            )
        except GuitaraError as error:
            self.refused = {"key": key, error.field or "form": error.sentence}
            return None
        finally:
            self.answered += 1
        self.refused, self.done = {}, key
        return rx.toast.success("Done.", close_button=True)

    async def _ask(self, action: str, target_id: int) -> None:
        self.refused = {}
        self.ask = await in_thread(_asking, action, target_id, self.ask["number"] + 1, now())


def _asking(action: str, target_id: int, number: int, at: datetime) -> Ask:
    with reading() as session:
        return asking(session, action, target_id, number, now=at)


def _number(typed: str) -> int:
    """The number of a row as an address holds it; 0 for anything else."""
    known = typed.isascii() and typed.isdecimal() and len(typed) <= 19 and 0 < int(typed) < 2**63
    return int(typed) if known else 0
