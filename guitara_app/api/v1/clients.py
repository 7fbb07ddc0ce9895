"""Clients: found, read and added."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.api.v1.appointments import ClientToAdd
from guitara_app.api.v1.fields import Body, PathId
from guitara_app.api.v1.once import Once, carry_out
from guitara_app.api.v1.rights import needs
from guitara_app.api.v1.schema import refuses
from guitara_app.clients.queries import card, search
from guitara_app.clients.rules import NewClient
from guitara_app.clients.services import create
from guitara_app.kit.database import reading
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

router = APIRouter(prefix="/clients", tags=["clients"])

Desk = Annotated[Actor, Depends(needs(Permission.SEE_CLIENTS))]
Booker = Annotated[Actor, Depends(needs(Permission.BOOK))]


class Hit(BaseModel):
    """A client that was found."""

    id: int
    name: str
    phone: str
    place: str


class Hits(BaseModel):
    """Clients that were found, best first."""

    items: list[Hit]


class Search(Body):
    """What to look for."""

    q: str = Field(min_length=1, max_length=200, description="Words of a name, a phone or an e-mail.")
    limit: int = Field(default=20, ge=1, le=50)


class Address(BaseModel):
    """A place the client was visited at."""

    id: int
    line: str
    locality_id: int
    locality: str
    notes: str


class ClientRead(BaseModel):
    """A client, with the places they were visited at, the last used first."""

    id: int
    name: str
    phone: str
    email: str
    notes: str
    preferences: str
    addresses: list[Address]


@router.get("")
async def found(_actor: Desk, asked: Annotated[Search, Query()]) -> Hits:
    """Clients whose name, phone or e-mail holds every word asked for."""

    def read() -> list[Hit]:
        with reading() as session:
            return [Hit(**hit._asdict()) for hit in search(session, asked.q, limit=asked.limit)]

    return Hits(items=await in_thread(read))


@router.get("/{client_id}", responses=refuses(404))
async def one(_actor: Desk, client_id: PathId) -> ClientRead:
    """One client."""

    def read() -> ClientRead:
        with reading() as session:
            return _client(session, client_id)

    return await in_thread(read)


@router.post("", status_code=201, response_model=ClientRead, responses=refuses(409))
async def added(actor: Booker, asked: Once, new: ClientToAdd) -> Response:
    """Add a client who phones for the first time."""

    def work(session: Session) -> BaseModel:
        made = create(session, actor, NewClient(**new.model_dump()), now=now())
        session.flush()
        return _client(session, made.id)

    return await carry_out(actor, asked, work, made_at="/clients")


def _client(session: Session, client_id: int) -> ClientRead:
    shown = card(session, client_id)
    return ClientRead(
        id=shown.id,
        name=shown.name,
        phone=shown.phone,
        email=shown.email,
        notes=shown.notes,
        preferences=shown.preferences,
        addresses=[Address(**address._asdict()) for address in shown.addresses],
    )
