"""Choosing an evening, setting somebody's hours in it, checking them in and out. The list itself is pushed."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Annotated, TypedDict

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.availability.queries import holidays_between, hours_by_hand
from guitara_app.availability.rules import Dated, Edit, check_hours, evening_hours
from guitara_app.availability.services import check_in, check_out, set_shift, usual_shift
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, Stale
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking.draft import clock
from guitara_app.pages.shifts.changes import change, told
from guitara_app.pages.shifts.previewing import Edits, Previewing, outside_after

_SHOWN_DAYS = 14

Evening = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Shown = Annotated[str, Field(pattern=r"^(all|now|missing|off)$")]
Number = Annotated[int, Field(ge=1, lt=2**63)]


class EveningChoice(TypedDict):
    """An evening that can be planned."""

    value: str
    label: str


class TypedHours(BaseModel):
    """A row of the list as typed."""

    model_config = ConfigDict(extra="ignore")

    person_id: int = Field(ge=1, lt=2**63)
    starts: str = Field(max_length=20)
    ends: str = Field(max_length=20)

    def clocks(self) -> tuple[time, time] | None:
        """Start and end; None when both are empty.

        Raises:
            Invalid: only one of them was typed, or it is no time.
        """
        starts, ends = clock(self.starts), clock(self.ends)
        if starts is None and ends is None:
            return None
        if starts is None or ends is None:
            raise Invalid("Type start and end like 13:00 and 01:00, or empty both for a day off.")
        return starts, ends


class ShiftsState(Previewing, rx.State):
    """Which evening is shown, which people of it, and why the hours of one of them could not be set."""

    evenings: list[EveningChoice] = []
    evening: str = ""
    shown: str = "all"
    problem_of: int = 0
    problem: str = ""

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
            self.evening, self.shown, self.problem_of = evening, "all", 0
            await live.watch(self, current_actor(), live.Scope.shifts(date.fromisoformat(evening)))

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def only(self, shown: Shown) -> None:
        """Show only some of the people."""
        self.shown = shown

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def keep(self, hours: TypedHours) -> rx.event.EventSpec | None:
        """Set one person's hours of the evening shown, or give them the day off; when refused, say why in the row.

        When booked jobs would lie outside, that is asked first.
        """
        return await self._keep(hours, self._shown_evening(), meant=False)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def usual(self, person_id: Number) -> rx.event.EventSpec | None:
        """Let the usual hours hold again for the evening shown."""
        evening = self._shown_evening()
        left = await in_thread(outside_after, lambda _: {person_id: Edit(dated={evening: None})}, now())
        if left:
            self._ask_first(left, "The usual hours do not hold these.", usual=person_id, evening=evening)
            return None
        return await self._usual(person_id, evening)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def go_on(self, number: Number) -> rx.event.EventSpec | None:
        """Set the hours that the dialog was about, although booked jobs will lie outside."""
        waiting = self._meant(number)
        if "usual" in waiting:
            return await self._usual(waiting["usual"], waiting["evening"])
        return await self._keep(TypedHours.model_validate(waiting["hours"]), waiting["evening"], meant=True)

    async def _keep(self, hours: TypedHours, evening: date, *, meant: bool) -> rx.event.EventSpec | None:
        actor, at, person = current_actor(), now(), hours.person_id
        self.problem_of = 0
        try:
            clocks = hours.clocks()
            if not meant:
                left = await in_thread(outside_after, lambda session: _edit(session, person, evening, clocks), at)
                if left:
                    what = "These hours do not hold them." if clocks else "The evening would be off."
                    self._ask_first(left, what, hours=hours.model_dump(), evening=evening)
                    return None
            outside = await in_thread(
                change,
                lambda session: set_shift(session, actor, person, evening, clocks, now=at),
                at=at,
                person_id=person,
            )
        except GuitaraError as error:
            self.problem_of, self.problem = person, error.sentence
            return None
        return told("The shift is set." if clocks else "The shift is taken away.", outside)

    async def _usual(self, person_id: int, evening: date) -> rx.event.EventSpec:
        actor, at = current_actor(), now()
        self.problem_of = 0
        outside = await in_thread(
            change,
            lambda session: usual_shift(session, actor, person_id, evening, now=at),
            at=at,
            person_id=person_id,
        )
        return told("The usual hours hold again.", outside)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def check_in(self, person_id: Number) -> None:
        """Somebody has come; the desk says so on their behalf."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: check_in(session, actor, person_id, now=at))

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def check_out(self, person_id: Number) -> None:
        """Somebody has gone; the desk says so on their behalf."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: check_out(session, actor, person_id, now=at))

    def _shown_evening(self) -> date:
        if not self.evening:
            raise Stale("This page has been open too long. Reload it and set the hours again.")
        return date.fromisoformat(self.evening)


def _edit(session: Session, person: int, evening: date, clocks: tuple[time, time] | None) -> Edits:
    """What setting these hours would say."""
    said = None
    if clocks is not None:
        said = evening_hours(clocks, hours_by_hand(session, person, evening))
        check_hours(said)
    return {person: Edit(dated={evening: Dated(said)})}


def _evenings() -> list[EveningChoice]:
    with reading() as session:
        calendar = firm_settings(session).calendar
        tonight = calendar.business_date(now())
        days = [tonight + timedelta(days=number) for number in range(_SHOWN_DAYS)]
        holidays = holidays_between(session, days[0], days[-1])
    return [
        EveningChoice(
            value=day.isoformat(),
            label=calendar.evening_label(day)
            + (" (tonight)" if day == tonight else "")
            + (f", {holidays[day].name}" if day in holidays else ""),
        )
        for day in days
    ]
