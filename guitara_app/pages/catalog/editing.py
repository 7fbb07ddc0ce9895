"""How a row of the catalog is added and changed: what was typed is read, compared with what stands there, and kept.

Of two who change one row, the second is told which of the fields that they changed are others now, by whom; the rest
of what they typed is put over what stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, TypeVar

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, NotFound
from guitara_app.kit.statements import text
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views

T = TypeVar("T")
Line = TypeVar("Line")
Event = rx.event.EventSpec | None
Number = Annotated[int, Field(ge=1, lt=2**63)]
Typed = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(max_length=40)]
Value = Annotated[str, Field(max_length=8_000)] | bool
Values = Mapping[str, str | bool]

NEW = -1
"""Stands for the number of a row that is not there yet."""
SHOWN = 300
"""Lines of a list that are drawn at once; typing finds the others."""
AnyNumber = Annotated[int, Field(ge=NEW, lt=2**63)]


class RowDraft(BaseModel):
    """What the form holds: ``typed`` are the fields that were changed, ``seen`` what stood in them before."""

    model_config = ConfigDict(extra="ignore")

    visit_id: AnyNumber = NEW
    idempotency_key: Annotated[str, Field(max_length=100)] = ""
    seen: Annotated[dict[Name, Value], Field(max_length=500)] = {}
    typed: Annotated[dict[Name, Value], Field(max_length=500)] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        own = {name: value for name, value in sent.items() if name in ("visit_id", "idempotency_key", "seen")}
        return {**own, "typed": {name: value for name, value in sent.items() if name not in (*own, "offered")}}


class Stands(NamedTuple):
    """A row as it stands: the ``values`` of its fields as one would type them, and its version."""

    values: dict[str, str | bool]
    version: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of row. ``look`` also answers for ``NEW``; ``check`` says by field what cannot be read."""

    name: str
    look: Callable[[Session, int], Stands | None]
    check: Callable[[Values], dict[str, str]]
    keep: Callable[[Session, Actor, int | None, Values, Stands, datetime], object]
    label: Callable[[Session, str], str]
    kinds: tuple[str, ...]
    say: Callable[[Session, str, str | bool], str] = lambda session, field, value: _said(value)


class _Kept(NamedTuple):
    problems: dict[str, str]
    clashes: list[views.ClashLine]
    base: views.Base


class RowForm(rx.State, mixin=True):
    """What the form of a row shows besides the draft itself."""

    loaded: bool = False
    typed: str = ""
    total: int = 0
    found: int = 0

    editing: int = 0
    ready: bool = False
    base: views.Base = views.NO_BASE
    problems: dict[str, str] = {}
    clashes: list[views.ClashLine] = []
    answered: int = 0
    saved: str = ""

    # Once a save was refused, mistakes are told, and taken back, while typing.
    _refused: bool = False

    def _matching(self, everything: list[Line], words_of: Callable[[Line], str]) -> list[Line]:
        """Those in which every word typed occurs, as many as are drawn; how many there are is kept."""
        typed = self.typed.casefold().split()
        found = [line for line in everything if all(word in words_of(line).casefold() for word in typed)]
        self.total, self.found = len(everything), len(found)
        return found[:SHOWN]

    def _begin(self, number: int) -> None:
        self.editing, self.base, self.ready = number, views.NO_BASE, False
        self.problems, self.clashes, self._refused = {}, [], False

    async def _consider(self, sheet: Sheet, draft: RowDraft) -> None:
        try:
            looked = await in_thread(_look, sheet, draft)
        except GuitaraError as error:
            self.problems = {"form": error.sentence}
            return
        self.base, self.ready = looked.base, True
        self.problems = looked.problems if self._refused else {}
        self.clashes = looked.clashes

    async def _save(self, sheet: Sheet, draft: RowDraft) -> Event:
        actor, at = current_actor(), now()
        self._refused = True
        try:
            kept = await in_thread(run, lambda session: _keep(session, sheet, actor, draft, at))
        except GuitaraError as error:
            self.problems = {error.field or "form": error.sentence}
            return None
        finally:
            self.answered += 1
        self.problems, self.clashes = kept.problems, kept.clashes
        if kept.problems or kept.clashes:
            self.base = kept.base
            return None
        self.saved, self._refused = draft.idempotency_key, False
        return rx.toast.success("Saved. It holds from now on, in every open form.", close_button=True)


