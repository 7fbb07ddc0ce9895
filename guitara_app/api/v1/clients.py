"""Clients: found, listed, read, added and changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.api.tags import tag_of
from guitara_app.api.v1.appointments import ClientToAdd
from guitara_app.api.v1.cursors import Cursor, cursor_of, position_of
from guitara_app.api.v1.etags import IfMatch, check_match
from guitara_app.api.v1.fields import WHOLE, Body, Id, Note, PathId
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.problems import Happening
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.audit.services import note_client_viewed
from guitara_app.clients.models import Client
from guitara_app.clients.queries import changes_since, client_page, search_page
from guitara_app.clients.rules import ClientChange, NewClient, normal_phone
from guitara_app.clients.services import create, edit
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotFound
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

router = APIRouter(prefix="/clients", tags=["clients"])

Desk = Annotated[Actor, Depends(needs(Permission.SEE_CLIENTS))]
Booker = Annotated[Actor, Depends(needs(Permission.BOOK))]
Editor = Annotated[Actor, Depends(needs(Permission.EDIT_CLIENTS))]

_Phone = Annotated[str, Field(min_length=1, max_length=40)]


class Line(BaseModel):
    """A client in the list."""

    id: int
    name: str
    phone: str
    place: str


class Lines(BaseModel):
    """A page of clients; ``next`` is null on the last one."""

    items: list[Line]
    next: str | None


class ClientFilters(Body):
    """What to look for; without it everybody, by name."""

    q: str = Field(default="", max_length=200, description="Words of a name, a phone or an e-mail; best hits first.")
    limit: int = Field(default=50, ge=1, le=200)
    cursor: Cursor = None


class Address(BaseModel):
    """A place the client was visited at."""

    id: int
    line: str
    locality_id: int
    locality: str
    notes: str


class ClientRead(BaseModel):
    """A client, with their places, the last used first. Whoever was merged is read as who is left: see ``id``."""

    id: int
    name: str
    phone: str
    other_phones: list[str]
    email: str | None
    notes: str
    preferred_gender: Literal["", "female", "male"]
    preferred_pressure: Literal["", "light", "medium", "hard"]
    preferred_therapist_id: int | None
    visits: int
    version: int
    addresses: list[Address]


class ClientEdit(Body):
    """The fields to change; the others stay. With ``version`` only changes of the same fields since then refuse it."""

    name: str = Field(default="", min_length=1, max_length=120)
    phone: _Phone = ""
    other_phones: list[_Phone] = Field(default=[], max_length=5)
    email: str | None = Field(default=None, max_length=254)
    notes: Note = ""
    preferred_gender: Literal["", "female", "male"] = ""
    preferred_pressure: Literal["", "light", "medium", "hard"] = ""
    preferred_therapist_id: Id | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1), WHOLE] | None = None

    def change(self) -> ClientChange:
        """As the service takes it: what was not sent is None, what was emptied is an empty text."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - {"version"}}
        if "other_phones" in sent:
            sent["other_phones"] = ", ".join(self.other_phones)
        for name in ("email", "preferred_therapist_id"):
            if name in sent:
                sent[name] = str(sent[name] or "")
        return ClientChange(**sent)


@router.get("")
async def page(_actor: Desk, asked: Annotated[ClientFilters, Query()]) -> Lines:
    """Clients found for words of their name, phone or e-mail, or everybody, page by page."""
    about = f"clients {asked.q}"

    def read() -> Lines:
        after = position_of(asked.cursor, about)[0] if asked.cursor else ""
        with reading() as session:
            found = search_page(session, asked.q, after=after, limit=asked.limit)
        return Lines(
            items=[
                Line(id=hit.id, name=hit.name, phone=normal_phone(hit.phone), place=hit.place) for hit in found.hits
            ],
            next=cursor_of([found.after], about) if found.after else None,
        )

    return await in_thread(read)


@router.get("/{client_id}", responses=refuses(404))
async def one(actor: Desk, client_id: PathId) -> ClientRead:
    """One client; the tag of the answer can be sent as If-Match with a change."""

    def read() -> ClientRead:
        with reading() as session:
            found = _client(session, client_id)
        run(lambda session: note_client_viewed(session, actor, client_id, now=now()))
        return found

    return _tagged(await in_thread(read))  # type: ignore[return-value]  # the same, with its tag


@router.post("", status_code=201, response_model=ClientRead, responses=refuses(409))
async def added(actor: Booker, asked: Once, new: ClientToAdd) -> Response:
    """Add a client who phones for the first time."""

    def work(session: Session) -> BaseModel:
        made = create(session, actor, NewClient(**new.model_dump()), now=now())
        session.flush()
        return _client(session, made.id)

    return await carry_out(actor, asked, work, made_at="/clients")


@router.patch("/{client_id}", response_model=ClientRead, responses=refuses(404, 409, 412))
async def changed(actor: Editor, client_id: PathId, wanted: ClientEdit, if_match: IfMatch = None) -> Response:
    """Change what is known of a client. Send If-Match to be refused when anything changed since you read it."""

    def work(session: Session) -> ClientRead:
        client = session.get(Client, client_id, with_for_update=True)
        if client is None:
            raise NotFound("There is no such client.")
        if if_match is not None:
            check_match(if_match, _tag(_client(session, client_id)), lambda mark: _since(session, client_id, mark))
        version = client.version if wanted.version is None else wanted.version
        edit(session, actor, client_id, wanted.change(), version=version, now=now())
        return _client(session, client_id)

    return _tagged(await in_thread(run, work))


def _client(session: Session, client_id: int) -> ClientRead:
    card = client_page(session, client_id, shown=0)
    if card is None:
        raise NotFound("There is no such client.")
    facts = card["client"]
    return ClientRead(
        id=facts["id"],
        name=facts["name"],
        phone=_kept(facts["phone"]),
        other_phones=[_kept(phone) for phone in facts["other_phones"].split(", ") if phone],
        email=facts["email"] or None,
        notes=facts["notes"],
        preferred_gender=facts["preferred_gender"],
        preferred_pressure=facts["preferred_pressure"],
        preferred_therapist_id=int(facts["preferred_therapist_id"] or 0) or None,
        visits=facts["visits"],
        version=facts["version"],
        addresses=[
            Address(
                id=place["id"],
                line=place["line"],
                locality_id=int(place["locality_id"]),
                locality=place["locality"],
                notes=place["notes"],
            )
            for place in card["addresses"]
        ],
    )


def _kept(shown: str) -> str:
    """The phone as it is kept, for programs; one that was written past the rules stays as it is shown."""
    try:
        return normal_phone(shown)
    except Invalid:
        return shown


def _tag(client: ClientRead) -> str:
    return tag_of(client.model_dump_json(), mark=client.version)


def _tagged(client: ClientRead) -> Response:
    return Response(client.model_dump_json(), media_type="application/json", headers={"etag": _tag(client)})


def _since(session: Session, client_id: int, version: int) -> Sequence[Happening]:
    return [
        Happening(what=f"changed {', '.join(row.fields)}", who=row.who, at=row.at)
        for row in changes_since(session, client_id, version)
    ]
