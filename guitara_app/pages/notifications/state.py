"""Which notifications the list shows; it is read again whenever one comes or is read anywhere."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import reflex as rx
from pydantic import Field

from guitara_app import live
from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.kit.database import reading, run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.notifications import services
from guitara_app.notifications.queries import EVERYTHING, Filters, notices
from guitara_app.notifications.views import Notice
from guitara_app.notifications.words import Group
from guitara_app.pages.access import allow, current_actor

About = Annotated[str, Field(pattern=f"^({'|'.join(Group)})?$")]

_PAGE = 30
# Older ones than anybody scrolls to.
_MOST = 600


class _Found(NamedTuple):
    rows: list[Notice]
    more: bool
    newest: int


class NotificationsState(rx.State):
    """The filters, and as much of the list as was asked for."""

    loaded: bool = False
    rows: list[Notice] = []
    more: bool = False
    unread: bool = False
    urgent: bool = False
    about: str = ""
    _limit: int = _PAGE
    _newest: int = 0

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def load(self) -> None:
        """Begin with everything."""
        actor = current_actor()
        self.unread, self.urgent, self.about, self._limit = False, False, "", _PAGE
        await live.watch(self, actor, None)
        await self._read(actor)

    @rx.event(supersedes=True)
    @allow(Permission.SIGNED_IN)
    async def refresh(self) -> None:
        """Read the list again: something was told, or read in another tab."""
        await self._read(current_actor())

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def only_unread(self, on: bool) -> None:
        """Show what is unread, or that as well."""
        self.unread, self._limit = on, _PAGE
        await self._read(current_actor())

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def only_urgent(self, on: bool) -> None:
        """Show what is urgent, or that as well."""
        self.urgent, self._limit = on, _PAGE
        await self._read(current_actor())

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def only_about(self, about: About) -> None:
        """Show what is about one thing, or everything."""
        self.about, self._limit = about, _PAGE
        await self._read(current_actor())

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def older(self) -> None:
        """Show the next page below."""
        self._limit = min(self._limit + _PAGE, _MOST)
        await self._read(current_actor())

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def read_all(self) -> None:
        """Mark everything as read that had come when the list was last read."""
        actor, at, up_to = current_actor(), now(), self._newest
        await in_thread(run, lambda session: services.mark_all_read(session, actor, up_to=up_to, now=at))

    async def _read(self, actor: Actor) -> None:
        filters = Filters(self.unread, self.urgent, Group(self.about) if self.about else None)
        found = await in_thread(_found, actor.person_id or 0, filters, self._limit)
        self.rows, self.more, self._newest, self.loaded = found.rows, found.more, found.newest, True


def _found(person_id: int, filters: Filters, limit: int) -> _Found:
    with reading() as session:
        at = now()
        rows = notices(session, person_id, filters, now=at, limit=limit + 1)
        newest = notices(session, person_id, EVERYTHING, now=at, limit=1)
    return _Found(rows[:limit], len(rows) > limit and limit < _MOST, newest[0]["id"] if newest else 0)
