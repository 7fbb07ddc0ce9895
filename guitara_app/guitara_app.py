"""Assembles the application: pages, the routes around them, and what runs beside them. Nothing else lives here."""

from __future__ import annotations

import reflex as rx

from guitara_app import live, pages
from guitara_app.accounts.recognition import recognise
from guitara_app.admin import console
from guitara_app.api.app import transformers
from guitara_app.api.origin import accepts_socket
from guitara_app.api.socket import take_only_browsers_events
from guitara_app.components.frame import app_wraps, head_components, toaster
from guitara_app.kit import doors, garbage, logs, outbox
from guitara_app.monitoring.sampler import Sampler
from guitara_app.pages.access import DefaultDeny, browser_broke, session_token, unforeseen
from guitara_app.pages.measuring import measure_events
from guitara_app.pages.opening import open_pages_in_one_event
from workers.waking import wake

logs.configure()
doors.usually(doors.Door.PAGE)
outbox.on_commit(wake)
pages.register()

app = rx.App(
    stylesheets=["/styles"],
    app_wraps=app_wraps(),
    head_components=head_components(),
    toaster=toaster(),
    admin_dash=console(),
    api_transformer=transformers(),
    backend_exception_handler=unforeseen,
    frontend_exception_handler=browser_broke,
    html_lang="en",
)
app.add_middleware(DefaultDeny())
open_pages_in_one_event()
live.install(app, lambda headers: recognise(session_token(headers)))
app.register_lifespan_task(measure_events)
app.register_lifespan_task(outbox.finish_beside)
app.register_lifespan_task(Sampler().run)
app.register_lifespan_task(garbage.settle)
if app.sio is not None:
    app.sio.eio.cors_allowed_origins = accepts_socket
    take_only_browsers_events(app.sio)
