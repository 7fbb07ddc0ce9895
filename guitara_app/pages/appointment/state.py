"""What can be done on the page of a visit. What it shows is pushed."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.services import cancel
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor

Number = Annotated[int, Field(ge=1, lt=2**63)]
Reason = Annotated[str, Field(max_length=4000)]


class AppointmentState(rx.State):
    """Opens and changes one visit."""

    @rx.event
    @allow(Permission.SEE_APPOINTMENT)
    async def load(self) -> None:
        """Begin to watch the visit the address names."""
        asked = PurePosixPath(self.router.url.path).name
        known = asked.isascii() and asked.isdecimal() and len(asked) <= 19 and 0 < int(asked) < 2**63
        await live.watch(self, current_actor(), live.Scope.appointment(int(asked)) if known else None)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def cancel(self, appointment_id: Number, reason: Reason) -> rx.event.EventSpec:
        """Call the visit off; everybody concerned sees it at once."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: cancel(session, actor, appointment_id, reason=reason, now=at))
        return rx.toast.success(f"Visit #{appointment_id} is cancelled.", close_button=True)
