"""The description holds: what fits it is understood, what does not is refused, and every answer is as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, CheckContext
from schemathesis.core.failures import Failure
from schemathesis.generation import GenerationMode
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from guitara_app.accounts.permissions import Role
from guitara_app.api.gate import Gate
from guitara_app.api.v1 import api
from guitara_app.api.v1.problems import KINDS, MEDIA_TYPE, Problem
from guitara_app.api.v1.rights import Pace
from tests.integration.api.v1.conftest import House

EXAMPLES = 6
_gated = Gate(Starlette(routes=[Mount("/api/v1", api)]), Path("no pages"))


async def from_here(scope: Scope, receive: Receive, send: Send) -> None:
    """Every request comes from this machine, as the gate wants it of plain http."""
    headers = [(name, b"127.0.0.1" if name == b"host" else value) for name, value in scope.get("headers", [])]
    await _gated({**scope, "client": ("127.0.0.1", 50000), "headers": headers}, receive, send)


described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", from_here)


@schemathesis.check
def what_fits_is_understood(ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> bool | None:
    """Refusing what fits the schema for what it asks is right; not being able to read it is not."""
    fits = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    if fits and response.status_code in (400, 422) and "/problems/unreadable" in response.text:
        title = "Fits the schema, but is unreadable"
        raise Failure(operation=case.operation.label, title=title, message=response.text)
    return None


@schemathesis.check
def a_refusal_is_a_problem(ctx: CheckContext, response: schemathesis.Response, case: schemathesis.Case) -> bool | None:
    """Nothing is refused in any other form."""
    if response.status_code >= 400:
        assert response.headers["content-type"] == [MEDIA_TYPE]
        said = Problem.model_validate(response.json())
        assert said.status == response.status_code
        assert said.type.rpartition("/")[2] in KINDS
        assert re.search(r"[.…]$|json\.$", said.detail), said.detail
    return None


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits."""
    unbounded = Pace(10_000_000)
    monkeypatch.setattr("guitara_app.api.v1.rights.pace", lambda: unbounded)


# What a refusal by the trade's rules is, only the rules know; ``what_fits_is_understood`` stands in for it.
EXCLUDED = [CHECKS.get_one("positive_data_acceptance")]


@pytest.mark.usefixtures("fast")
@described.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_described(case: schemathesis.Case, house: House, tokens: list[str]) -> None:
    # One session for all requests of a test: signing in takes longer than any of them.
    tokens[:] = tokens or [house.token(Role.MANAGER)]
    case.call_and_validate(headers={"Authorization": f"Bearer {tokens[0]}"}, excluded_checks=EXCLUDED)


@pytest.fixture
def tokens() -> list[str]:
    return []
