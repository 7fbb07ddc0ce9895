"""``/api/v1``: the same rights and services as the pages, for programs. It speaks JSON, also when it says no."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from guitara_app.accounts.permissions import Actor, Permission, allowed
from guitara_app.accounts.recognition import recognise
from guitara_app.api.origin import cookie_name
from guitara_app.kit.errors import (
    Conflict,
    GuitaraError,
    Invalid,
    NotAllowed,
    NotFound,
    NotPossible,
    Stale,
    Unavailable,
)
from guitara_app.kit.threads import in_thread

log = structlog.get_logger(__name__)

_STATUS: dict[type[GuitaraError], int] = {
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 409,
    NotPossible: 409,
    Invalid: 422,
    Unavailable: 503,
}
_SIGN_IN = "Sign in first."
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


async def _signed_in(request: Request) -> Actor:
    actor = await in_thread(recognise, request.cookies.get(cookie_name(request.scope), ""))
    if actor is None:
        raise HTTPException(401, _SIGN_IN)
    return actor


def needs(permission: Permission) -> Callable[[Actor], Awaitable[Actor]]:
    """The dependency of a route that only holders of ``permission`` may call; it hands the route its actor."""

    async def holder(actor: Annotated[Actor, Depends(_signed_in)]) -> Actor:
        if not allowed(actor.role, permission):
            raise NotAllowed("Your account may not do this. Ask a manager if you should be able to.")
        return actor

    holder.__guitara_access__ = permission  # type: ignore[attr-defined]  # read by the test that walks the routes
    return holder


class Me(BaseModel):
    """Who is signed in."""

    person_id: int | None
    name: str
    role: str | None


api = FastAPI(title="Guitara", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)


@api.get("/me")
async def me(actor: Annotated[Actor, Depends(needs(Permission.SIGNED_IN))]) -> Me:
    """Whoever the session belongs to."""
    return Me(person_id=actor.person_id, name=actor.name, role=actor.role)


async def nothing_here(_request: Request) -> JSONResponse:
    """What a path answers that belongs to no version of the API."""
    return JSONResponse({"detail": "Not Found"}, 404)


@api.exception_handler(GuitaraError)
async def _refused(_request: Request, error: GuitaraError) -> JSONResponse:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)
    return JSONResponse({"detail": error.sentence, "field": error.field or None}, status)


@api.exception_handler(Exception)
async def _broken(_request: Request, error: Exception) -> JSONResponse:
    log.error("api request failed", exc_info=error)
    return JSONResponse({"detail": "Something went wrong here; nothing was saved. Try again."}, 500)
