"""Who asks, what they may, and how often: every route of the API says which permission it needs."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from guitara_app.accounts.permissions import Actor, Permission, allowed
from guitara_app.accounts.recognition import recognise, recognise_program
from guitara_app.api.origin import PLAIN_COOKIE, client_mark
from guitara_app.api.pace import Pace
from guitara_app.api.v1.problems import Refusal
from guitara_app.api.visitor import session_cookie
from guitara_app.kit.doors import Door, came_through
from guitara_app.kit.errors import NotAllowed
from guitara_app.kit.threads import in_thread
from guitara_app.settings import settings

PUBLIC = "public"

_SIGN_IN = "Sign in first: send a token as 'Authorization: Bearer …', or the cookie of a browser that is signed in."
_TOO_FAST = "These are too many requests at once. Wait a moment and go on slower."

_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="A token from the profile page or from POST /session."
)
_cookie = APIKeyCookie(
    name=PLAIN_COOKIE,
    auto_error=False,
    scheme_name="cookie",
    description="The session of a browser that is signed in; over https the cookie is called __Host-sid.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and with what; ``token`` is empty when nothing was sent."""

    actor: Actor | None
    token: str
    by_cookie: bool


@lru_cache(maxsize=1)
def pace() -> Pace:
    """The one of this process."""
    return Pace(settings().api_requests_per_minute)


def keep_pace(holder: str) -> None:
    """Count a request of ``holder``.

    Raises:
        Refusal: too many.
    """
    wait = pace().wait(holder)
    if wait:
        raise Refusal("too-many", _TOO_FAST, headers={"retry-after": str(math.ceil(wait))})


async def caller(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    _shown: Annotated[str | None, Depends(_cookie)],
) -> Caller:
    """Whoever the token or else the cookie belongs to."""
    stranger = f"address {client_mark(request.scope)}"
    by_cookie = "authorization" not in request.headers
    if not by_cookie:
        came_through(Door.API)
    token = session_cookie(request) if by_cookie else bearer.credentials if bearer else ""
    if not token:
        keep_pace(stranger)
        return Caller(None, "", by_cookie)
    actor = await in_thread(recognise if by_cookie else recognise_program, token)
    keep_pace(f"person {actor.person_id}" if actor else stranger)
    return Caller(actor, token, by_cookie)


async def signed_in(asking: Annotated[Caller, Depends(caller)]) -> Actor:
    """Whoever asks.

    Raises:
        Refusal: nobody who is signed in.
    """
    if asking.actor is None:
        raise Refusal("sign-in-first", _SIGN_IN, headers={"www-authenticate": "Bearer"})
    return asking.actor


def needs(*permissions: Permission) -> Callable[[Actor], Awaitable[Actor]]:
    """The dependency of a route that only holders of one of ``permissions`` may call; it hands the route its actor."""

    async def holder(actor: Annotated[Actor, Depends(signed_in)]) -> Actor:
        if not any(allowed(actor.role, permission) for permission in permissions):
            raise NotAllowed("Your account may not do this. Ask a manager if you should be able to.")
        return actor

    holder.__guitara_access__ = permissions[0]  # type: ignore[attr-defined]  # read by the test that walks the routes
    return holder


async def anybody(request: Request) -> None:
    """The dependency of a route that people may call who are not signed in."""
    came_through(Door.API)
    keep_pace(f"address {client_mark(request.scope)}")


anybody.__guitara_access__ = PUBLIC  # type: ignore[attr-defined]  # read by the test that walks the routes
