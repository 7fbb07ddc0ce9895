"""Which lines the page shows. The figures are pushed."""

from __future__ import annotations

import reflex as rx

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.pages.access import allow, current_actor


class SystemState(rx.State):
    """Ten minutes, or the whole hour."""

    hour: bool = False

    @rx.event
    @allow(Permission.SEE_SYSTEM)
    async def load(self) -> None:
        """Begin to watch the system."""
        self.hour = False
        await live.watch(self, current_actor(), live.Scope.system())

    @rx.event
    @allow(Permission.SEE_SYSTEM)
    async def show_hour(self, on: bool) -> None:
        """Show the lines of the hour instead of the last ten minutes, or those again."""
        self.hour = on
