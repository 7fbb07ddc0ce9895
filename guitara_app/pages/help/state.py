"""Which guide is one's own, and that one was shown around."""

from __future__ import annotations

import reflex as rx

from guitara_app.accounts import services
from guitara_app.accounts.permissions import Permission
from guitara_app.help.guides import where
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor


class HelpState(rx.State):
    """What can be asked of the help. The guides are part of the built pages."""

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def load(self) -> rx.event.EventSpec:
        """Go to one's own guide, at the section that the address names."""
        about = self.router.url.query_parameters.get("about", "")
        return rx.redirect(where(current_actor().role, about), replace=True)

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def toured(self) -> None:
        """Keep that one was shown around, or wanted not to be."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: services.finish_tour(session, actor, now=at))
