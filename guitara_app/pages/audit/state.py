"""What is looked for in the audit trail, and the page of it that is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, TypedDict
from urllib.parse import urlencode

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.audit.asking import FIELDS, AuditAsk, Looked, ask_of
from guitara_app.audit.queries import PAGE, AuditRow, audit_rows
from guitara_app.kit.database import reading
from guitara_app.kit.errors import Invalid
from guitara_app.kit.statements import text
from guitara_app.kit.threads import in_thread
from guitara_app.pages.access import allow, current_actor

_MOST_PAGES = 10_000


class Choice(TypedDict):
    """One line of a select."""

    value: str
    label: str


class AuditState(rx.State):
    """A page of the trail, and how to the next one."""

    looked: dict[str, str] = dict.fromkeys(FIELDS, "")
    asked: str = ""
    people: list[Choice] = []
    rows: list[AuditRow] = []
    page: int = 1
    more: bool = False
    problem: str = ""
    ready: bool = False
    # Counts what was looked for, so that the form is drawn anew when the address or a reset filled it.
    drawn: int = 0

    # Where each page so far began.
    _starts: list[int] = [0]

    @rx.event
    @allow(Permission.SEE_AUDIT)
    async def load(self) -> None:
        """The newest events, narrowed by what the address says."""
        await live.watch(self, current_actor(), None)
        given = self.router.url.query_parameters
        self.looked = {field: str(given.get(field, ""))[:200] for field in FIELDS}
        self.people = await in_thread(_people)
        self.drawn += 1
        await self._look([0])
        self.ready = True

    @rx.event
    @allow(Permission.SEE_AUDIT)
    async def look(self, looked: Looked) -> None:
        """Look for something else."""
        self.looked = looked.model_dump()
        await self._look([0])

    @rx.event
    @allow(Permission.SEE_AUDIT)
    async def reset_filters(self) -> None:
        """Show everything again."""
        self.looked = dict.fromkeys(FIELDS, "")
        self.drawn += 1
        await self._look([0])

    @rx.event
    @allow(Permission.SEE_AUDIT)
    async def only_client(self, client_id: Annotated[int, Field(ge=1, lt=2**63)]) -> None:
        """Everything about one client and their visits."""
        self.looked = {**dict.fromkeys(FIELDS, ""), "client": str(client_id)}
        self.drawn += 1
        await self._look([0])

    @rx.event
    @allow(Permission.SEE_AUDIT)
    async def only_visit(self, visit_id: Annotated[int, Field(ge=1, lt=2**63)]) -> None:
        """Everything about one visit."""
        self.looked = {**dict.fromkeys(FIELDS, ""), "visit": str(visit_id)}
        self.drawn += 1
        await self._look([0])

    @rx.event
    @allow(Permission.SEE_AUDIT)
    async def older(self) -> None:
        """The page below."""
        if self.more and self.rows and len(self._starts) < _MOST_PAGES:
            await self._look([*self._starts, self.rows[-1]["id"]])

    @rx.event
    @allow(Permission.SEE_AUDIT)
    async def newer(self) -> None:
        """The page above; on the first one, what came since."""
        await self._look(self._starts[:-1] or [0])

    async def _look(self, starts: list[int]) -> None:
        try:
            ask = ask_of(Looked(**self.looked))
        except Invalid as error:
            self.problem = error.sentence
            return
        rows = await in_thread(_read, ask, starts[-1])
        self.problem = ""
        self.rows, self.more = rows[:PAGE], len(rows) > PAGE
        self._starts, self.page = starts, len(starts)
        self.asked = urlencode({field: value for field, value in self.looked.items() if value})


def _read(ask: AuditAsk, before: int) -> list[AuditRow]:
    with reading() as session:
        return audit_rows(session, replace(ask, before=before), limit=PAGE + 1)


def _people() -> list[Choice]:
    with reading() as session:
        rows = session.execute(text("SELECT id, name, role FROM people ORDER BY name")).all()
        return [Choice(value=str(row.id), label=f"{row.name}, {row.role}") for row in rows]
