"""Which clients the list shows."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.clients.queries import ClientLines, client_lines
from guitara_app.clients.views import ClientLine
from guitara_app.kit.database import reading
from guitara_app.kit.threads import in_thread
from guitara_app.pages.access import allow, current_actor

_PAGE = 50
# More lines than anybody reads: then a word more is typed instead.
_MOST = 500


class ClientListState(rx.State):
    """The clients found for what is typed, as far as they were asked for."""

    loaded: bool = False
    typed: str = ""
    lines: list[ClientLine] = []
    after: str = ""
    told: str = ""

    @rx.event
    @allow(Permission.SEE_CLIENTS)
    async def load(self) -> None:
        """Begin with everybody."""
        await live.watch(self, current_actor(), None)
        await self._read("")

    @rx.event(supersedes=True)
    @allow(Permission.SEE_CLIENTS)
    async def find(self, typed: Annotated[str, Field(max_length=200)]) -> None:
        """Show who fits what is typed so far."""
        await self._read(typed)

    @rx.event
    @allow(Permission.SEE_CLIENTS)
    async def more(self) -> None:
        """Show the next page below."""
        if self.after:
            found = await in_thread(_lines, self.typed, self.after)
            self._show([*self.lines, *found.lines], found.after)

    async def _read(self, typed: str) -> None:
        found = await in_thread(_lines, typed, "")
        self.typed = typed
        self._show(found.lines, found.after)

    def _show(self, lines: list[ClientLine], after: str) -> None:
        full = len(lines) >= _MOST
        self.lines, self.after, self.loaded = lines, "" if full else after, True
        more = "the first " if after else ""
        self.told = f"{more}{len(lines)}{'; type more to narrow it' if full and after else ''}"


def _lines(typed: str, after: str) -> ClientLines:
    with reading() as session:
        return client_lines(session, typed, after=after, limit=_PAGE)
