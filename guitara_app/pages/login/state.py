"""What the sign-in page says, taken from its address."""

from __future__ import annotations

import reflex as rx

from guitara_app.firm.queries import firm_settings
from guitara_app.founding.queries import is_founded
from guitara_app.kit.database import reading
from guitara_app.kit.seal import unseal
from guitara_app.kit.threads import in_thread
from guitara_app.pages.access import public


class LoginState(rx.State):
    """The reason of the last refusal, the name that was typed, and where to go afterwards."""

    problem: str = ""
    name: str = ""
    wanted: str = ""
    firm: str = ""

    @rx.event
    @public
    async def load(self) -> rx.event.EventSpec | None:
        """Read the address the server redirected to; before there is any account, lead to the first-run page."""
        self.firm, founded = await in_thread(_firm)
        if not founded:
            return rx.redirect("/setup")
        asked = self.router.url.query_parameters
        self.problem = unseal(asked.get("problem", ""))
        self.name = asked.get("name", "")[:254]
        self.wanted = asked.get("next", "")[:500]
        return None


def _firm() -> tuple[str, bool]:
    with reading() as session:
        return firm_settings(session).name, is_founded(session)
