"""API tokens: the profile page makes and revokes them here, so that a new one never passes through a page's state."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.accounts.queries import tokens_of
from guitara_app.accounts.rules import API_TOKEN_PREFIX
from guitara_app.accounts.services import make_token, revoke_token
from guitara_app.accounts.services.tokens import LONGEST_TOKEN_DAYS, LONGEST_TOKEN_NAME
from guitara_app.api.v1.fields import WHOLE, Body, PathId
from guitara_app.api.v1.rights import Caller, caller, needs
from guitara_app.api.v1.schema import refuses
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import NotAllowed
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

router = APIRouter(prefix="/tokens", tags=["tokens"])

Holder = Annotated[Actor, Depends(needs(Permission.SIGNED_IN))]


class Token(BaseModel):
    """A token, without what it is."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class Tokens(BaseModel):
    """One's own tokens, newest first."""

    items: list[Token]


class TokenAsked(Body):
    """What a new token is to be called, and how long it lasts."""

    name: str = Field(min_length=1, max_length=LONGEST_TOKEN_NAME, examples=["Bookkeeping"])
    days: Annotated[int, Field(ge=1, le=LONGEST_TOKEN_DAYS), WHOLE] = 90


class TokenMade(BaseModel):
    """A new token. It is shown only here."""

    id: int
    name: str
    token: str
    expires_at: datetime


@router.get("")
async def mine(actor: Holder) -> Tokens:
    """One's own tokens that can be used."""

    def read() -> list[Token]:
        with reading() as session:
            return [Token(**row) for row in tokens_of(session, actor.person_id or 0, now=now())]

    return Tokens(items=await in_thread(read))


@router.post("", status_code=201, responses=refuses(403, 409))
async def make(actor: Holder, asking: Annotated[Caller, Depends(caller)], asked: TokenAsked) -> TokenMade:
    """Make a token. Only somebody who signed in with a password may; its answer is never kept, so no key is taken."""
    if asking.token.startswith(API_TOKEN_PREFIX):
        raise NotAllowed("A token cannot make tokens. Sign in with your password, or use the profile page.")
    made = await in_thread(run, lambda session: make_token(session, actor, asked.name, days=asked.days, now=now()))
    return TokenMade(id=made.id, name=made.name, token=made.token, expires_at=made.expires_at)


@router.delete("/{token_id}", status_code=204, responses=refuses(404))
async def revoke(actor: Holder, token_id: PathId) -> Response:
    """End one of one's own tokens; within a second nothing answers to it any more."""
    await in_thread(run, lambda session: revoke_token(session, actor, token_id, now=now()))
    return Response(status_code=204)
