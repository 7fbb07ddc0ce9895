"""Which evenings are counted, how the figures are sorted, and whose visits are looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, TypedDict

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.rows import pesos
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.reports.queries import kept_workload, visits_behind
from guitara_app.reports.rules import deviations, response, total, utilisation
from guitara_app.reports.views import LoadRow, VisitBehind, Workload

RANGES = {
    "tonight": "Tonight",
    "week": "Last 7 evenings",
    "month": "This month",
    "year": "This year",
    "custom": "From … to …",
}

Range = Annotated[str, Field(pattern=f"^({'|'.join(RANGES)})$")]
Role = Annotated[str, Field(pattern="^(|therapist|driver)$")]
Number = Annotated[int, Field(ge=1, lt=2**31)]

SORTS: dict[str, Callable[[LoadRow], Any]] = {
    "name": lambda row: row["name"].casefold(),
    "on_shift": lambda row: row["on_shift"],
    "worked": lambda row: row["worked"],
    "jobs": lambda row: row["jobs"],
    "travel": lambda row: row["travel"] or 0,
    "idle": lambda row: row["idle"],
    "utilisation": lambda row: utilisation(row) or 0,
    "earned": lambda row: row["earned"] or Decimal(0),
    "refused": lambda row: row["refused"],
    "response": lambda row: response(row) or 0,
}
Sort = Annotated[str, Field(pattern=f"^({'|'.join(SORTS)})$")]


class Days(BaseModel):
    """The evenings as chosen."""

    model_config = ConfigDict(extra="ignore")

    first: Annotated[str, Field(max_length=20)] = ""
    last: Annotated[str, Field(max_length=20)] = ""


class FigureRow(TypedDict):
    """One person's figures in words; the widths are percent of the longest bar."""

    id: int
    name: str
    role: str
    on_shift: str
    worked: str
    jobs: str
    travel: str
    idle: str
    utilisation: str
    filled: str
    earned: str
    refused: str
    response: str
    more: str
    less: str
    deviation: str


class BehindRow(TypedDict):
    """A visit or trip behind somebody's figures, in words."""

    key: str
    visit_id: int
    evening: str
    what: str
    worked: str
    travel: str
    earned: str
    answer: str
    wait: str


_NOBODY = FigureRow(
    id=0,
    name="",
    role="",
    on_shift="",
    worked="",
    jobs="",
    travel="",
    idle="",
    utilisation="",
    filled="0%",
    earned="",
    refused="",
    response="",
    more="0%",
    less="0%",
    deviation="",
)


