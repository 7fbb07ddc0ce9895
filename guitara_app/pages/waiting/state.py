"""What can be done about the waiting list. The list itself is pushed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import reflex as rx
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from guitara_app import live
from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.appointments.policies import Policy
from guitara_app.appointments.queries.preview import Preview
from guitara_app.appointments.queries.series_gaps import is_open
from guitara_app.appointments.queries.wishes import wish_row
from guitara_app.appointments.requests import WishRequest
from guitara_app.appointments.services import (
    add_wish,
    change_wish,
    decline_slot,
    skip_gap,
    wait_again,
    withdraw_wish,
)
from guitara_app.clients.queries import search
from guitara_app.clients.rules import NewClient
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid
from guitara_app.kit.statements import text
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor
from guitara_app.pages.booking import views
from guitara_app.pages.booking.draft import Draft, Id, Ids, Words, clock
from guitara_app.pages.booking.state import Choices, Event, FormState, Shown, choices_of, shown_of

NEW = -1
"""Stands for the number of a wish that is not there yet."""
_USUAL_DAYS = 13
_MOST_PEOPLE = 6
Number = Annotated[int, Field(ge=1, lt=2**63)]


class WishDraft(BaseModel):
    """Every field of the form; those nobody has touched are missing."""

    model_config = ConfigDict(extra="ignore")

    visit_id: Annotated[int, Field(ge=NEW, lt=2**63)] = NEW
    version: Annotated[int, Field(ge=0, lt=2**31)] = 0
    client_mode: Words = ""
    client_id: Id = None
    client_name: Words = ""
    client_phone: Words = ""
    client_email: Words = ""
    client_notes: Words = ""
    address_id: Id = None
    service_ids: Ids = []
    people: Words = "1"
    first_evening: Words = ""
    last_evening: Words = ""
    earliest: Words = ""
    latest: Words = ""
    therapist_id: Words = ""
    only_therapist: bool = False
    driver_needed: bool = True
    car_needed: bool = False
    notes: Words = ""
    idempotency_key: Words = ""

    def over(self, stands: dict[str, Any]) -> WishDraft:
        """The whole form: what was typed over what stands there."""
        return WishDraft.model_validate(stands | self.model_dump(exclude_unset=True))

    def request(self, tonight: date) -> tuple[WishRequest, dict[str, str]]:
        """The request, and what could not be read, by field."""
        problems: dict[str, str] = {}

        def evening(name: str, typed: str, otherwise: date) -> date | None:
            try:
                return date.fromisoformat(typed) if typed else otherwise
            except ValueError:
                problems[name] = "Choose the evening from the list."
                return None

        def whole(name: str, typed: str, most: int) -> int | None:
            if typed and not (typed.isascii() and typed.isdecimal() and 0 < int(typed[:19]) <= most):
                problems[name] = "Choose from the list."
                return None
            return int(typed) if typed else None

        def start(name: str, typed: str) -> Any:
            try:
                return clock(typed)
            except Invalid as error:
                problems[name] = error.sentence
                return None

        new = NewClient(
            name=self.client_name, phone=self.client_phone, email=self.client_email, notes=self.client_notes
        )
        return WishRequest(
            client_id=self.client_id,
            new_client=new if self.client_id is None and self.client_mode == "new" else None,
            address_id=self.address_id,
            service_ids=self.service_ids[:10],
            people=whole("people", self.people, _MOST_PEOPLE) or 1,
            first_evening=evening("first_evening", self.first_evening, tonight),
            last_evening=evening("last_evening", self.last_evening, tonight + timedelta(days=_USUAL_DAYS)),
            earliest=start("earliest", self.earliest),
            latest=start("latest", self.latest),
            therapist_id=whole("therapist_id", self.therapist_id, 2**62),
            only_therapist=self.only_therapist,
            driver_needed=self.driver_needed,
            car_needed=self.car_needed,
            notes=self.notes,
            idempotency_key=self.idempotency_key[:100],
        ), problems


class WaitingState(FormState, rx.State):
    """Puts clients on the waiting list, changes what they wait for, and takes them off."""

    hits: list[dict[str, Any]] = []
    hits_for: str = ""
    therapists: list[views.Choice] = []
    editing: int = NEW
    version: int = 0
    base: views.Base = views.NO_BASE
    asked: int = 0
    asked_gap: int = 0

    @rx.event
    @allow(Permission.SEE_BOARD)
    async def load(self) -> Event:
        """Begin to watch the list; the address may name a slot, or an evening of a series, to be booked at once."""
        await live.watch(self, current_actor(), live.Scope.waiting())
        asked = self.router.url.query_parameters
        self.asked, self.asked_gap = _number(asked.get("offer", "")), _number(asked.get("gap", ""))
        if self.asked_gap and not await in_thread(_gap_is_open, self.asked_gap):
            self.asked_gap = 0
            return rx.toast.info("Somebody has decided about that evening already.", close_button=True)
        if self.asked and not await in_thread(_is_open, self.asked):
            self.asked = 0
            return rx.toast.info("That slot is gone: it was taken, or the client waits no more.", close_button=True)
        return None

    @rx.event
    @allow(Permission.BOOK)
    async def begin(self, wish_id: Annotated[int, Field(ge=NEW, lt=2**63)]) -> None:
        """Open the form of a wish, or of a new one."""
        self.editing, self.base, self.version = wish_id, views.NO_BASE, 0
        self.problems, self.ready = {}, False

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.BOOK)
    async def consider(self, draft: WishDraft) -> None:
        """Show the client, what can be chosen, and what is wrong so far."""
        try:
            looked = await in_thread(_look, draft, now())
        except GuitaraError as error:
            self.problems = {"form": error.sentence}
            return
        self._offer(looked.choices)
        self.therapists, self.base, self.version = looked.therapists, looked.base, looked.version
        self.client, self.addresses, self.history = looked.shown.client, looked.shown.addresses, looked.shown.history
        self.problems = _slots(looked.shown.problems)

    @rx.event(supersedes=True, temporal=True)
    @allow(Permission.SEE_CLIENTS)
    async def find(self, typed: Annotated[str, Field(max_length=200)]) -> None:
        """Search clients for what is typed so far."""
        self.hits = await in_thread(_find, typed)
        self.hits_for = typed

    @rx.event
    @allow(Permission.BOOK)
    async def save(self, draft: WishDraft) -> Event:
        """Keep the wish. When refused, say why beside the field it is about; nothing typed is lost."""
        actor, at = current_actor(), now()
        try:
            unread = await in_thread(run, lambda session: _save(session, actor, draft, at))
        except GuitaraError as error:
            self.problems = _slots({error.field or "form": error.sentence})
            return None
        finally:
            self.answered += 1
        if unread:
            self.problems = _slots(unread)
            return None
        self.saved, self.problems = draft.idempotency_key, {}
        return rx.toast.success("The waiting list is kept.", close_button=True)

    @rx.event
    @allow(Permission.BOOK)
    async def withdraw(self, wish_id: Number, reason: Annotated[str, Field(max_length=1000)]) -> Event:
        """Take somebody off the list."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: withdraw_wish(session, actor, wish_id, reason=reason, now=at))
        return rx.toast.success("Taken off the waiting list.", close_button=True)

    @rx.event
    @allow(Permission.BOOK)
    async def again(self, wish_id: Number) -> Event:
        """Let somebody wait again whose visit was not what they waited for."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: wait_again(session, actor, wish_id, now=at))
        return rx.toast.success("Back on the waiting list.", close_button=True)

    @rx.event
    @allow(Permission.BOOK)
    async def skip(self, gap_id: Number, reason: Annotated[str, Field(max_length=1000)]) -> Event:
        """There is no visit that evening."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: skip_gap(session, actor, gap_id, reason=reason, now=at))
        return rx.toast.success("There is no visit that evening.", close_button=True)

    @rx.event
    @allow(Permission.BOOK)
    async def decline(self, wish_id: Number, offer_id: Number) -> Event:
        """The client cannot come then; look for another evening."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: decline_slot(session, actor, wish_id, offer_id, now=at))
        return rx.toast.success("Nothing is looked for in that evening any more.", close_button=True)


class _Looked(NamedTuple):
    choices: Choices
    therapists: list[views.Choice]
    base: views.Base
    version: int
    shown: Shown


def name_of(wish_id: int) -> str:
    """Under which the browser keeps the draft of a wish."""
    return f"wish-{wish_id}"


def _look(draft: WishDraft, at: datetime) -> _Looked:
    with reading() as session:
        row = wish_row(session, draft.visit_id) if draft.visit_id != NEW else None
        stands = row["fields"] if row else {}
        whole = draft.over(stands)
        _, problems = whole.request(firm_settings(session).calendar.business_date(at))
        people = session.execute(
            text("SELECT id, name FROM people WHERE role = 'therapist' AND disabled_at IS NULL ORDER BY name")
        )
        return _Looked(
            choices=choices_of(session, at),
            therapists=[views.Choice(value=str(one.id), label=one.name) for one in people],
            base=views.Base(of=name_of(draft.visit_id), values=stands, fields={}) if row else views.NO_BASE,
            version=row["version"] if row else 0,
            shown=shown_of(session, Draft(client_id=whole.client_id), _NOTHING, problems, None),
        )


_NOTHING = Preview("", "", "", 0, Decimal(0), [], [], [], policy=Policy.FIFO)


def _save(session: Session, actor: Actor, draft: WishDraft, at: datetime) -> dict[str, str]:
    tonight = firm_settings(session).calendar.business_date(at)
    if draft.visit_id == NEW:
        request, unread = draft.request(tonight)
        if not unread:
            add_wish(session, actor, request, now=at)
        return unread
    row = wish_row(session, draft.visit_id)
    request, unread = draft.over(row["fields"]).request(tonight)
    if not unread:
        change_wish(session, actor, draft.visit_id, request, version=draft.version or row["version"], now=at)
    return unread


def _slots(problems: dict[str, str]) -> dict[str, str]:
    """Problems by the place in the form where they are shown."""
    own = {name: words for name, words in problems.items() if name in _OWN}
    return own | views.by_slot({name: words for name, words in problems.items() if name not in _OWN})


_OWN = frozenset({"first_evening", "last_evening", "earliest", "latest", "people", "therapist_id"})


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 else 0


def _gap_is_open(gap_id: int) -> bool:
    with reading() as session:
        return is_open(session, gap_id)


def _is_open(offer_id: int) -> bool:
    with reading() as session:
        statement = text("SELECT true FROM wish_offers WHERE id = :id AND settled_at IS NULL")
        return bool(session.execute(statement, {"id": offer_id}).scalar())


def _find(typed: str) -> list[dict[str, Any]]:
    with reading() as session:
        return [hit._asdict() for hit in search(session, typed)]
