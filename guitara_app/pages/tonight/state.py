"""What a therapist or driver can do on the phone. What it shows is pushed."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission, Role
from guitara_app.availability.services import check_in, check_out
from guitara_app.components.taps import NOTHING_TOLD, Told
from guitara_app.kit.database import run
from guitara_app.kit.errors import GuitaraError, Unavailable
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.acting import Acting, Key, Name, Number, Values

Reason = Annotated[str, Field(max_length=4000)]
Late = Annotated[int, Field(ge=0, le=7 * 24 * 3_600_000)]
"""How long ago somebody tapped, in milliseconds: a phone knows that better than what time it is."""

_AT_ONCE_MS = 2_000


class TonightState(Acting, rx.State):
    """Opens the own evening and takes the own steps; the services check whose they are."""

    told: Told = NOTHING_TOLD

    @rx.event
    @allow(Permission.SEE_OWN_JOBS)
    async def load(self) -> None:
        """Begin to watch the own evening."""
        actor = current_actor()
        await live.watch(self, actor, live.Scope.queue() if actor.role == Role.DRIVER else None)
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
    @allow(Permission.SEE_OWN_JOBS)
    async def begin(self, action: Name, target_id: Number) -> None:
        """Ask for what a step needs."""
        await self._ask(action, target_id)

    @rx.event
    @allow(Permission.SEE_OWN_JOBS)
    async def do(self, action: Name, target_id: Number, key: Key, values: Values) -> rx.event.EventSpec | None:
        """Take a step that was asked about; what was typed stays in the dialog when it is refused."""
        return await self._do(action, target_id, key, values)

    @rx.event
    @allow(Permission.SEE_OWN_JOBS)
    async def tap(self, action: Name, target_id: Number, key: Key, values: Values, late: Late = 0) -> None:
        """Take a step that was tapped ``late`` ago; sent twice with one key, it counts once.

        What becomes of it is answered by its key, since it may have waited a long time to be sent.
        """
        happened = now() - timedelta(milliseconds=late) if late > _AT_ONCE_MS else None
        words, again = "", False
        try:
            problems = await self._take(action, target_id, key, values, happened_at=happened)
            words = " ".join(problems.values())
        except Unavailable:
            again = True
        except GuitaraError as error:
            words = error.sentence
        self.told = Told(number=self.told["number"] + 1, key=key, words=words, again=again)
