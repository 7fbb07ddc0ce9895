"""What ``/api/v1/openapi.json`` says: also every refusal, every tag, and how to sign in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from guitara_app.api.v1.problems import KINDS, MEDIA_TYPE, Problem

ABOUT = """The same rights and services as the pages, for programs.

Sign in with `POST /session`, or make a token in the profile page, and send it as `Authorization: Bearer …`. Every
refusal is `application/problem+json`. Lists are read page by page: hand back `next` as `cursor`. Every POST takes an
`Idempotency-Key`; everything that can be read has an `ETag`."""

_EXAMPLES: dict[str, dict[str, Any]] = {
    "conflict": {
        "detail": "Ana Cruz is taken by Mrs Reyes, 21:30 to 22:30 (#214). Choose another time or therapist.",
        "field": "therapist_ids",
        "clashes": [
            {
                "person_id": 7,
                "person": "Ana Cruz",
                "job": "Mrs Reyes, 21:30 to 22:30 (#214)",
                "from": "2026-11-23T13:30:00Z",
                "to": "2026-11-23T14:30:00Z",
                "appointment_id": 214,
            }
        ],
    },
    "changed": {
        "detail": "It was changed since you read it. Read it again and decide anew.",
        "changed": [{"what": "offer accepted", "who": "Ana Cruz", "at": "2026-11-23T12:05:00Z"}],
    },
    "invalid": {"detail": "21:00 has passed. Choose a later time.", "field": "start"},
    "unreadable": {
        "detail": "This request does not fit the schema. Compare it with /api/v1/openapi.json.",
        "field": "start",
        "errors": [{"field": "start", "sentence": "Value error, Write it like 21:30 or 00:30."}],
    },
    "not-found": {"detail": "There is no such visit."},
    "not-possible": {"detail": "The session has begun. It can be stopped early, not cancelled."},
}
_OF_STATUS = {
    401: ("sign-in-first", "sign-in-refused"),
    403: ("not-allowed",),
    404: ("not-found",),
    409: ("conflict", "not-possible", "stale"),
    412: ("changed",),
    413: ("too-large",),
    422: ("unreadable", "invalid", "key-reused"),
    429: ("too-many",),
    500: ("broken",),
    503: ("unavailable",),
}
_ALWAYS = (422, 429, 500, 503)
_REF = {"$ref": "#/components/schemas/Problem"}
_TAG = {"ETag": {"description": "Changes whenever the answer does.", "schema": {"type": "string"}}}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "Tags of answers you have: when one still stands, the answer is 304 without a body.",
    "schema": {"type": "string"},
}


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's ``responses``: how it says no, besides what every route may say."""
    return {status: _refusal(status) for status in statuses}


def describe(api: FastAPI) -> None:
    """Let ``api.openapi()`` say the whole truth."""

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            made = get_openapi(
                title=api.title,
                version=api.version,
                description=ABOUT,
                routes=api.routes,
                servers=[{"url": "/api/v1"}],
            )
            _finish(made)
            api.openapi_schema = made
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def _finish(made: dict[str, Any]) -> None:
    schemas = made["components"]["schemas"]
    _, problem = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    for name, schema in problem["$defs"].items():
        schemas[name] = schema
    for gone in ("HTTPValidationError", "ValidationError"):
        schemas.pop(gone, None)
    for path in made["paths"].values():
        for method, operation in path.items():
            _finish_operation(method, operation)


def _finish_operation(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    statuses = {*_ALWAYS, *((401, 403) if operation.get("security") else ())}
    if "requestBody" in operation:
        statuses |= {400, 413}
    for status in statuses:
        responses[str(status)] = _refusal(status)
    for parameter in operation.get("parameters", []):
        # Nothing in an address or a header is ever null: it is there or not.
        choices = [choice for choice in parameter["schema"].pop("anyOf", []) if choice.get("type") != "null"]
        for choice in choices:
            parameter["schema"].update(choice)
    if method == "get":
        responses["200"]["headers"] = _TAG
        responses["304"] = {"description": "You have it already.", "headers": _TAG}
        operation.setdefault("parameters", []).append(_IF_NONE_MATCH)


def _refusal(status: int) -> dict[str, Any]:
    kinds = _OF_STATUS.get(status, ("unreadable",))
    examples = {
        kind: {
            "value": {
                "type": f"/api/v1/problems/{kind}",
                "title": KINDS[kind].title,
                "status": status,
                "detail": KINDS[kind].meaning,
                **_EXAMPLES.get(kind, {}),
            }
        }
        for kind in kinds
    }
    return {
        "description": "; ".join(KINDS[kind].title for kind in kinds),
        "content": {MEDIA_TYPE: {"schema": _REF, "examples": examples}},
    }
