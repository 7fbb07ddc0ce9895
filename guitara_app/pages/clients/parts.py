"""What happened with the client: visits and changes of the card."""

from __future__ import annotations

import reflex as rx

from guitara_app.clients.views import ChangeRow, VisitRow
from guitara_app.components.parts import link, panel
from guitara_app.components.words import state_tag
from guitara_app.live import ClientLive
from guitara_app.pages.clients.state import ClientState

_shown_older = ClientState.older_of == ClientLive.client["visits"]


def history() -> rx.Component:
    """Every visit, newest first, as far back as asked for."""
    shown = ClientLive.history.length() + rx.cond(_shown_older, ClientState.older.length(), 0)
    return panel(
        "Visits",
        rx.cond(
            ClientLive.history.length() > 0,
            rx.el.ul(
                rx.foreach(ClientLive.history, _visit),
                rx.cond(_shown_older, rx.foreach(ClientState.older, _visit)),
            ),
            rx.el.p("No visit yet.", class_name="empty"),
        ),
        rx.cond(
            shown < ClientLive.client["visits"],
            rx.el.div(
                rx.el.button(
                    "Show older visits",
                    type="button",
                    on_click=ClientState.show_older(ClientLive.history[-1]["after"], ClientLive.client["visits"]),
                    class_name="button button-small",
                ),
                class_name="list-more",
            ),
        ),
        aside=ClientLive.client["visits"].to_string(),
    )


def _visit(visit: rx.vars.ObjectVar[VisitRow]) -> rx.Component:
    return rx.el.li(
        link(
            rx.el.span(
                rx.el.b(visit["when"], class_name="num nowrap"),
                state_tag(visit["state"]),
                class_name="row",
            ),
            rx.el.span(
                visit["services"],
                rx.cond(visit["therapists"], rx.el.span(visit["therapists"], class_name="and")),
                rx.el.span(visit["price"], class_name="and num"),
            ),
            rx.el.span(visit["place"], class_name="mute cut"),
            to=f"/appointments/{visit['id']}",
            class_name="item",
        ),
        key=visit["id"],
    )


def changes() -> rx.Component:
    """Who changed the card, and when."""
    return rx.cond(
        ClientLive.changes.length() > 0,
        panel("Changes of the card", rx.el.ol(rx.foreach(ClientLive.changes, _change))),
    )


def _change(change: rx.vars.ObjectVar[ChangeRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.b(change["what"]), rx.el.span(change["when"], class_name="mute num nowrap"), class_name="row"),
        rx.el.span(change["who"], class_name="mute"),
        class_name="item",
        key=change["id"],
    )
