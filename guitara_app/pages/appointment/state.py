"""What can be done on the page of a visit. What it shows is pushed."""

from __future__ import annotations

from pathlib import PurePosixPath

import reflex as rx

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.actions import doing_of
from guitara_app.appointments.lifecycle import Target
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.acting import Acting, Key, Name, Number, Values


class AppointmentState(Acting, rx.State):
    """Opens and changes one visit."""

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
        return await self._do(action, target_id, key, values)


def _number(typed: str) -> int:
    """The number of a row as an address holds it; 0 for anything else."""
    known = typed.isascii() and typed.isdecimal() and len(typed) <= 19 and 0 < int(typed) < 2**63
    return int(typed) if known else 0
