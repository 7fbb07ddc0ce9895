"""The same form for a visit that is there already: it shows what a change comes to, and saves it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import reflex as rx

from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.change_preview import preview_change
from guitara_app.appointments.queries.fields import standing
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import change
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Stale
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views
from guitara_app.pages.booking.draft import ChangeDraft
from guitara_app.pages.booking.state import Choices, Event, FormState, Shown, choices_of, shown_of

_NO_PLACE = "Choose where, or type the street."


class Looked(NamedTuple):
    """What stands there, what the draft makes of it, and for whom that means what."""

    base: views.Base
    shown: Shown
    request: ChangeRequest
    changed: str
    effects: list[str]
    clashes: list[views.ClashLine]
    unread: dict[str, str]


class ChangeState(FormState, rx.State):
    """The form of a visit that is changed."""

    base: views.Base = views.NO_BASE
    changed: str = ""
    effects: list[str] = []
    clashes: list[views.ClashLine] = []

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.RUN_VISITS)
    async def consider(self, draft: ChangeDraft) -> None:
        """Show what the change comes to so far. A newer draft overtakes it."""
        try:
            choices, looked = await in_thread(_look, draft, now(), with_choices=not self.ready)
        except GuitaraError as error:
            self._refuse(draft, {"form": error.sentence})
            return
        self._offer(choices)
        self._show_change(draft, looked)

    @rx.event
    @allow(Permission.RUN_VISITS)
    async def save(self, draft: ChangeDraft) -> Event:
        """Change the visit. When a colleague was quicker, name what they changed; nothing typed is lost."""
        actor, at = current_actor(), now()
        number, key = draft.visit_id or 0, draft.key
        try:
            _, looked = await in_thread(_look, draft, at, with_choices=False)
            if looked.unread:
                self._refuse(draft, looked.unread)
                return None
            done = await in_thread(
                run,
                lambda session: change(
                    session, actor, number, request=looked.request, reason=draft.reason, now=at, idempotency_key=key
                ),
            )
        except Stale as error:
            # What stands there now comes along, so that the choice between mine and theirs is a choice.
            _, looked = await in_thread(_look, draft, at, with_choices=False)
            self._show_change(draft, looked)
            self._refuse(draft, {"form": error.sentence})
            return None
        except GuitaraError as error:
            self._refuse(draft, {error.field or "form": error.sentence})
            return None
        finally:
            self.answered += 1
        self.saved = draft.idempotency_key
        words = views.changed_words(done)
        return rx.toast.success(f"Changed visit #{number}{': ' if words else ''}{words}.", close_button=True)

    def _show_change(self, draft: ChangeDraft, looked: Looked) -> None:
        self.base, self.changed, self.effects = looked.base, looked.changed, looked.effects
        self.clashes = looked.clashes
        self._show(draft, looked.shown)


def name_of(visit_id: int) -> str:
    """Under which the browser keeps the draft of a change: one for each visit."""
    return f"change-{visit_id}"


def _look(draft: ChangeDraft, at: datetime, *, with_choices: bool) -> tuple[Choices | None, Looked]:
    with reading() as session:
        number = draft.visit_id or 0
        visit = standing(session, number)
        base = views.base(visit, name_of(number))
        whole = draft.over(base["values"])
        request, unread = whole.request(firm_settings(session).calendar.business_date(at))
        if request.start is None:
            unread.setdefault("start", "Type the time like 21:30 or 00:30.")
        if request.address_id is None and not request.address_line.strip():
            unread["address_line"] = _NO_PLACE
        looked = preview_change(session, number, request, draft.seen_fields(visit.fields), now=at)
        return choices_of(session, at) if with_choices else None, Looked(
            base=base,
            shown=shown_of(session, whole, looked.shown, dict(unread), request.evening),
            request=looked.request,
            changed=views.changed_words(looked.changed),
            effects=looked.effects,
            clashes=views.clash_lines(session, looked),
            unread=unread,
        )
