"""The settings in force. What is typed is the browser's until it is saved."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Permission
from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.founding.settings_rules import SHOWN, read_typed, words_of
from guitara_app.founding.settings_services import change_settings, settings_fixed
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Stale
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor

Typed = Annotated[
    dict[Annotated[str, Field(max_length=60)], Annotated[str, Field(max_length=200)]], Field(max_length=60)
]

_NO_WORDS = dict.fromkeys(SHOWN, "")


class SettingsState(rx.State):
    """Every setting in words, and why what was typed cannot be saved."""

    values: dict[str, str] = _NO_WORDS
    problems: dict[str, str] = {}
    problem: str = ""
    fixed: bool = True
    loaded: bool = False

    # How each stood when this admin last saw it: what somebody else sets meanwhile is not overwritten unseen.
    _seen: dict[str, str] = _NO_WORDS

    @rx.event
    @allow(Permission.SET_FIRM)
    async def load(self) -> None:
        """Show what is in force."""
        await live.watch(self, current_actor(), None)
        self._show_problems({})
        await self._read()
        self.loaded = True

    @rx.event
    @allow(Permission.SET_FIRM)
    async def keep(self, form: Typed) -> rx.event.EventSpec | None:
        """Save what is other than it was; where something cannot be right, nothing is saved."""
        values, problems = read_typed(form, self._seen)
        self._show_problems(problems)
        if problems:
            return None
        if not values:
            return rx.toast.info("Nothing has changed.", close_button=True)
        actor, at, seen = current_actor(), now(), dict(self._seen)

        def once(session: Session) -> FirmSettings:
            return change_settings(session, actor, values, seen=seen, now=at)

        try:
            await in_thread(run, once)
        except GuitaraError as error:
            self._show_problems({error.field: error.sentence} if error.field else {}, error.sentence)
            if isinstance(error, Stale):
                await self._read(but=values.keys())
            return None
        await self._read()
        return rx.toast.success("Saved, and in force from now on.", close_button=True)

    def _show_problems(self, problems: dict[str, str], problem: str = "") -> None:
        self.problems = problems
        self.problem = problem or ("Some of it cannot be saved; see above." if problems else "")

    async def _read(self, *, but: Collection[str] = ()) -> None:
        """Show what stands; fields named by ``but`` keep what was typed into them."""
        stands, self.fixed = await in_thread(_settings)
        typed = {key: words for key, words in self.values.items() if key in but}
        self.values, self._seen = stands | typed, stands


def _settings() -> tuple[dict[str, str], bool]:
    with reading() as session:
        return words_of(firm_settings(session)), settings_fixed(session)
