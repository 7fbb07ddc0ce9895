"""The booking form's side of the server: it searches, previews and books. What is typed belongs to the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any, NamedTuple

import reflex as rx
from pydantic import Field
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.appointments.policies import EXPLAINED
from guitara_app.appointments.queries.preview import Preview, preview
from guitara_app.appointments.recurrence import Repeat
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.series_requests import Instead
from guitara_app.appointments.services import book, book_series, fill_gap, wish_booked, wish_met, wishes_met
from guitara_app.clients.queries import card, search
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError
from guitara_app.kit.events import known_key
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views
from guitara_app.pages.booking.draft import Draft
from guitara_app.pages.booking.repeating import NO_SERIES, SeriesView, looked, repeat_of, series_request

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
    series: SeriesView = NO_SERIES


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
    series: SeriesView = NO_SERIES

    answered: int = 0
    saved: str = ""

    # Why the last save was refused stays in sight for as long as the draft is the one that was refused.
    _refused: dict[str, str] = {}
    _refused_draft: dict[str, Any] = {}

    # Of which catalog the choices are: the browser says which it has heard of.
    _offered: str = ""

    def _must_offer(self, draft: Draft) -> bool:
        return not self.ready or draft.offered != self._offered

    def _offer(self, choices: Choices | None, draft: Draft | None = None) -> None:
        if choices is not None:
            self._offered = draft.offered if draft else ""
            self.evenings, self.last_evening, self.times, self.services, self.towns = choices
            self.ready = True

    def _show(self, draft: Draft, shown: Shown) -> None:
        self.client, self.addresses, self.history = shown.client, shown.addresses, shown.history
        self.sums, self.candidates, self.others = shown.sums, shown.candidates, shown.others
        self.picks, self.policy = shown.picks, shown.policy
        self.folded = sum(one["folded"] for one in shown.candidates)
        self.warnings, self.series = shown.warnings, shown.series
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
        choices, shown = await in_thread(_consider, draft, now(), with_choices=self._must_offer(draft))
        self._offer(choices, draft)
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
            number, unread, met = await in_thread(run, lambda session: _book(session, actor, draft, at))
            if unread:
                self._refuse(draft, unread)
                return
            # The word first: closing the sheet takes the browser longer than showing a line.
            name = self.client["name"] or draft.client_name
            said = (
                f"a series: {name}. {self.series['words']}"
                if draft.repeat
                else f"#{number}: {name}, {self.sums['night']}"
            )
            listed = " They wait no more: what was asked for on the waiting list is booked." if met else ""
            yield rx.toast.success(f"Booked {said}.{listed}", close_button=True)
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


def _book(session: Session, actor: Actor, draft: Draft, at: datetime) -> tuple[int, dict[str, str], bool]:
    """The number of the visit or the series, or what could not be read or is to be decided, by field.

    And whether the client had waited for just this.
    """
    request, unread = draft.request(firm_settings(session).calendar.business_date(at))
    repeat, wrong = repeat_of(draft, request.evening)
    if wrong:
        unread["repeat"] = wrong
    if unread:
        return 0, unread, False
    if repeat is not None:
        # A request that was carried out before is not looked at again: its own visits would stand in its way.
        chosen, problems = dict[date, Instead](), dict[str, str]()
        if not known_key(session, actor.person_id or 0, request.idempotency_key):
            _, chosen, problems = looked(session, draft, request, repeat, at)
        if problems:
            return 0, problems, False
        number = book_series(session, actor, series_request(request, repeat, chosen), now=at)
        return number, {}, wishes_met(session, actor, number, draft.wish_id, now=at)
    number = book(session, actor, request, now=at)
    if draft.wish_id:
        wish_booked(session, actor, draft.wish_id, number, now=at)
    met = not draft.wish_id and bool(wish_met(session, actor, number, now=at))
    if draft.gap_id:
        fill_gap(session, actor, draft.gap_id, number, now=at)
    return number, {}, met


def _consider(draft: Draft, at: datetime, *, with_choices: bool) -> tuple[Choices | None, Shown]:
    with reading() as session:
        request, problems = draft.request(firm_settings(session).calendar.business_date(at))
        seen = preview(session, request, now=at)
        repeat, wrong = repeat_of(draft, request.evening)
        shown = shown_of(session, draft, seen, problems, request.evening)
        if wrong:
            shown.problems["repeat"] = wrong
        if repeat is not None:
            shown = _repeating(session, draft, request, repeat, shown, at)
        return choices_of(session, at) if with_choices else None, shown


def _repeating(
    session: Session, draft: Draft, request: BookingRequest, repeat: Repeat, shown: Shown, at: datetime
) -> Shown:
    """With the evenings of a series; who cannot come in the first is said there, with what can become of it."""
    problems = {name: words for name, words in shown.problems.items() if name not in _SAID_BY_EVENING}
    if not request.service_ids or request.start is None or not request.people or problems.keys() & _UNCLEAR:
        return shown._replace(problems=problems)
    view, chosen, wrong = looked(session, draft, request, repeat, at)
    if "off_shift_reason" in wrong or any(one.do == "anyway" for one in chosen.values()):
        problems["off_shift_reason"] = wrong.get("off_shift_reason", "")
    # What is still to be decided is seen in the list; it is a problem when it is to be saved.
    problems |= {name: words for name, words in wrong.items() if name not in (*_SAID_BY_EVENING, "repeat")}
    return shown._replace(problems=problems, series=view, others=[])


_SAID_BY_EVENING = ("therapist_ids", "off_shift_reason")
_UNCLEAR = frozenset({"service_ids", "minutes", "price", "start", "evening"})


def _find(typed: str) -> list[dict[str, Any]]:
    with reading() as session:
        return [hit._asdict() for hit in search(session, typed)]
