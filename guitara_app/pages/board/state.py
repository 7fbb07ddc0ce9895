"""What can be done on the board. What it shows is pushed; only the whole list of ended visits is asked for."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries import ended_cards
from guitara_app.appointments.services import claim, release, settle_alarm
from guitara_app.appointments.views import Card
from guitara_app.kit.database import reading, run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.opening import put

Key = Annotated[str, Field(min_length=1, max_length=60)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Outcome = Annotated[str, Field(max_length=4000)]


class BoardState(rx.State):
    """Opens the board, and says who handles what."""

    all_ended: bool = False
    ended: list[Card] = []

    @rx.event
    @allow(Permission.SEE_BOARD)
    async def load(self) -> None:
        """Begin to watch the evening."""
        put(self, all_ended=False, ended=[])
        await live.watch(self, current_actor(), live.Scope.desk())

    @rx.event
    @allow(Permission.HANDLE_ATTENTION)
    async def claim(self, key: Key) -> None:
        """Take an entry on."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: claim(session, actor, key, now=at))

    @rx.event
    @allow(Permission.HANDLE_ATTENTION)
    async def take_over(self, key: Key, person_id: Number) -> None:
        """Take an entry over from somebody who is shown to handle it."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: claim(session, actor, key, now=at, instead_of=person_id))

    @rx.event
    @allow(Permission.HANDLE_ATTENTION)
    async def release(self, key: Key) -> None:
        """Let go of an entry."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: release(session, actor, key, now=at))

    @rx.event
    @allow(Permission.HANDLE_ATTENTION)
    async def settle_alarm(self, alarm_id: Number, outcome: Outcome) -> rx.event.EventSpec:
        """Close a call for help with how it ended."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: settle_alarm(session, actor, alarm_id, outcome=outcome, now=at))
        return rx.toast.success("The alarm is closed.", close_button=True)

    @rx.event(supersedes=True)
    @allow(Permission.SEE_BOARD)
    async def show_all_ended(self) -> None:
        """List every visit that has ended this evening; called again whenever one more has."""
        self.ended = await in_thread(_ended)
        self.all_ended = True


def _ended() -> list[Card]:
    with reading() as session:
        return ended_cards(session, now=now())
