"""What can be done on a client's card. What it shows is pushed; what is typed belongs to the browser."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypedDict

import reflex as rx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from guitara_app import live
from guitara_app.accounts.permissions import Permission, Role
from guitara_app.audit.services import note_client_viewed
from guitara_app.clients import services
from guitara_app.clients.queries import living_id, merge_preview, visits
from guitara_app.clients.rules import FIELD_WORDS, ClientChange
from guitara_app.clients.views import MergePreview, MergeSide, VisitRow
from guitara_app.firm.queries import localities
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, NotFound, Stale
from guitara_app.kit.statements import text
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now
from guitara_app.pages.access import allow, current_actor

Event = rx.event.EventSpec | None
Number = Annotated[int, Field(ge=1, lt=2**63)]
Words = Annotated[str | None, Field(max_length=20_000)]
Choice = Annotated[int | None, BeforeValidator(lambda typed: typed or None), Field(ge=1, lt=2**63)]

COMPARISON = "comparison"
"""Where on the page the two clients stand beside each other."""

_OLDER = 40
_NOBODY = MergeSide(id=0, name="", phones="", email="", preferences="", notes="", visits=0, addresses=0, last_visit="")
_NO_PREVIEW = MergePreview(keep=_NOBODY, gone=_NOBODY, moves=[])


class Option(TypedDict):
    """One line of a select."""

    value: str
    label: str


class Clash(TypedDict):
    """A field that somebody else changed: what it is called, and what stands there now."""

    word: str
    stands: str


class CardDraft(BaseModel):
    """The form as the browser sends it: only the fields that were touched."""

    model_config = ConfigDict(extra="ignore")

    idempotency_key: str = Field(max_length=100)
    version: int = Field(ge=1, lt=2**31)
    name: Words = None
    phone: Words = None
    other_phones: Words = None
    email: Words = None
    notes: Words = None
    preferred_gender: Literal["", "female", "male"] | None = None
    preferred_pressure: Literal["", "light", "medium", "hard"] | None = None
    preferred_therapist_id: Annotated[str | None, Field(max_length=20)] = None


class Place(BaseModel):
    """A line of the addresses as typed."""

    model_config = ConfigDict(extra="ignore")

    address_id: int = Field(ge=1, lt=2**63)
    version: int = Field(ge=1, lt=2**31)
    line: str = Field(max_length=20_000)
    locality_id: Choice = None
    notes: str = Field(default="", max_length=20_000)


class ClientState(rx.State):
    """Opens, changes and merges one client."""

    ready: bool = False
    towns: list[Option] = []
    therapists: list[Option] = []

    answered: int = 0
    saved: str = ""
    problems: dict[str, str] = {}
    stale: str = ""
    clashes: list[Clash] = []

    older: list[VisitRow] = []
    older_of: int = 0

    preview: MergePreview = _NO_PREVIEW

    _client: int = 0
    # The version whoever was told of a clash has seen since; saving again insists.
    _told: int = 0

    @rx.event
    @allow(Permission.SEE_CLIENTS)
    async def load(self) -> Event:
        """Begin to watch the client the address names; a merged one leads to the survivor."""
        asked = PurePosixPath(self.router.url.path).name
        known = asked.isascii() and asked.isdecimal() and len(asked) <= 19 and 0 < int(asked) < 2**63
        number = int(asked) if known else 0
        self.problems, self.stale, self.clashes, self._told = {}, "", [], 0
        self.older, self.older_of, self.preview = [], 0, _NO_PREVIEW
        self._client, self.towns, self.therapists = await in_thread(_opened, number)
        self.ready = True
        if self._client == number:
            actor, at = current_actor(), now()
            await in_thread(run, lambda session: note_client_viewed(session, actor, number, now=at))
        if self._client not in (0, number):
            return rx.redirect(f"/clients/{self._client}", replace=True)
        await live.watch(self, current_actor(), live.Scope.client(number) if number else None)
        return None

    @rx.event
    @allow(Permission.EDIT_CLIENTS)
    async def save(self, draft: CardDraft) -> Event:
        """Change the fields that were touched. When refused, say why beside the field it is about."""
        actor, at, client = current_actor(), now(), self._client
        change = ClientChange(**draft.model_dump(exclude={"idempotency_key", "version"}))
        version = max(draft.version, self._told)
        try:
            await in_thread(run, lambda session: services.edit(session, actor, client, change, version=version, now=at))
        except Stale as error:
            self._told = await in_thread(_version, client)
            self.problems, self.stale = {}, error.sentence
            self.clashes = [
                Clash(word=FIELD_WORDS.get(clash.field, clash.field).capitalize(), stands=clash.stands)
                for clash in error.clashes
            ]
            return None
        except GuitaraError as error:
            self.problems = {error.field or "form": error.sentence}
            return None
        finally:
            self.answered += 1
        self.saved = draft.idempotency_key
        self.problems, self.stale, self.clashes, self._told = {}, "", [], 0
        return rx.toast.success("The card is saved.", close_button=True)

    @rx.event
    @allow(Permission.EDIT_CLIENTS)
    async def keep_place(self, place: Place) -> Event:
        """Correct an address."""
        actor, at = current_actor(), now()
        await in_thread(
            run,
            lambda session: services.change_address(
                session,
                actor,
                place.address_id,
                line=place.line,
                locality_id=place.locality_id,
                notes=place.notes,
                version=place.version,
                now=at,
            ),
        )
        return rx.toast.success("The address is corrected.", close_button=True)

    @rx.event
    @allow(Permission.EDIT_CLIENTS)
    async def give_up_place(self, address_id: Number) -> Event:
        """Offer an address no more."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: services.retire_address(session, actor, address_id, now=at))
        return rx.toast.success("The address is offered no more; past visits keep it.", close_button=True)

    @rx.event
    @allow(Permission.SEE_CLIENTS)
    async def show_older(self, after: Annotated[str, Field(max_length=60)], visits_in_all: int) -> None:
        """Show the visits before the last one shown, below it."""
        before = self.older if self.older_of == visits_in_all else []
        start = before[-1]["after"] if before else after
        self.older = [*before, *await in_thread(_older, self._client, start)]
        self.older_of = visits_in_all

    @rx.event
    @allow(Permission.EDIT_CLIENTS)
    async def compare(self, other: Number) -> Event:
        """Show what merging somebody into this client would do."""
        self.preview = await in_thread(_preview, self._client, other)
        return rx.scroll_to(COMPARISON)

    @rx.event
    @allow(Permission.EDIT_CLIENTS)
    async def swap(self) -> None:
        """Keep the other one of the two."""
        keep, gone = self.preview["gone"]["id"], self.preview["keep"]["id"]
        if keep and gone:
            self.preview = await in_thread(_preview, keep, gone)

    @rx.event
    @allow(Permission.EDIT_CLIENTS)
    async def leave_merging(self) -> None:
        """Put the comparison away."""
        self.preview = _NO_PREVIEW

    @rx.event
    @allow(Permission.EDIT_CLIENTS)
    async def merge(self, keep: Number, gone: Number) -> list[rx.event.EventSpec]:
        """Make one client of the two that are compared."""
        actor, at = current_actor(), now()
        await in_thread(run, lambda session: services.merge(session, actor, keep_id=keep, gone_id=gone, now=at))
        self.preview = _NO_PREVIEW
        told: list[Any] = [rx.toast.success("The two are one client now.", close_button=True)]
        if keep != self._client:
            told.append(rx.redirect(f"/clients/{keep}", replace=True))
        return told


def _opened(number: int) -> tuple[int, list[Option], list[Option]]:
    with reading() as session:
        try:
            living = living_id(session, number)
        except NotFound:
            living = 0
        people = session.execute(
            text("SELECT id, name FROM people WHERE role = :role AND disabled_at IS NULL ORDER BY name"),
            {"role": Role.THERAPIST},
        )
        return (
            living,
            [Option(value=str(town.id), label=town.name) for town in localities(session)],
            [Option(value=str(person.id), label=person.name) for person in people],
        )


def _version(client_id: int) -> int:
    with reading() as session:
        found = session.execute(text("SELECT version FROM clients WHERE id = :id"), {"id": client_id}).scalar()
        return int(found or 0)


def _older(client_id: int, after: str) -> list[VisitRow]:
    with reading() as session:
        return visits(session, client_id, after=after, limit=_OLDER)


def _preview(keep: int, gone: int) -> MergePreview:
    with reading() as session:
        return merge_preview(session, keep, gone)
