"""What the sign-in page says, taken from its address."""

from __future__ import annotations

import reflex as rx

from guitara_app.kit.seal import unseal
from guitara_app.pages.access import public


class LoginState(rx.State):
    """The reason of the last refusal, the name that was typed, and where to go afterwards."""

    problem: str = ""
    name: str = ""
    wanted: str = ""

    @rx.event
    @public
    async def load(self) -> None:
        """Read the address the server redirected to."""
        asked = self.router.url.query_parameters
        self.problem = unseal(asked.get("problem", ""))
        self.name = asked.get("name", "")[:254]
        self.wanted = asked.get("next", "")[:500]
