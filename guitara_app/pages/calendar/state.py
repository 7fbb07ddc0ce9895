"""What can be done in the calendar. The visits are pushed; how full the evenings are is asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, TypedDict

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.fullness import Slot, slots
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.planning.moving import Key, Moving, Reason
from guitara_app.pages.planning.proposing import Move

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
View = Annotated[str, Field(pattern=r"^(month|week)$")]


class Slots(TypedDict):
    """How full the evenings of the plan ``topic`` are."""

    topic: str
    rows: list[Slot]


class CalendarState(Moving, rx.State):
    """Opens the plan of a week or a month, and moves visits in it."""

    slots: Slots = Slots(topic="", rows=[])

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def load(self) -> None:
        """Begin to watch what the address asks for: this week when it says nothing."""
        self._forget_moves()
        self.slots = Slots(topic="", rows=[])
        asked = self.router.url.query_parameters
        await self._watch(asked.get("view", ""), asked.get("on", ""))

    @rx.event(supersedes=True)
    @allow(Permission.SEE_PLAN)
    async def look(self, view: View, on: Day) -> None:
        """Watch another week or month."""
        await self._watch(view, on)

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.SEE_PLAN)
    async def fill(self, on: Day) -> None:
        """Show how full the evenings of the week of ``on`` are."""
        day = _day(on)
        if day is not None:
            monday = day - timedelta(days=day.weekday())
            self.slots = Slots(topic=live.Scope.week(day).topic, rows=await in_thread(_slots, monday))

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def propose(self, move: Move) -> None:
        """Show what moving a visit there would come to."""
        await self._propose(move)

    @rx.event(supersedes=True)
    @allow(Permission.RUN_VISITS)
    async def consider(self, move: Move) -> None:
        """Show what another move of the same visit would come to. A newer one overtakes it."""
        await self._consider(move)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def leave(self) -> None:
        """Move nothing after all."""
        self._leave()

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def move(self, move: Move, reason: Reason, key: Key) -> rx.event.EventSpec | None:
        """Move the visit; when that is refused, say why and what could be done instead."""
        return await self._move(move, reason, key)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def take_back(self) -> rx.event.EventSpec:
        """Undo the last move."""
        return await self._undo_last()

    async def _watch(self, view: str, on: str) -> None:
        day = _day(on) or await in_thread(_tonight)
        scope = live.Scope.month(day) if view == "month" else live.Scope.week(day)
        await live.watch(self, current_actor(), scope)


def _day(said: str) -> date | None:
    """A day of an address; None for anything that is none a calendar of ours could show."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2999 else None


def _tonight() -> date:
    with reading() as session:
        return firm_settings(session).calendar.business_date(now())


def _slots(monday: date) -> list[Slot]:
    with reading() as session:
        return slots(session, monday, 7, now=now())
