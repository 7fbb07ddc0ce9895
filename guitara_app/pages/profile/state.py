"""What somebody changes about their own account. What the page shows is pushed."""

from __future__ import annotations

from typing import Annotated

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field

from guitara_app import live
from guitara_app.accounts import services
from guitara_app.accounts.permissions import Permission
from guitara_app.accounts.queries import session_of_token
from guitara_app.accounts.rules import LONGEST_EMAIL, LONGEST_NAME
from guitara_app.feeds.services import revoke_feed
from guitara_app.kit.database import reading, run
from guitara_app.kit.seal import unseal
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.notifications import services as notifications
from guitara_app.notifications.words import Mail
from guitara_app.pages.access import allow, current_actor, session_token

Number = Annotated[int, Field(ge=1, lt=2**63)]
MailWord = Annotated[str, Field(pattern=f"^({'|'.join(Mail)})$")]


class Details(BaseModel):
    """Name and e-mail as typed."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=LONGEST_NAME * 2)
    email: str = Field(default="", max_length=LONGEST_EMAIL * 2)


class ProfileState(rx.State):
    """Which of the sessions is this browser's, and what the last change of the password came to."""

    session_id: int = 0
    problem: str = ""
    done: str = ""

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def load(self) -> None:
        """Begin to watch the own account."""
        actor = current_actor()
        asked = self.router.url.query_parameters
        # Sealed by the server: nobody can make this page say something by sending a link.
        self.problem, self.done = unseal(asked.get("problem", "")), unseal(asked.get("done", ""))
        self.session_id = await in_thread(_session, session_token(self.router.headers.raw_headers))
        await live.watch(self, actor, live.Scope.profile(actor.person_id or 0))

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def keep(self, details: Details) -> rx.event.EventSpec:
        """Set name and e-mail."""
        actor, at = current_actor(), now()
        await in_thread(
            run,
            lambda session: services.change_details(session, actor, name=details.name, email=details.email, now=at),
        )
        return rx.toast.success("Your details are saved.", close_button=True)

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def choose_mail(self, choice: MailWord) -> None:
        """Say what one wants by e-mail."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: notifications.choose_mail(session, actor, Mail(choice), now=at))

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def sign_out(self, session_id: Number) -> rx.event.EventSpec:
        """Sign out another browser or program of one's own."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: services.end_session(session, actor, session_id, now=at))
        return rx.toast.success("Signed out there.", close_button=True)

    @rx.event
    @allow(Permission.SIGNED_IN)
    async def revoke(self, token_id: Number) -> rx.event.EventSpec:
        """End an API token."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: services.revoke_token(session, actor, token_id, now=at))
        return rx.toast.success("The token is revoked. Nothing answers to it any more.", close_button=True)

    @rx.event
    @allow(Permission.SEE_OWN_JOBS)
    async def revoke_calendar(self, number: int) -> rx.event.EventSpec:
        """End one's own calendar address."""
        del number
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: revoke_feed(session, actor, now=at))
        return rx.toast.success("The address is revoked. No calendar can read it any more.", close_button=True)


def _session(token: str) -> int:
    with reading() as session:
        return session_of_token(session, token)