class CatalogForm(RowForm, rx.State, mixin=True):
    """The form of a row of the catalog; the page's own is what it is the form of."""

    @rx.event
    @allow(Permission.SET_CATALOG)
    async def begin(self, number: AnyNumber) -> None:
        """Open the form of a row, or of a new one."""
        self._begin(number)

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.SET_CATALOG)
    async def consider(self, draft: RowDraft) -> None:
        """Show what stands there, and what a colleague changed meanwhile."""
        await self._choices(draft)
        await self._consider(self._sheet(), draft)

    @rx.event
    @allow(Permission.SET_CATALOG)
    async def save(self, draft: RowDraft) -> Event:
        """Keep it. When refused, say why beside the field it is about; nothing typed is lost."""
        return await self._save(self._sheet(), draft)

    def _sheet(self) -> Sheet:
        raise NotImplementedError

    async def _choices(self, draft: RowDraft) -> None:
        """Show what there is to choose from besides."""


class KeptRows(CatalogForm, rx.State, mixin=True):
    """A list of the catalog with the form of one of its rows; the page's own is besides how the list is read."""

    @rx.event
    @allow(Permission.SEE_BOARD)
    async def load(self) -> None:
        """Read the list."""
        await live.watch(self, current_actor(), None)
        self.typed = ""
        await self._read()
        self.loaded = True

    @rx.event(supersedes=True)
    @allow(Permission.SEE_BOARD)
    async def find(self, typed: Typed) -> None:
        """Show only the rows in which every word typed occurs."""
        self.typed = typed
        await self._read()

    @rx.event(temporal=True)
    @allow(Permission.SEE_BOARD)
    async def refresh(self) -> None:
        """Somebody changed the catalog."""
        await self._read()

    async def _read(self) -> None:
        """Show the rows that match what is typed."""
        raise NotImplementedError


def read(problems: dict[str, str], work: Callable[[], T], otherwise: T, field: str) -> T:
    """What ``work`` reads; when it cannot, why is put among the problems of ``field``."""
    try:
        return work()
    except Invalid as error:
        problems[error.field or field] = error.sentence
        return otherwise


def whole(words: str | bool, sentence: str) -> int:
    """A whole number of at most six digits.

    Raises:
        Invalid: it is none.
    """
    plain = str(words).strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 6):
        raise Invalid(sentence)
    return int(plain)


def pesos(price: Decimal) -> str:
    """As one types it: without cents when there are none."""
    return f"{price:.0f}" if price == price.to_integral_value() else f"{price:.2f}"


def _look(sheet: Sheet, draft: RowDraft) -> _Kept:
    with reading() as session:
        return _compare(session, sheet, draft, _stands(session, sheet, draft))


def _keep(session: Session, sheet: Sheet, actor: Actor, draft: RowDraft, at: datetime) -> _Kept:
    stands = _stands(session, sheet, draft)
    found = _compare(session, sheet, draft, stands)
    if not found.problems and not found.clashes:
        number = None if draft.visit_id == NEW else draft.visit_id
        sheet.keep(session, actor, number, stands.values | draft.typed, stands, at)
    return found


def _stands(session: Session, sheet: Sheet, draft: RowDraft) -> Stands:
    stands = sheet.look(session, draft.visit_id)
    if stands is None:
        raise NotFound("This is not there any more. Reload the page.")
    return stands


def _compare(session: Session, sheet: Sheet, draft: RowDraft, stands: Stands) -> _Kept:
    known = stands.values
    changed = [
        field
        for field, seen in draft.seen.items()
        if field in draft.typed and field in known and seen != known[field] != draft.typed[field]
    ]
    by, when = _changed_last(session, sheet, draft.visit_id) if changed else ("", "")
    clashes = [
        views.ClashLine(
            field=field,
            label=sheet.label(session, field),
            by=by,
            at=when,
            stands=sheet.say(session, field, known[field]),
            mine=sheet.say(session, field, draft.typed[field]),
        )
        for field in changed
    ]
    # A new row has nothing that somebody else could change.
    seen = known if draft.visit_id != NEW else {}
    base = views.Base(of=f"{sheet.name}-{draft.visit_id}", values=known, fields=dict(seen))
    return _Kept(sheet.check(known | draft.typed), clashes, base)


def _changed_last(session: Session, sheet: Sheet, number: int) -> tuple[str, str]:
    """Who changed the row last, and when, on the clock."""
    row = session.execute(
        text(
            "SELECT coalesce(p.name, 'Guitara') AS name, e.recorded_at FROM events e"
            " LEFT JOIN people p ON p.id = e.actor_id"
            " WHERE e.kind = ANY(:kinds)"
            " AND (CASE WHEN :key = 'person_id' THEN CAST(e.person_id AS text) ELSE e.data ->> :key END)"
            " = CAST(:number AS text) ORDER BY e.id DESC LIMIT 1"
        ),
        {"kinds": list(sheet.kinds), "key": f"{sheet.name}_id", "number": number},
    ).one_or_none()
    if row is None:
        return "Somebody", "a moment ago"
    return row.name, firm_settings(session).calendar.moment_label(row.recorded_at)


def _said(value: str | bool) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
