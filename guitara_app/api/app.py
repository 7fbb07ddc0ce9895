"""What stands around Reflex: the routes it does not serve, the wall in front of everything, the cache rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from guitara_app.api.audit import audit_csv, audit_xlsx
from guitara_app.api.auth import home, login, logout, password
from guitara_app.api.calendar import calendar_file, make_calendar
from guitara_app.api.compression import Compressed
from guitara_app.api.dossier import dossier
from guitara_app.api.exchange import FORMS, export, refused, take
from guitara_app.api.frontend import Frontend
from guitara_app.api.gate import Gate
from guitara_app.api.health import Health
from guitara_app.api.measuring import Measured, Named
from guitara_app.api.metrics import Metrics
from guitara_app.api.receipts import show, upload
from guitara_app.api.setup import (
    add_somebody,
    look_at_invitation,
    make_invitation,
    set_up,
    setup_facts,
    take_invitation,
)
from guitara_app.api.sheet import sheet_file, sheet_page
from guitara_app.api.v1 import METHODS, api, nothing_here
from guitara_app.api.workload import workload_csv, workload_xlsx
from guitara_app.exchange.models import Subject
from guitara_app.settings import PROJECT

PAGES = PROJECT / ".web" / "build" / "client"


async def to_console(_request: Request) -> RedirectResponse:
    """The console's own address; who may enter is decided there."""
    return RedirectResponse("/admin/", 307)


def outer_routes() -> list[Route | Mount]:
    """Every route besides Reflex's own."""
    health = Health()
    return [
        Route("/", home, methods=["GET"]),
        Route("/auth/login", login, methods=["POST"]),
        Route("/auth/logout", logout, methods=["POST"]),
        Route("/auth/password", password, methods=["POST"]),
        Route("/auth/setup", setup_facts, methods=["GET"]),
        Route("/auth/setup", set_up, methods=["POST"]),
        Route("/auth/invitation", look_at_invitation, methods=["POST"]),
        Route("/auth/invitation/accept", take_invitation, methods=["POST"]),
        Route("/auth/invitation/make", make_invitation, methods=["POST"]),
        Route("/auth/people", add_somebody, methods=["POST"]),
        Route("/auth/calendar", make_calendar, methods=["POST"]),
        Route("/calendar/{token}.ics", calendar_file, methods=["GET"]),
        Route("/clients/{client_id:int}/everything.json", dossier, methods=["GET"]),
        Route("/sheet", sheet_page, methods=["GET"]),
        Route("/sheet.csv", sheet_file, methods=["GET"]),
        Route("/audit.csv", audit_csv, methods=["GET"]),
        Route("/audit.xlsx", audit_xlsx, methods=["GET"]),
        Route("/import/file/{subject}", take, methods=["POST"]),
        Route("/import/{import_id:int}/refused.csv", refused, methods=["GET"]),
        *(Route(f"/export/{subject}.{form}", export, methods=["GET"]) for subject in Subject for form in FORMS),
        Route("/workload.csv", workload_csv, methods=["GET"]),
        Route("/workload.xlsx", workload_xlsx, methods=["GET"]),
        Route("/health", health.answer, methods=["GET"]),
        Route("/health/", health.answer, methods=["GET"]),
        Route("/metrics", Metrics(health).answer, methods=["GET"]),
        Route("/receipts/visit/{appointment_id:int}", upload, methods=["POST"]),
        Route("/receipts/{receipt_id:int}", show, methods=["GET"]),
        # The console is mounted by Reflex, below its address with a slash.
        Route("/admin", to_console, methods=["GET"]),
        Mount("/api/v1", api),
        # What is asked for below /api is a program's question; it must not fall into the pages.
        Route("/api", nothing_here, methods=METHODS),
        Route("/api/{path:path}", nothing_here, methods=METHODS),
    ]


def transformers(pages: Path = PAGES) -> Sequence[Starlette | Callable[[ASGIApp], ASGIApp]]:
    """For ``rx.App(api_transformer=...)``, innermost first."""
    return (
        Starlette(routes=outer_routes()),
        Named,
        Compressed,
        lambda app: Frontend(app, pages),
        lambda app: Gate(app, pages),
        Measured,
    )
