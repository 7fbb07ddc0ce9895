"""The booking form's side of the server: it searches, previews and books. What is typed belongs to the browser."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NamedTuple

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Permission
from guitara_app.appointments.queries.preview import Preview, preview
from guitara_app.appointments.services import book
from guitara_app.clients.queries import ClientCard, card, search
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views
from guitara_app.pages.booking.draft import Draft

Event = rx.event.EventSpec | None


class _Choices(NamedTuple):
    evenings: list[views.Choice]
    times: list[str]
    services: list[views.ServiceLine]
    towns: list[views.Choice]


class BookingState(rx.State):
    """What the form shows besides the draft itself."""

    ready: bool = False
    evenings: list[views.Choice] = []
    times: list[str] = []
    services: list[views.ServiceLine] = []
    towns: list[views.Choice] = []

    hits: list[dict[str, Any]] = []
    hits_for: str = ""

    client: views.ClientView = views.NOBODY
    addresses: list[views.AddressLine] = []
    history: list[views.VisitLine] = []

    sums: views.Sums = views.NO_SUMS
    candidates: list[views.CandidateLine] = []
    warnings: list[str] = []
    problems: dict[str, str] = {}

    answered: int = 0
    saved: str = ""

    # Why the last save was refused stays in sight for as long as the draft is the one that was refused.
    _refused: dict[str, str] = {}
    _refused_draft: dict[str, Any] = {}

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.BOOK)
    async def consider(self, draft: Draft) -> None:
        """Show what the draft comes to so far. A newer draft overtakes it."""
        choices, known, seen, problems = await in_thread(_consider, draft, now(), with_choices=not self.ready)
        if choices is not None:
            self.evenings, self.times, self.services, self.towns = choices
            self.ready = True
        self.client = views.client_view(known) if known else views.NOBODY
        self.addresses = views.address_lines(known) if known else []
        self.history = views.visit_lines(known) if known else []
        self.sums = views.sums(seen)
        self.candidates = views.candidate_lines(seen)
        self.warnings = seen.warnings
        if draft.model_dump() != self._refused_draft:
            self._refused = {}
        self.problems = views.by_slot({**self._refused, **problems})

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.SEE_CLIENTS)
    async def find(self, typed: Annotated[str, Field(max_length=200)]) -> None:
        """Search clients for what is typed so far."""
        self.hits = await in_thread(_find, typed)
        self.hits_for = typed

    @rx.event
    @allow(Permission.BOOK)
    async def save(self, draft: Draft) -> Event:
        """Book. When refused, say why beside the field it is about."""
        actor, at = current_actor(), now()
        try:
            request, unread = await in_thread(_request, draft, at)
            if unread:
                self._refuse(draft, unread)
                return None
            number = await in_thread(run, lambda session: book(session, actor, request, now=at))
        except GuitaraError as error:
            self._refuse(draft, {error.field or "form": error.sentence})
            return None
        finally:
            self.answered += 1
        self.saved = draft.idempotency_key
        name = self.client["name"] or draft.client_name
        return rx.toast.success(f"Booked #{number}: {name}, {self.sums['starts']}.", close_button=True)

    def _refuse(self, draft: Draft, problems: dict[str, str]) -> None:
        self._refused, self._refused_draft = problems, draft.model_dump()
        self.problems = views.by_slot(problems)


def _request(draft: Draft, at: datetime) -> Any:
    with reading() as session:
        return draft.request(firm_settings(session).calendar.business_date(at))


def _consider(
    draft: Draft, at: datetime, *, with_choices: bool
) -> tuple[_Choices | None, ClientCard | None, Preview, dict[str, str]]:
    with reading() as session:
        request, problems = draft.request(firm_settings(session).calendar.business_date(at))
        seen = preview(session, request, now=at)
        for problem in seen.problems:
            problems.setdefault(problem.field, problem.sentence)
        known = None
        try:
            known = card(session, draft.client_id) if draft.client_id else None
        except GuitaraError as error:
            problems["client"] = error.sentence
        return _choices(session, at) if with_choices else None, known, seen, problems


def _choices(session: Session, at: datetime) -> _Choices:
    return _Choices(
        views.evenings(session, at), views.times(session, at), views.services(session), views.towns(session)
    )


def _find(typed: str) -> list[dict[str, Any]]:
    with reading() as session:
        return [hit._asdict() for hit in search(session, typed)]
