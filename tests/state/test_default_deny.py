"""Nothing that a browser can reach lacks a declared permission, and the declaration is what decides."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

import annotated_types
import pytest
from fastapi.routing import APIRoute
from hypothesis import find
from hypothesis.strategies import from_regex
from pydantic import BaseModel
from reflex.app import App
from reflex_base.registry import RegistrationContext
from starlette.routing import Mount, Route

from guitara_app.accounts.permissions import Permission, Role, allowed
from guitara_app.api.app import outer_routes
from guitara_app.api.v1 import api
from guitara_app.pages.access import (
    ARGUMENTS_MARK,
    BROKEN,
    GARBAGE,
    NOT_ALLOWED,
    PUBLIC,
    REFLEX_INTERNALS,
    Public,
    access_of,
)
from tests.state.conftest import OpenBrowser

EVERYBODY = (None, *Role)

# Routes that need no session, and why.
PUBLIC_ROUTES = {
    "/": "leads to the right page or to the sign-in",
    "/auth/login": "the sign-in itself",
    "/auth/logout": "ends whatever session there is",
    "/auth/password": "asks for the session and the present password itself",
    "/auth/setup": "says whether the firm is founded, and founds it as long as nobody has an account",
    "/auth/invitation": "asks for the invitation's secret itself",
    "/auth/invitation/accept": "asks for the invitation's secret itself",
    "/calendar/{token}.ics": "asks for the address's own secret itself, which calendar programs have nothing besides",
    "/health": "names parts, and whether they are well",
    "/health/": "the same",
    "/metrics": "asks for this machine or for the token itself",
    "/admin": "leads to the console, whose wall asks everybody",
    "/api": "says that nothing is here",
    "/api/{path:path}": "the same",
}
FILES = {"/workload.csv", "/workload.xlsx"}
EXCHANGE = {"/import/file/{subject}", "/import/{import_id:int}/refused.csv"}
EXCHANGE |= {f"/export/{subject}.{form}" for subject in ("clients", "services", "staff") for form in ("csv", "xlsx")}
RECEIPTS = {"/receipts/visit/{appointment_id:int}", "/receipts/{receipt_id:int}"}
PUBLIC_IN_API = {
    "POST /session": "the sign-in itself",
    "GET /openapi.json": "what the API can do, the same for everybody",
    "GET /problems/{kind}": "what a refusal means",
}
PUBLIC_IN_REFLEX = {
    "/_event": "the socket; each of its events is checked",
    "/ping": "answers pong",
    "/_health": "Reflex's own word on its Redis",
    "/admin": "the console; a wall of its own stands in front of all of it (tests/integration/admin/test_wall.py)",
}


@pytest.fixture
def handlers(app: App) -> dict[str, Any]:
    """Every handler a browser can name."""
    return {name: found.handler.fn for name, found in RegistrationContext.get().event_handlers.items()}


def ours(handlers: dict[str, Any]) -> dict[str, Any]:
    return {name: handler for name, handler in handlers.items() if access_of(handler) is not None}


def test_every_handler_declares_who_may_call_it(handlers: dict[str, Any]) -> None:
    bare = {name for name, handler in handlers.items() if access_of(handler) is None and name not in REFLEX_INTERNALS}
    # Reflex gives each state a ``setvar``; it carries no mark, so the wall stops it (see below).
    assert {name for name in bare if not name.endswith(".setvar")} == set()
    assert len(ours(handlers)) > 10


def test_listed_internals_exist(handlers: dict[str, Any]) -> None:
    assert set(REFLEX_INTERNALS) <= set(handlers)


def test_handlers_without_a_mark_never_run(handlers: dict[str, Any], browser: OpenBrowser) -> None:
    admin = browser(Role.ADMIN)
    bare = [name for name in handlers if name.endswith(".setvar")]
    assert bare
    for name in bare:
        told = admin.call(name, {"var_name": "is_hydrated", "value": True})
        assert told.says(NOT_ALLOWED), name


def calls() -> Iterator[tuple[str, Permission | Public]]:
    import guitara_app.guitara_app  # noqa: F401

    for name, found in RegistrationContext.get().event_handlers.items():
        access = access_of(found.handler.fn)
        if access is not None:
            yield name, access


@pytest.mark.parametrize(
    ("name", "access"), [pytest.param(*call, id=call[0].rpartition("____")[2]) for call in calls()]
)
def test_the_permission_table_decides(
    name: str, access: Permission | Public, handlers: dict[str, Any], browser: OpenBrowser
) -> None:
    arguments = getattr(handlers[name], ARGUMENTS_MARK)
    for role in EVERYBODY:
        may = access is PUBLIC or (isinstance(access, Permission) and allowed(role, access))
        tab = browser(role)
        for payload in (fitting(arguments), *garbage(arguments)):
            told = tab.call(name, payload)
            what = f"{name} by {role} with {payload}"
            if role is None and not may:
                assert told.leads_to("/login?next=%2Fboard"), what
            assert told.says(NOT_ALLOWED) is (role is not None and not may), what
            assert told.says(GARBAGE) is (may and payload != fitting(arguments)), what
            assert not told.says(BROKEN), what
            if not may:
                assert told.values.keys() <= REFLEX_SENDS, what


# What Reflex itself tells every browser about its own connection and page.
REFLEX_SENDS = {
    *("is_hydrated", "rx_router_headers", "rx_router_page", "rx_router_session", "rx_router_url"),
    *("rx_router_route_id", "router"),
}


def garbage(arguments: type[BaseModel]) -> Iterator[dict[str, Any]]:
    """Payloads that fit no handler, or not this one."""
    yield {**fitting(arguments), "smuggled": 1}
    for name in arguments.model_fields:
        for wrong in ([{"$ne": None}], "x" * 200_000, None):
            yield {**fitting(arguments), name: wrong}
    if any(field.is_required() for field in arguments.model_fields.values()):
        yield {}


def fitting(arguments: type[BaseModel]) -> dict[str, Any]:
    """The least payload that can be parsed."""
    return {
        name: _fitting(field.annotation, field.metadata)
        for name, field in arguments.model_fields.items()
        if field.is_required()
    }


@cache
def _matching(pattern: str) -> str:
    return str(find(from_regex(pattern, fullmatch=True), lambda _: True))


def _fitting(annotation: Any, metadata: list[Any]) -> Any:
    if typing.get_origin(annotation) is Annotated:
        annotation, *metadata = typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return fitting(annotation)
    if isinstance(annotation, types.UnionType):
        return None if type(None) in typing.get_args(annotation) else _fitting(typing.get_args(annotation)[0], [])
    pattern = next((rule.pattern for rule in metadata if getattr(rule, "pattern", None)), None)
    if pattern:
        return _matching(pattern)
    least = next((rule.ge for rule in metadata if isinstance(rule, annotated_types.Ge)), 1)
    plain = {int: least, float: least, bool: False, str: "x", dict: {}, list: []}
    times = {date: "2026-11-23", time: "21:30", Decimal: "500"}
    return (plain | times)[typing.get_origin(annotation) or annotation]


def test_every_route_asks_for_a_session_or_says_why_not(app: App) -> None:
    outer = [route for route in outer_routes() if isinstance(route, Route)]
    mounts = [route.path for route in outer_routes() if isinstance(route, Mount)]
    marked = {route.path for route in outer if isinstance(access_of(route.endpoint), Permission)}
    assert marked == {
        "/sheet",
        "/sheet.csv",
        "/auth/invitation/make",
        "/auth/people",
        "/auth/calendar",
        "/clients/{client_id:int}/everything.json",
        "/workload.csv",
        "/workload.xlsx",
        "/audit.csv",
        "/audit.xlsx",
        *RECEIPTS,
        *EXCHANGE,
    }
    assert {route.path for route in outer} - marked == set(PUBLIC_ROUTES)
    assert mounts == ["/api/v1"]
    assert app._api is not None
    assert {route.path for route in app._api.routes if isinstance(route, Route | Mount)} == set(PUBLIC_IN_REFLEX)


def test_every_api_route_declares_a_permission() -> None:
    assert api.openapi_url is None
    public: set[str] = set()
    for route in api.routes:
        assert isinstance(route, APIRoute)
        marks = [getattr(found.call, "__guitara_access__", None) for found in route.dependant.dependencies]
        if "public" in marks:
            public |= {f"{method} {route.path}" for method in route.methods}
        else:
            assert any(isinstance(mark, Permission) for mark in marks), route.path
    assert public == set(PUBLIC_IN_API)


def test_reflexs_own_upload_is_not_there(app: App) -> None:
    assert app._api is not None
    assert not any("_upload" in getattr(route, "path", "") for route in app._api.routes)
