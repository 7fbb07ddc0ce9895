"""One person's usual hours and time off as typed. Until saved, what was typed is the browser's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Annotated, Any

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.availability.queries import week_of
from guitara_app.availability.rules import Edit, Hours, check_week, off_span
from guitara_app.availability.services import enter_time_off, set_week
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.errors import GuitaraError, Invalid, Stale
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking.draft import clock
from guitara_app.pages.shifts.changes import change, told
from guitara_app.pages.shifts.previewing import Edits, Previewing, outside_after

_WEEKDAYS = tuple(f"_{weekday}" for weekday in range(7))
CLOCKS = ("starts", "ends", "break_starts", "break_ends")

Key = Annotated[str, Field(max_length=100)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Clock = Annotated[str, Field(max_length=20)]

# A field that nobody has touched is not sent; ``seen`` is what the weekday showed while it was typed into.
_WEEK: dict[str, Any] = {
    "idempotency_key": (Key, ""),
    **{f"{name}_{weekday}": (Clock | None, None) for name in CLOCKS for weekday in range(7)},
    **{f"seen_{weekday}": (Key | None, None) for weekday in range(7)},
}
WeekDraft: Any = create_model("WeekDraft", __config__=ConfigDict(extra="ignore"), **_WEEK)


class TimeOffDraft(BaseModel):
    """The form for time off as typed; untouched, it is tonight."""

    model_config = ConfigDict(extra="ignore")

    idempotency_key: Key = ""
    off_first: Annotated[str, Field(max_length=20)] = ""
    off_last: Annotated[str, Field(max_length=20)] = ""
    off_starts: Clock = ""
    off_ends: Clock = ""
    off_reason: Annotated[str, Field(max_length=4000)] = ""


class TypedHours(Previewing, rx.State, mixin=True):
    """Why what was typed cannot be saved, by field; which drafts are saved. The handlers are the page's own."""

    problems: dict[str, str] = {}
    week_answered: int = 0
    week_saved: str = ""
    off_answered: int = 0
    off_saved: str = ""

    # What somebody was told a weekday has become: saving again after that is on purpose.
    _told: dict[int, str] = {}

    async def _keep_week(self, person: int, draft: WeekDraft, *, meant: bool = False) -> rx.event.EventSpec | None:
        """Save the weekdays that were typed into, asking first when jobs would lie outside unless it is ``meant``.

        When refused, say why beside the field.
        """
        actor, at = current_actor(), now()
        before = dict(self._told)
        try:
            if not meant:
                left = await in_thread(outside_after, lambda session: _week_edit(session, person, draft), at)
                if left:
                    what = "With this week the hours would end before these, or begin after."
                    self._ask_first(left, what, own=not actor.is_desk, form="week", draft=draft.model_dump())
                    return None
            outside = await in_thread(
                change,
                lambda session: set_week(
                    session, actor, person, _changes(session, person, draft), now=at, seen=_seen(draft, before)
                ),
                at=at,
                person_id=person,
            )
        except GuitaraError as error:
            if isinstance(error, Stale):
                self._told = {**before, **await in_thread(_said, person, error.field)}
            self._say({error.field if error.field.endswith(_WEEKDAYS) else "week": error.sentence}, of_time_off=False)
            return None
        finally:
            self.week_answered += 1
        self._told = {}
        self._say({}, of_time_off=False)
        self.week_saved = draft.idempotency_key
        return told("The usual hours are set.", outside)

    async def _add_time_off(
        self, person: int, draft: TimeOffDraft, service: Callable[..., int], done: str, *, meant: bool = False
    ) -> rx.event.EventSpec | None:
        """Enter or ask for time off, asking first when jobs would lie in it unless that is ``meant``.

        When refused, say why beside the field.
        """
        actor, at = current_actor(), now()
        try:
            if not meant and draft.off_reason.strip():
                left = await in_thread(outside_after, lambda session: _off_edit(session, person, draft, at), at)
                if left:
                    what = "In this time there is work already."
                    self._ask_first(left, what, own=not actor.is_desk, form="off", draft=draft.model_dump())
                    return None
            outside = await in_thread(
                change,
                lambda session: service(
                    session, actor, person, now=at, reason=draft.off_reason, **_range(session, draft)
                ),
                at=at,
                person_id=person,
            )
        except GuitaraError as error:
            field = f"off_{error.field.removeprefix('off_')}"
            self._say({field if field in TimeOffDraft.model_fields else "off_first": error.sentence}, of_time_off=True)
            return None
        finally:
            self.off_answered += 1
        self._say({}, of_time_off=True)
        self.off_saved = draft.idempotency_key
        return told(done, outside)

    def _say(self, problems: dict[str, str], *, of_time_off: bool) -> None:
        """Put these problems in the place of those of the same form; the other form keeps its own."""
        others = {slot: why for slot, why in self.problems.items() if slot.startswith("off_") is not of_time_off}
        self.problems = {**others, **problems}


