"""Puts the API together."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from guitara_app.api.v1 import actions, appointments, catalog, clients, notifications, series, session, staff, tokens
from guitara_app.api.v1.etags import Tagged
from guitara_app.api.v1.problems import KINDS, problem, speak_problems
from guitara_app.api.v1.rights import anybody
from guitara_app.api.v1.schema import describe, refuses
from guitara_app.kit.errors import NotFound

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

api = FastAPI(title="Guitara", version="1", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
api.add_middleware(Tagged)
speak_problems(api)
describe(api)
for part in (session, tokens, catalog, staff, clients, appointments, series, actions, notifications):
    # Flat, not nested as FastAPI would: whoever walks the routes sees every one and what it needs.
    api.router.routes.extend(part.router.routes)


class ProblemKind(BaseModel):
    """One sort of refusal."""

    type: str
    title: str
    status: int
    meaning: str


@api.get("/openapi.json", include_in_schema=False, dependencies=[Depends(anybody)])
async def openapi() -> Response:
    """What this API can do, for programs."""
    described: dict[str, Any] = api.openapi()
    return JSONResponse(described)


@api.get("/problems/{kind}", tags=["problems"], dependencies=[Depends(anybody)], responses=refuses(404))
async def explain(kind: Annotated[str, Path(max_length=40)]) -> ProblemKind:
    """What the `type` of a refusal means."""
    known = KINDS.get(kind)
    if known is None:
        raise NotFound("There is no such sort of refusal.")
    return ProblemKind(type=f"/api/v1/problems/{kind}", title=known.title, status=known.status, meaning=known.meaning)


async def nothing_here(_request: Request) -> Response:
    """What a path answers that belongs to no version of the API."""
    return problem("not-found", "There is nothing at this address.")
