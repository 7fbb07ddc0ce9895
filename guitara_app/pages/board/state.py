"""The board has no state of its own: what it shows is pushed."""

from __future__ import annotations

import reflex as rx

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.pages.access import allow, current_actor


class BoardState(rx.State):
    """Opens the board."""

    @rx.event
    @allow(Permission.SEE_BOARD)
    async def load(self) -> None:
        """Begin to watch the evening."""
        await live.watch(self, current_actor(), live.Scope.desk())
