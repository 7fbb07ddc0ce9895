"""Assembles the application: pages, the routes around them, and what runs beside them. Nothing else lives here."""

from __future__ import annotations

import reflex as rx

from guitara_app import pages
from guitara_app.api.app import transformers
from guitara_app.api.origin import accepts_socket
from guitara_app.kit import logs
from guitara_app.pages.access import DefaultDeny, unforeseen
from guitara_app.settings import PROJECT

logs.configure()
pages.register()

_STYLES = "/styles/guitara.css"

app = rx.App(
    stylesheets=[_STYLES] if (PROJECT / "assets" / _STYLES.lstrip("/")).exists() else [],
    api_transformer=transformers(),
    backend_exception_handler=unforeseen,
    html_lang="en",
)
app.add_middleware(DefaultDeny())
if app.sio is not None:
    app.sio.eio.cors_allowed_origins = accepts_socket
