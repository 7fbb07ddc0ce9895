"""The file that somebody is taking in: its columns, and a page of what would become of its rows.

How far it has come is pushed; here is what only its sender sees of what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypedDict

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.exchange import services
from guitara_app.exchange.models import Fate, State, Subject
from guitara_app.exchange.queries import PAGE, Columns, columns_of, earlier_imports, shown_rows, standing_import
from guitara_app.exchange.rules import FIELDS, may_exchange, title_of
from guitara_app.exchange.views import EarlierImport, ImportFacts, Shown
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor

Key = Annotated[str, Field(max_length=40, pattern="^[a-z_]+$")]
Place = Annotated[str, Field(max_length=3, pattern="^[0-9]*$")]
AnyFate = Annotated[str, Field(pattern=f"^(|{'|'.join(Fate)})$")]
PageNumber = Annotated[int, Field(ge=1, le=100_000)]
Act = Callable[[Session, Actor, int, datetime], None]


class Choice(TypedDict):
    """One line of a select."""

    value: str
    label: str


class ColumnLine(TypedDict):
    """One of our fields: which column it is read from, and what stands in that column's first rows."""

    key: str
    title: str
    hint: str
    chosen: str
    sample: str


class ExchangeState(rx.State):
    """What the page shows of the file."""

    subjects: list[Choice] = []
    columns: list[Choice] = []
    sample: list[list[str]] = []
    lines: list[ColumnLine] = []
    fate: str = ""
    page: int = 1
    pages: int = 1
    rows: list[Shown] = []
    earlier: list[EarlierImport] = []
    problem: str = ""
    ready: bool = False

    _import_id: int = 0

    @rx.event
    @allow(Permission.EXCHANGE)
    async def load(self) -> None:
        """Where one was, also after a reload; and begin to watch how far it has come."""
        actor = current_actor()
        mine = [subject for subject in Subject if may_exchange(actor, subject)]
        self.subjects = [Choice(value=subject, label=title_of(subject)) for subject in mine]
        await live.watch(self, actor, live.Scope.imports(actor.person_id or 0))
        await self._look(actor)
        self.ready = True

    @rx.event(temporal=True)
    @allow(Permission.EXCHANGE)
    async def refresh(self) -> None:
        """It has come to another step."""
        await self._look(current_actor())

    @rx.event
    @allow(Permission.EXCHANGE)
    async def choose(self, field: Key, place: Place) -> None:
        """Read a field from another column, or from none."""
        chosen = {**self._mapping(), field: int(place or -1)}
        await self._act(lambda session, actor, number, _at: services.choose_columns(session, actor, number, chosen))

    @rx.event
    @allow(Permission.EXCHANGE)
    async def check(self) -> None:
        """Let every row be looked at."""
        chosen = self._mapping()
        await self._act(lambda session, actor, number, at: services.check_rows(session, actor, number, chosen, now=at))

    @rx.event
    @allow(Permission.EXCHANGE)
    async def back_to_columns(self) -> None:
        """Choose the columns anew."""
        await self._act(lambda session, actor, number, at: services.back_to_columns(session, actor, number, now=at))

    @rx.event
    @allow(Permission.EXCHANGE)
    async def take_in(self, leave_out: bool) -> None:
        """Take everything in as the dry run said."""
        await self._act(
            lambda session, actor, number, at: services.take_in(session, actor, number, leave_out=leave_out, now=at)
        )

    @rx.event
    @allow(Permission.EXCHANGE)
    async def put_away(self) -> None:
        """Be done with this file."""
        await self._act(lambda session, actor, number, at: services.put_away(session, actor, number, now=at))

    @rx.event(supersedes=True)
    @allow(Permission.EXCHANGE)
    async def only(self, fate: AnyFate) -> None:
        """Show only rows of this fate."""
        self.fate = fate
        await self._read_rows(1)

    @rx.event(supersedes=True)
    @allow(Permission.EXCHANGE)
    async def turn(self, page: PageNumber) -> None:
        """Show another page."""
        await self._read_rows(page)

    def _mapping(self) -> dict[str, int]:
        return {line["key"]: int(line["chosen"]) for line in self.lines if line["chosen"]}

    async def _act(self, act: Act) -> None:
        actor, number, at = current_actor(), self._import_id, now()
        self.problem = ""
        try:
            await in_thread(run, lambda session: act(session, actor, number, at))
        except GuitaraError as error:
            self.problem = error.sentence
            return
        await self._look(actor)

    async def _look(self, actor: Actor) -> None:
        """Read what belongs to the step that the file is at now."""
        standing, found, self.earlier = await in_thread(_read, actor)
        self.problem = ""
        self._import_id = standing["id"]
        self.columns, self.sample, self.lines = [], [], []
        if found is not None and standing["state"] == State.MAPPING:
            self.columns = [Choice(value=str(place), label=name) for place, name in enumerate(found.columns)]
            width = len(found.columns)
            self.sample = [(cells + [""] * width)[:width] for cells in found.sample]
            self.lines = _lines(Subject(standing["subject"]), found)
        if standing["state"] not in (State.CHECKED, State.DONE):
            self.rows = []
            return
        done = standing["state"] == State.DONE
        self.fate = Fate.REFUSED if done or standing["refused"] else ""
        await self._read_rows(1)

    async def _read_rows(self, page: int) -> None:
        actor, number, fate = current_actor(), self._import_id, self.fate
        self.page, self.pages, self.rows = await in_thread(_read_page, actor, number, fate, page)


def _read(actor: Actor) -> tuple[ImportFacts, Columns | None, list[EarlierImport]]:
    person = actor.person_id or 0
    with reading() as session:
        standing = standing_import(session, person)
        found = columns_of(session, person, standing["id"]) if standing["id"] else None
        mine = [subject for subject in Subject if may_exchange(actor, subject)]
        return standing, found, earlier_imports(session, mine)


def _read_page(actor: Actor, number: int, fate: str, page: int) -> tuple[int, int, list[Shown]]:
    person = actor.person_id or 0
    with reading() as session:
        standing = standing_import(session, person)
        if standing["id"] != number:
            return 1, 1, []
        many = {fate: standing[fate] for fate in ("new", "changed", "same", "refused")}
        pages = max(1, -(-(many[fate] if fate else sum(many.values())) // PAGE))
        page = min(page, pages)
        return page, pages, shown_rows(session, person, number, fate=fate, page=page)


def _lines(subject: Subject, found: Columns) -> list[ColumnLine]:
    return [
        ColumnLine(
            key=field.key,
            title=field.title,
            hint=field.hint,
            chosen="" if (place := found.mapping.get(field.key)) is None else str(place),
            sample=_sample(found, place),
        )
        for field in FIELDS[subject]
    ]


def _sample(found: Columns, place: int | None) -> str:
    cells = [cells[place] for cells in found.sample if place is not None and place < len(cells) and cells[place]]
    return " · ".join(cells[:3])[:120]
