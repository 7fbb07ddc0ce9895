"""Signing in and out, and who one is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from limits.errors import StorageError
from pydantic import BaseModel, Field
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor, Permission
from guitara_app.accounts.recognition import forget_token
from guitara_app.accounts.services import SignInRefused, sign_out
from guitara_app.api.auth import TOO_MANY, may_try, sign_in_from
from guitara_app.api.device import device_of
from guitara_app.api.origin import client_mark
from guitara_app.api.v1.fields import Body
from guitara_app.api.v1.problems import Refusal
from guitara_app.api.v1.rights import Caller, anybody, caller, needs
from guitara_app.api.v1.schema import refuses
from guitara_app.kit.database import run
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.threads import in_thread
from guitara_app.kit.time import now

router = APIRouter(tags=["session"])


class Me(BaseModel):
    """Who is signed in."""

    person_id: int | None
    name: str
    role: str | None


class Login(Body):
    """User name or e-mail, and the password."""

    login: str = Field(min_length=1, max_length=254, examples=["ana"])
    password: str = Field(min_length=1, max_length=1024, examples=["correct horse battery"])


class Opened(BaseModel):
    """A new session. The token is shown only here; send it as ``Authorization: Bearer …``."""

    token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # the word of RFC 6750, no secret
    expires_at: datetime
    person: Me


@router.get("/me")
async def me(actor: Annotated[Actor, Depends(needs(Permission.SIGNED_IN))]) -> Me:
    """Whoever the token or session belongs to."""
    return _me(actor)


@router.post("/session", status_code=201, dependencies=[Depends(anybody)], responses=refuses(401))
async def open_session(request: Request, login: Login) -> Opened:
    """Sign in with a password; the session lasts a week or until it is signed out."""
    mark = client_mark(request.scope)
    try:
        if not await in_thread(may_try, mark):
            raise Refusal("too-many", TOO_MANY, headers={"retry-after": "60"})
        outcome = await in_thread(sign_in_from, login.login, login.password, mark, device_of(request.headers))
    except StorageError as error:
        raise Unavailable("Guitara's servers do not answer just now. Try again in a moment.") from error
    if isinstance(outcome, SignInRefused):
        raise Refusal("sign-in-refused", outcome.sentence, headers={"www-authenticate": "Bearer"})
    return Opened(token=outcome.token, expires_at=outcome.expires_at, person=_me(outcome.actor))


@router.delete("/session", status_code=204, dependencies=[Depends(needs(Permission.SIGNED_IN))])
async def close_session(asking: Annotated[Caller, Depends(caller)]) -> Response:
    """Sign out this session. A token from the profile page is revoked there instead, and stays."""
    await in_thread(run, lambda session: sign_out(session, asking.token, now=now()))
    forget_token(asking.token)
    return Response(status_code=204)


def _me(actor: Actor) -> Me:
    return Me(person_id=actor.person_id, name=actor.name, role=actor.role)