class WorkloadState(rx.State):
    """The figures shown, and what they are made of."""

    chosen: str = "week"
    first: str = ""
    last: str = ""
    role: str = ""
    sorted_by: str = "worked"
    falling: bool = True
    rows: list[FigureRow] = []
    total: FigureRow = _NOBODY
    spread: str = ""
    read_at: str = ""
    problem: str = ""
    loaded: bool = False
    busy: bool = False
    looked_at: int = 0
    behind: list[BehindRow] = []
    behind_total: str = ""

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def load(self) -> None:
        """Count the evenings chosen before, else the last seven."""
        await live.watch(self, current_actor(), live.Scope.workload())
        await self._count()
        self.loaded = True

    @rx.event(temporal=True)
    @allow(Permission.SEE_PLAN)
    async def refresh(self) -> None:
        """Count the same evenings again, as something has changed; not under a mistake that is being corrected."""
        if self.loaded and not self.problem:
            await self._count()

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def choose(self, chosen: Range) -> None:
        """Count other evenings; those of one's own choice stay what they are until typed."""
        self.chosen = chosen
        await self._count()

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def count_days(self, days: Days) -> None:
        """Count the evenings typed."""
        self.chosen = "custom"
        await self._count(days)

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def only(self, role: Role) -> None:
        """Show therapists, drivers or both."""
        self.role = role
        await self._count()

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def sort(self, by: Sort) -> None:
        """Sort by a figure; by the same again, the other way round."""
        self.falling = not self.falling if by == self.sorted_by else by != "name"
        self.sorted_by = by
        await self._count()

    @rx.event
    @allow(Permission.SEE_PLAN)
    async def look(self, person_id: Number) -> None:
        """Show the visits behind somebody's figures; again, no longer."""
        if person_id == self.looked_at:
            self.looked_at, self.behind = 0, []
            return
        if not self.first:
            # The server had to start afresh; the evenings are counted again first.
            await self._count()
        self.looked_at = person_id
        await self._look()

    async def _count(self, typed: Days | None = None) -> None:
        self.problem = ""
        asked = typed or Days(first=self.first, last=self.last)
        try:
            days = await in_thread(_days, self.chosen, asked.first, asked.last or asked.first, now())
            shown = await in_thread(lambda: kept_workload(*days, now=now()))
        except Invalid as error:
            self.problem = error.sentence
            return
        self.first, self.last = (day.isoformat() for day in days)
        self._show(shown)
        if self.looked_at:
            await self._look()

    def _show(self, shown: Workload) -> None:
        found = [row for row in shown["rows"] if not self.role or row["role"] == self.role]
        found.sort(key=lambda row: row["name"].casefold())
        found.sort(key=SORTS[self.sorted_by], reverse=self.falling)
        off = deviations(found)
        longest = max([abs(minutes) for minutes in off.values()], default=0) or 1
        self.rows = [_in_words(row, off.get(row["person_id"]), longest) for row in found]
        self.total = _in_words(total(found), None, 1)
        there = [row["worked"] for row in found if row["person_id"] in off]
        self.spread = f"{_hours(min(there))} to {_hours(max(there))}" if there else ""
        self.read_at = shown["read_at"]

    async def _look(self) -> None:
        person, first, last = self.looked_at, date.fromisoformat(self.first), date.fromisoformat(self.last)

        def read() -> list[VisitBehind]:
            with reading() as session:
                return visits_behind(session, person, first, last, now=now())

        try:
            found = await in_thread(read)
        except GuitaraError as error:
            self.problem = error.sentence
            return
        self.behind = [_behind(row, number) for number, row in enumerate(found)]
        earned = sum((row["earned"] or Decimal(0) for row in found), Decimal(0))
        self.behind_total = f"{len(found)} lines, {pesos(earned)} earned"


def _days(chosen: str, first: str, last: str, at: datetime) -> tuple[date, date]:
    with reading() as session:
        tonight = firm_settings(session).calendar.business_date(at)
    if chosen == "tonight":
        return tonight, tonight
    if chosen == "week":
        return tonight - timedelta(days=6), tonight
    if chosen == "month":
        return tonight.replace(day=1), tonight
    if chosen == "year":
        return tonight.replace(month=1, day=1), tonight
    try:
        return date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise Invalid("Choose the first and the last evening.", field="first") from error


def _in_words(row: LoadRow, off: int | None, longest: int) -> FigureRow:
    part = utilisation(row)
    width = f"{round(100 * abs(off or 0) / longest)}%"
    return FigureRow(
        id=row["person_id"],
        name=row["name"],
        role=row["role"],
        on_shift=_hours(row["on_shift"]),
        worked=_hours(row["worked"]),
        jobs=str(row["jobs"]),
        travel="" if row["travel"] is None else _hours(row["travel"]),
        idle=_hours(row["idle"]),
        utilisation="" if part is None else f"{part} %",
        filled=f"{min(100, part or 0)}%",
        earned="" if row["earned"] is None else pesos(row["earned"]),
        refused=str(row["refused"]),
        response=_waited(response(row)),
        more=width if (off or 0) > 0 else "0%",
        less=width if (off or 0) < 0 else "0%",
        deviation="" if off is None else f"{_sign(off)}{_hours(abs(off))}",
    )


def _sign(minutes: int) -> str:
    return "+" if minutes > 0 else "\u2212" if minutes < 0 else ""


def _behind(row: VisitBehind, number: int) -> BehindRow:
    return BehindRow(
        key=f"{number}-{row['visit_id']}",
        visit_id=row["visit_id"],
        evening=row["evening"],
        what=row["what"],
        worked=_hours(row["worked"]) if row["worked"] else "",
        travel=_hours(row["travel"]) if row["travel"] else "",
        earned="" if row["earned"] is None else pesos(row["earned"]),
        answer=row["answer"].replace("_", " "),
        wait=_waited(row["wait"]),
    )


def _hours(minutes: int) -> str:
    """``7 h 05``, ``45 min``."""
    return f"{minutes // 60} h {minutes % 60:02}" if minutes >= 60 else f"{minutes} min"


def _waited(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds} s" if seconds < 60 else _hours(round(seconds / 60))
