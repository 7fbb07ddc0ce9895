"""A request that changes something: carried out once, however often it is sent with the same Idempotency-Key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.responses import Response

from guitara_app.accounts.permissions import Actor
from guitara_app.kit.answers import Answer, claim_answer, keep_answer
from guitara_app.kit.database import run
from guitara_app.kit.threads import in_thread

_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        max_length=100,
        pattern=r"^[!-~]+$",
        description="Any text of your own, new for each new request. Sent again with the same body within a day, the"
        " request is not carried out again and gets the same answer; a refused request may be sent again.",
        examples=["b3c9a3a6-3f0c-4c56-9d7e-2f6d7a1f3b11"],
    ),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What tells a request from another; ``key`` is empty when the caller gave none."""

    key: str
    fingerprint: str


async def _asked(request: Request, key: _Key = None) -> Asked:
    body = await request.body()
    try:
        said = json.dumps(json.loads(body), sort_keys=True) if body else ""
    except ValueError:
        said = ""  # refused as unreadable before anybody looks at this
    whole = f"{request.method} {request.scope['path']}\n{said}"
    return Asked(key or "", hashlib.sha256(whole.encode()).hexdigest())


Once = Annotated[Asked, Depends(_asked)]


async def carry_out(actor: Actor, asked: Asked, work: Callable[[Session], BaseModel], *, made_at: str = "") -> Response:
    """Call ``work`` in a transaction of its own and answer with what it gives; the answer is kept in the same one.

    ``made_at`` is the list that what was made belongs to; without it nothing is made.
    """

    def once(session: Session) -> tuple[Answer, bool]:
        person_id = actor.person_id or 0
        if asked.key and (kept := claim_answer(session, person_id, asked.key, asked.fingerprint)):
            return kept, True
        answer = Answer(201 if made_at else 200, work(session).model_dump_json(by_alias=True))
        if asked.key:
            keep_answer(session, person_id, asked.key, answer)
        return answer, False

    answer, again = await in_thread(run, once)
    headers = {"idempotency-replayed": "true"} if again else {}
    if made_at:
        headers["location"] = f"/api/v1{made_at}/{json.loads(answer.body)['id']}"
    return Response(answer.body, answer.status, headers=headers, media_type="application/json")
