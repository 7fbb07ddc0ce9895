"""The list of accounts, and shutting and opening one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Protocol, TypedDict

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts import services
from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.accounts.queries import PersonRow, people
from guitara_app.clients.rules import shown_phone
from guitara_app.kit.database import reading, run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor

Number = Annotated[int, Field(ge=1, lt=2**63)]
Reason = Annotated[str, Field(max_length=4000)]
Typed = Annotated[str, Field(max_length=200)]


class _Change(Protocol):
    def __call__(self, session: Session, actor: Actor, person_id: int, *, reason: str, now: datetime) -> None: ...


class AccountLine(TypedDict):
    """One account; ``disabled`` is empty, or since when and by whom."""

    id: int
    name: str
    username: str
    role: str
    phone: str
    disabled: str
    invited: bool


class AccountsState(rx.State):
    """The accounts that match what is typed."""

    loaded: bool = False
    typed: str = ""
    total: int = 0
    accounts: list[AccountLine] = []

    @rx.event
    @allow(Permission.MANAGE_ACCOUNTS)
    async def load(self) -> None:
        """Read the list."""
        await live.watch(self, current_actor(), None)
        self.typed = ""
        await self._read()

    @rx.event(supersedes=True)
    @allow(Permission.MANAGE_ACCOUNTS)
    async def find(self, typed: Typed) -> None:
        """Show only the accounts in which every word typed occurs."""
        self.typed = typed
        await self._read()

    @rx.event
    @allow(Permission.MANAGE_ACCOUNTS)
    async def read_again(self) -> None:
        """Somebody was added."""
        await self._read()

    @rx.event
    @allow(Permission.MANAGE_ACCOUNTS)
    async def disable(self, person_id: Number, reason: Reason) -> rx.event.EventSpec:
        """Shut an account; its open pages close at once."""
        await self._change(services.disable, person_id, reason)
        return rx.toast.success("The account is disabled and signed out everywhere.", close_button=True)

    @rx.event
    @allow(Permission.MANAGE_ACCOUNTS)
    async def enable(self, person_id: Number, reason: Reason) -> rx.event.EventSpec:
        """Open an account again."""
        await self._change(services.enable, person_id, reason)
        return rx.toast.success("The account can sign in again.", close_button=True)

    async def _change(self, change: _Change, person_id: int, reason: str) -> None:
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: change(session, actor, person_id, reason=reason, now=at))
        await self._read()

    async def _read(self) -> None:
        everybody = await in_thread(_people)
        words = self.typed.lower().split()
        self.total = len(everybody)
        self.accounts = [
            AccountLine(
                id=row.id,
                name=row.name,
                username=row.username,
                role=row.role,
                phone=shown_phone(row.phone),
                disabled=row.disabled,
                invited=row.invited,
            )
            for row in everybody
            if all(word in f"{row.name} {row.username} {row.role} {row.phone}".lower() for word in words)
        ]
        self.loaded = True


def _people() -> list[PersonRow]:
    with reading() as session:
        return people(session)
