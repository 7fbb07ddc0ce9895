"""Choosing an evening, and setting somebody's hours in it. The list itself is pushed."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Annotated, TypedDict

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.availability.services import set_shift
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, Stale
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor

_SHOWN_DAYS = 14

Evening = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class EveningChoice(TypedDict):
    """An evening that can be planned."""

    value: str
    label: str


class Hours(BaseModel):
    """A row of the list as typed."""

    model_config = ConfigDict(extra="ignore")

    person_id: int = Field(ge=1, lt=2**63)
    starts: str = Field(max_length=8)
    ends: str = Field(max_length=8)

    def clocks(self) -> tuple[time, time] | None:
        """Start and end; None when both are empty.

        Raises:
            Invalid: only one of them was typed, or it is no time.
        """
        if not self.starts and not self.ends:
            return None
        try:
            return time.fromisoformat(self.starts), time.fromisoformat(self.ends)
        except ValueError as error:
            raise Invalid("Type start and end like 13:00 and 01:00, or empty both for a day off.") from error


class ShiftsState(rx.State):
    """Which evening is shown."""

    evenings: list[EveningChoice] = []
    evening: str = ""

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def load(self) -> None:
        """Show tonight, or the evening chosen before."""
        self.evenings = await in_thread(_evenings)
        if self.evening not in {choice["value"] for choice in self.evenings}:
            self.evening = self.evenings[0]["value"]
        await live.watch(self, current_actor(), live.Scope.shifts(date.fromisoformat(self.evening)))

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def choose(self, evening: Evening) -> None:
        """Show another evening."""
        if evening in {choice["value"] for choice in self.evenings}:
            self.evening = evening
            await live.watch(self, current_actor(), live.Scope.shifts(date.fromisoformat(evening)))

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def keep(self, hours: Hours) -> rx.event.EventSpec:
        """Set one person's hours of the evening shown, or take them away."""
        if not self.evening:
            raise Stale("This page has been open too long. Reload it and set the hours again.")
        actor, at, evening = current_actor(), now(), date.fromisoformat(self.evening)
        clocks = hours.clocks()
        await in_thread(run, lambda session: set_shift(session, actor, hours.person_id, evening, clocks, now=at))
        return rx.toast.success("The shift is set." if clocks else "The shift is taken away.", close_button=True)


def _evenings() -> list[EveningChoice]:
    with reading() as session:
        calendar = firm_settings(session).calendar
    tonight = calendar.business_date(now())
    days = (tonight + timedelta(days=number) for number in range(_SHOWN_DAYS))
    return [
        EveningChoice(
            value=day.isoformat(), label=calendar.evening_label(day) + (" (tonight)" if day == tonight else "")
        )
        for day in days
    ]
