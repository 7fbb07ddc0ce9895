"""The page of a client."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.for_address import for_address
from guitara_app.components.parts import link, lone_panel, outward, panel, waiting_columns
from guitara_app.live import ClientLive
from guitara_app.pages.clients.form import addresses, form
from guitara_app.pages.clients.merging import comparison, suggestions
from guitara_app.pages.clients.parts import changes, history
from guitara_app.pages.clients.state import COMPARISON, ClientState
from guitara_app.pages.shell import Who, desk_title, shell

_client = ClientLive.client


@rx.page(route="/clients/[number]", title="Client · Guitara", on_load=[Who.load, ClientState.load])
def client_page() -> rx.Component:
    """One client, live."""
    return shell(
        for_address(
            rx.cond(_client["moved_to"] > 0, _moved(), _card()),
            waiting_columns("the client"),
            _nothing(),
            kind="client",
            param="number",
            scope=ClientLive.scope,
            loaded=ClientLive.loaded,
            missing=ClientLive.missing,
        ),
        here="/clients",
        before=link(rx.icon("arrow_left", size=16), "Clients", to="/clients", class_name="button button-small"),
        title=desk_title("Client"),
        actions=link(rx.icon("plus", size=16), "Book", to="/board?book=1", class_name="button button-primary"),
    )


def _card() -> rx.Component:
    return rx.el.div(
        rx.el.header(
            rx.el.div(
                rx.el.h2(_client["name"], class_name="visit-when"),
                rx.el.a(
                    rx.icon("phone", size=14), _client["phone"], href=f"tel:{_client['phone']}", class_name="call num"
                ),
                rx.el.span(
                    rx.cond(_client["visits"] == 1, "1 visit", f"{_client['visits']} visits"), class_name="mute num"
                ),
                rx.el.span("client since ", _client["since"], class_name="mute"),
                class_name="line",
            ),
            class_name="visit-head",
        ),
        rx.el.div(comparison(), id=COMPARISON, class_name="comparison"),
        rx.el.div(
            rx.el.div(form(), addresses(), class_name="visit-column"),
            rx.el.div(suggestions(), history(), changes(), _privacy(), class_name="visit-column"),
            class_name="visit-columns",
        ),
        class_name="visit",
    )


def _privacy() -> rx.Component:
    """What a client may ask for, for those who may give it."""
    number = _client["id"]
    return rx.cond(
        Who.role == "admin",
        panel(
            "What they may ask for",
            rx.el.div(
                outward(
                    "Everything known of them",
                    to=f"/clients/{number}/everything.json",
                    class_name="button button-small",
                ),
                outward(
                    "Erase who this is\u2026",
                    to=f"/admin/clients/act/erase?pk={number}",
                    class_name="button button-small",
                ),
                class_name="acts panel-pad",
            ),
        ),
    )


def _moved() -> rx.Component:
    return lone_panel(
        "Merged",
        "This card was merged into ",
        link(_client["name"], to=f"/clients/{_client['moved_to']}", class_name="link"),
        ". Everything it held is there.",
    )


def _nothing() -> rx.Component:
    return lone_panel("No such client", "There is no client of this number. ", link("To the list", to="/clients"))
