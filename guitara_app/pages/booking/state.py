"""The booking form's side of the server: it searches, previews and books. What is typed belongs to the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.appointments.policies import EXPLAINED
from guitara_app.appointments.queries.preview import Preview, preview
from guitara_app.appointments.services import book, wish_booked
from guitara_app.clients.queries import card, search
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views
from guitara_app.pages.booking.draft import Draft

Event = rx.event.EventSpec | None


class Choices(NamedTuple):
    """What can be picked from; the same for everybody."""

    evenings: list[views.Choice]
    last_evening: str
    times: list[str]
    services: list[views.ServiceLine]
    towns: list[views.Choice]


class Shown(NamedTuple):
    """What a draft comes to, ready to be shown."""

    client: views.ClientView
    addresses: list[views.AddressLine]
    history: list[views.VisitLine]
    sums: views.Sums
    candidates: list[views.CandidateLine]
    picks: list[views.PickLine]
    policy: str
    others: list[views.OtherLine]
    warnings: list[str]
    problems: dict[str, str]


class FormState(rx.State, mixin=True):
    """What a form of a visit shows besides the draft itself, be it of a new visit or of one that is changed."""

    ready: bool = False
    evenings: list[views.Choice] = []
    last_evening: str = ""
    times: list[str] = []
    services: list[views.ServiceLine] = []
    towns: list[views.Choice] = []

    client: views.ClientView = views.NOBODY
    addresses: list[views.AddressLine] = []
    history: list[views.VisitLine] = []

    sums: views.Sums = views.NO_SUMS
    candidates: list[views.CandidateLine] = []
    picks: list[views.PickLine] = []
    policy: str = ""
    folded: int = 0
    others: list[views.OtherLine] = []
    warnings: list[str] = []
    problems: dict[str, str] = {}

    answered: int = 0
    saved: str = ""

    # Why the last save was refused stays in sight for as long as the draft is the one that was refused.
    _refused: dict[str, str] = {}
    _refused_draft: dict[str, Any] = {}

    def _offer(self, choices: Choices | None) -> None:
        if choices is not None:
            self.evenings, self.last_evening, self.times, self.services, self.towns = choices
            self.ready = True

    def _show(self, draft: Draft, shown: Shown) -> None:
        self.client, self.addresses, self.history = shown.client, shown.addresses, shown.history
        self.sums, self.candidates, self.others = shown.sums, shown.candidates, shown.others
        self.picks, self.policy = shown.picks, shown.policy
        self.folded = sum(one["folded"] for one in shown.candidates)
        self.warnings = shown.warnings
        if draft.model_dump() != self._refused_draft:
            self._refused = {}
        self.problems = views.by_slot({**self._refused, **shown.problems})

    def _refuse(self, draft: Draft, problems: dict[str, str]) -> None:
        self._refused, self._refused_draft = problems, draft.model_dump()
        self.problems = views.by_slot(problems)


class BookingState(FormState, rx.State):
    """The form of a new visit."""

    hits: list[dict[str, Any]] = []
    hits_for: str = ""

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.BOOK)
    async def consider(self, draft: Draft) -> None:
        """Show what the draft comes to so far. A newer draft overtakes it."""
        choices, shown = await in_thread(_consider, draft, now(), with_choices=not self.ready)
        self._offer(choices)
        self._show(draft, shown)

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.SEE_CLIENTS)
    async def find(self, typed: Annotated[str, Field(max_length=200)]) -> None:
        """Search clients for what is typed so far."""
        self.hits = await in_thread(_find, typed)
        self.hits_for = typed

    @rx.event
    @allow(Permission.BOOK)
    async def save(self, draft: Draft) -> AsyncIterator[Event]:
        """Book. When refused, say why beside the field it is about."""
        actor, at = current_actor(), now()
        try:
            number, unread = await in_thread(run, lambda session: _book(session, actor, draft, at))
            if unread:
                self._refuse(draft, unread)
                return
            # The word first: closing the sheet takes the browser longer than showing a line.
            name = self.client["name"] or draft.client_name
            yield rx.toast.success(f"Booked #{number}: {name}, {self.sums['night']}.", close_button=True)
            self.saved = draft.idempotency_key
        except GuitaraError as error:
            self._refuse(draft, {error.field or "form": error.sentence})
        finally:
            self.answered += 1


def choices_of(session: Session, at: datetime) -> Choices:
    """What can be picked from at that time."""
    return Choices(
        views.evenings(session, at),
        views.last_evening(session, at),
        views.times(session, at),
        views.services(session),
        views.towns(session),
    )


def shown_of(session: Session, draft: Draft, seen: Preview, problems: dict[str, str], evening: Any) -> Shown:
    """What the form shows of a preview; ``problems`` are what could not even be read."""
    for problem in seen.problems:
        problems.setdefault(problem.field, problem.sentence)
    known = None
    try:
        known = card(session, draft.client_id) if draft.client_id else None
    except GuitaraError as error:
        problems["client"] = error.sentence
    return Shown(
        client=views.client_view(known) if known else views.NOBODY,
        addresses=views.address_lines(known) if known else [],
        history=views.visit_lines(known) if known else [],
        sums=views.sums(seen),
        candidates=views.candidate_lines(seen),
        picks=views.pick_lines(seen),
        policy=EXPLAINED[seen.policy],
        others=views.other_lines(session, seen, evening),
        warnings=seen.warnings,
        problems=problems,
    )


def _book(session: Session, actor: Actor, draft: Draft, at: datetime) -> tuple[int, dict[str, str]]:
    """The number of the visit, or what could not be read, by field."""
    request, unread = draft.request(firm_settings(session).calendar.business_date(at))
    if unread:
        return 0, unread
    number = book(session, actor, request, now=at)
    if draft.wish_id:
        wish_booked(session, actor, draft.wish_id, number, now=at)
    return number, {}


def _consider(draft: Draft, at: datetime, *, with_choices: bool) -> tuple[Choices | None, Shown]:
    with reading() as session:
        request, problems = draft.request(firm_settings(session).calendar.business_date(at))
        seen = preview(session, request, now=at)
        shown = shown_of(session, draft, seen, problems, request.evening)
        return choices_of(session, at) if with_choices else None, shown


def _find(typed: str) -> list[dict[str, Any]]:
    with reading() as session:
        return [hit._asdict() for hit in search(session, typed)]