class HoursState(TypedHours, rx.State):
    """The hours of the person in the address, for the desk."""

    @rx.event
    @allow(Permission.SEE_SHIFTS)
    async def load(self) -> None:
        """Begin to watch the person the address names."""
        self.problems, self._told = {}, {}
        person = self._person()
        await live.watch(self, current_actor(), live.Scope.hours(person) if person else None)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def keep_week(self, draft: WeekDraft) -> rx.event.EventSpec | None:
        """Save the weekdays that were typed into."""
        return await self._keep_week(self._person(), draft)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def enter(self, draft: TimeOffDraft) -> rx.event.EventSpec | None:
        """Enter time off that the desk agrees to."""
        return await self._enter(draft)

    @rx.event
    @allow(Permission.MANAGE_SHIFTS)
    async def go_on(self, number: Number) -> rx.event.EventSpec | None:
        """Save what the dialog was about, although jobs will lie outside."""
        waiting = self._meant(number)
        if waiting["form"] == "week":
            return await self._keep_week(self._person(), WeekDraft.model_validate(waiting["draft"]), meant=True)
        return await self._enter(TimeOffDraft.model_validate(waiting["draft"]), meant=True)

    async def _enter(self, draft: TimeOffDraft, *, meant: bool = False) -> rx.event.EventSpec | None:
        return await self._add_time_off(self._person(), draft, enter_time_off, "The time off is entered.", meant=meant)

    def _person(self) -> int:
        """The number in the address; 0 when it is none, which no person has."""
        asked = PurePosixPath(self.router.url.path).name
        known = asked.isascii() and asked.isdecimal() and len(asked) <= 10
        return int(asked) if known else 0


def _changes(session: Session, person: int, draft: Any) -> dict[int, Hours | None]:
    """The hours of every weekday that was typed into; what was left alone in it stays."""
    known = week_of(session, person)
    changes: dict[int, Hours | None] = {}
    for weekday in range(7):
        typed = {name: getattr(draft, f"{name}_{weekday}") for name in CLOCKS}
        if any(value is not None for value in typed.values()):
            changes[weekday] = _hours(weekday, typed, known.get(weekday))
    if not changes:
        raise Invalid("Nothing was changed yet. Type other hours, then save.", field="week")
    return changes


def _week_edit(session: Session, person: int, draft: Any) -> Edits:
    changes = _changes(session, person, draft)
    after = {day: hours for day, hours in {**week_of(session, person), **changes}.items() if hours is not None}
    check_week(after, firm_settings(session).calendar)
    return {person: Edit(week=changes)}


def _off_edit(session: Session, person: int, draft: TimeOffDraft, at: datetime) -> Edits:
    return {person: Edit(off=[off_span(firm_settings(session).calendar, **_range(session, draft), now=at)])}


def _hours(weekday: int, typed: dict[str, str | None], known: Hours | None) -> Hours | None:
    clocks: dict[str, time | None] = {}
    for name, value in typed.items():
        try:
            clocks[name] = clock(value) if value is not None else getattr(known, name, None)
        except Invalid as error:
            raise Invalid(error.sentence, field=f"{name}_{weekday}") from error
    starts, ends = clocks["starts"], clocks["ends"]
    if starts is None and ends is None:
        return None
    if starts is None or ends is None:
        field = f"{'starts' if starts is None else 'ends'}_{weekday}"
        raise Invalid("Type start and end, or empty both for a free day.", field=field)
    return Hours(starts, ends, clocks["break_starts"], clocks["break_ends"])


def _seen(draft: Any, told_since: dict[int, str]) -> dict[int, str]:
    seen = {weekday: getattr(draft, f"seen_{weekday}") for weekday in range(7)}
    return {**{weekday: said for weekday, said in seen.items() if said is not None}, **told_since}


def _said(person: int, field: str) -> dict[int, str]:
    """What the weekday of ``field``, such as ``day_0``, is now."""
    weekday = int(field.rpartition("_")[2])
    with reading() as session:
        return {weekday: str(week_of(session, person).get(weekday) or "")}


def _range(session: Session, draft: TimeOffDraft) -> dict[str, Any]:
    tonight = firm_settings(session).calendar.business_date(now())
    first = _day(draft.off_first, "off_first") or tonight
    return {
        "first": first,
        "last": _day(draft.off_last, "off_last") or first,
        "starts": _at(draft.off_starts, "off_starts"),
        "ends": _at(draft.off_ends, "off_ends"),
    }


def _day(typed: str, field: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise Invalid("Choose the evening from the calendar.", field=field) from error


def _at(typed: str, field: str) -> time | None:
    try:
        return clock(typed)
    except Invalid as error:
        raise Invalid(error.sentence, field=field) from error
