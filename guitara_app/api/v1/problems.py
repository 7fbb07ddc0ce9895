"""How the API says no: ``application/problem+json`` (RFC 9457) for every refusal, whoever raises it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from guitara_app.kit.answers import KeyReused
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

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_LONGEST_FIELD = 100


class Kind(NamedTuple):
    """One sort of refusal."""

    status: int
    title: str
    meaning: str


KINDS = {
    "unreadable": Kind(422, "The request does not fit the schema", "Compare it with the schema; `errors` says where."),
    "invalid": Kind(422, "This cannot be right", "The request fits the schema, but what it asks for cannot be."),
    "key-reused": Kind(422, "The Idempotency-Key is taken", "The key was used for another request. Make a new one."),
    "sign-in-first": Kind(401, "Sign in first", "The request carries no token or session, or one that is over."),
    "sign-in-refused": Kind(401, "Not signed in", "The name or the password is not right, or the account is shut."),
    "not-allowed": Kind(403, "Not allowed", "The account may not do this."),
    "not-found": Kind(404, "Not found", "There is no such thing, or the account may not know of it."),
    "wrong-method": Kind(405, "Wrong method", "The path is right, the method is not; `Allow` lists those that are."),
    "conflict": Kind(409, "The time is taken", "`clashes` names the jobs that stand in the way."),
    "not-possible": Kind(409, "Not possible now", "The thing is not in a state that permits this."),
    "stale": Kind(409, "Changed meanwhile", "Somebody else changed it meanwhile; `fields` says what and to what."),
    "changed": Kind(412, "Changed meanwhile", "It is not what If-Match says any more; `changed` says what happened."),
    "too-large": Kind(413, "Too large", "The body is too large."),
    "too-many": Kind(429, "Too many requests", "Wait for `Retry-After` seconds."),
    "broken": Kind(500, "Something went wrong", "Nothing was saved. The log of the server knows more."),
    "unavailable": Kind(503, "Not available just now", "A server this needs does not answer. Nothing was saved."),
}
_OF_ERROR: dict[type[GuitaraError], str] = {
    NotAllowed: "not-allowed",
    NotFound: "not-found",
    Conflict: "conflict",
    Stale: "stale",
    NotPossible: "not-possible",
    KeyReused: "key-reused",
    Invalid: "invalid",
    Unavailable: "unavailable",
}
_OF_STATUS = {401: "sign-in-first", 403: "not-allowed", 404: "not-found", 405: "wrong-method", 413: "too-large"}
_SENTENCES = {
    "not-found": "There is nothing at this address.",
    "wrong-method": "This address does not take that method.",
}
_UNREADABLE = "This request does not fit the schema. Compare it with /api/v1/openapi.json."


class Clash(BaseModel):
    """A job that stands in the way."""

    person_id: int
    person: str
    job: str
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime = Field(serialization_alias="to")
    appointment_id: int | None


class Happening(BaseModel):
    """Something that happened to the thing since the caller read it."""

    what: str
    who: str
    at: datetime


class FieldTaken(BaseModel):
    """A field that somebody else changed meanwhile, and what stands there now."""

    field: str
    by: str
    at: str
    stands: str


class Misfit(BaseModel):
    """A part of the request that does not fit the schema."""

    field: str
    sentence: str


class Problem(BaseModel):
    """Why something was refused, with a sentence a person can read and act on."""

    type: str = Field(description="What sort of refusal this is; the address explains it.")
    title: str
    status: int
    detail: str
    field: str | None = Field(default=None, description="The part of the request it is about.")
    clashes: list[Clash] | None = None
    changed: list[Happening] | None = None
    fields: list[FieldTaken] | None = None
    errors: list[Misfit] | None = None


class Refusal(Exception):  # it is what the API says, not a fault
    """A refusal that no service raises."""

    def __init__(self, kind: str, sentence: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(sentence)
        self.kind, self.sentence, self.headers, self.more = kind, sentence, headers, more


def problem(
    kind: str, sentence: str, *, status: int = 0, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer that says no."""
    known = KINDS[kind]
    said = Problem(
        type=f"/api/v1/problems/{kind}", title=known.title, status=status or known.status, detail=sentence, **more
    )
    body = said.model_dump_json(exclude_none=True, by_alias=True)
    return Response(body, said.status, headers=headers, media_type=MEDIA_TYPE)


def refusal_of(error: GuitaraError) -> Response:
    """What a service's error is answered with."""
    kind = next((kind for sort, kind in _OF_ERROR.items() if isinstance(error, sort)), "invalid")
    overlaps = error.overlaps if isinstance(error, Conflict) else ()
    clashes = [
        Clash(
            person_id=overlap.person_id,
            person=overlap.person_name,
            job=overlap.job,
            starts_at=overlap.starts_at,
            ends_at=overlap.ends_at,
            appointment_id=overlap.appointment_id,
        )
        for overlap in overlaps
    ]
    headers = {"retry-after": "2"} if kind == "unavailable" else None
    return problem(
        kind,
        error.sentence,
        headers=headers,
        field=error.field or None,
        clashes=clashes if kind == "conflict" else None,
        fields=[FieldTaken(**asdict(clash)) for clash in error.clashes] if isinstance(error, Stale) else None,
    )


def speak_problems(api: FastAPI) -> None:
    """Let every refusal of ``api`` be a problem."""

    @api.exception_handler(GuitaraError)
    async def refused(_request: Request, error: GuitaraError) -> Response:
        return refusal_of(error)

    @api.exception_handler(Refusal)
    async def said_no(_request: Request, error: Refusal) -> Response:
        return problem(error.kind, error.sentence, headers=error.headers, **error.more)

    @api.exception_handler(RequestValidationError)
    async def unreadable(_request: Request, error: RequestValidationError) -> Response:
        errors = [Misfit(field=_where(found["loc"]), sentence=str(found["msg"])) for found in error.errors()[:20]]
        return problem("unreadable", _UNREADABLE, field=errors[0].field if errors else None, errors=errors)

    @api.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        kind = _OF_STATUS.get(error.status_code, "unreadable")
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if kind == "wrong-method":
            headers["allow"] = ", ".join(_methods_of(api, request))
        sentence = _SENTENCES.get(kind, _UNREADABLE)
        return problem(kind, sentence, status=error.status_code, headers=headers)

    @api.exception_handler(Exception)
    async def broken(_request: Request, error: Exception) -> Response:
        log.error("api request failed", exc_info=error)
        return problem("broken", "Something went wrong here; nothing was saved. Try again.")


def _where(loc: tuple[int | str, ...]) -> str:
    """``body.service_ids.0`` as a caller would write it: without the part of the request it stood in."""
    path = [str(part) for part in loc]
    return ".".join(path[1:] or path)[:_LONGEST_FIELD]


def _methods_of(api: FastAPI, request: Request) -> list[str]:
    found: set[str] = set()
    for route in api.routes:
        match, _ = route.matches({**request.scope, "type": "http"})
        if match is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found)
