"""The list of clients: searched and paged by the server."""

from __future__ import annotations

import reflex as rx

from guitara_app.clients.views import ClientLine
from guitara_app.components.parts import link, skeleton
from guitara_app.pages.clients.listing_state import ClientListState
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/clients", title="Clients · Guitara", on_load=[Who.load, ClientListState.load])
def clients_page() -> rx.Component:
    """Everybody, by name, or those found."""
    return shell(
        rx.el.div(
            rx.el.section(
                rx.el.div(
                    rx.el.label("Find a client", html_for="find-client", class_name="unseen"),
                    rx.el.input(
                        id="find-client",
                        type="search",
                        placeholder="Name, any part of a phone, or e-mail",
                        max_length=200,
                        auto_complete="off",
                        on_change=ClientListState.find.debounce(120),
                        class_name="input accounts-find",
                    ),
                    rx.el.span(ClientListState.told, class_name="mute num", role="status"),
                    class_name="panel-head accounts-head",
                ),
                rx.cond(
                    ClientListState.loaded,
                    rx.el.div(
                        rx.el.ul(rx.foreach(ClientListState.lines, _line)),
                        rx.cond(
                            ClientListState.lines.length() == 0,
                            rx.el.p(
                                "No client matches. Type two letters of a name or three digits.",
                                class_name="empty",
                            ),
                        ),
                        rx.cond(
                            ClientListState.after,
                            rx.el.div(
                                rx.el.button(
                                    "Show more", type="button", on_click=ClientListState.more, class_name="button"
                                ),
                                class_name="list-more",
                            ),
                        ),
                        class_name="panel-body",
                    ),
                    skeleton(12),
                ),
                class_name="panel accounts-panel",
                aria_label="Clients",
            ),
            class_name="accounts",
        ),
        here="/clients",
        title=desk_title("Clients"),
    )


def _line(client: rx.vars.ObjectVar[ClientLine]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.b(client["name"], class_name="cut"),
            rx.el.span(client["phone"], class_name="num nowrap"),
            rx.el.span(client["email"], class_name="mute cut client-line-email"),
            rx.el.span(client["place"], class_name="mute cut client-line-place"),
            rx.el.span(
                rx.cond(client["last_visit"], client["last_visit"], "no visit yet"), class_name="mute num nowrap"
            ),
            to=f"/clients/{client['id']}",
            class_name="item client-line",
        ),
        key=client["id"],
    )
