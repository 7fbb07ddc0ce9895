"""Probable duplicates, and the two beside each other before they are made one."""

from __future__ import annotations

import reflex as rx

from guitara_app.clients.views import DuplicateLine, MergeSide
from guitara_app.components.parts import link, panel
from guitara_app.live import ClientLive
from guitara_app.pages.clients.state import ClientState

_keep = ClientState.preview["keep"]
_gone = ClientState.preview["gone"]


def suggestions() -> rx.Component:
    """Who may be the same person, and why."""
    return rx.cond(
        ClientLive.duplicates.length() > 0,
        panel("Perhaps the same person", rx.el.ul(rx.foreach(ClientLive.duplicates, _suggestion))),
    )


def _suggestion(other: rx.vars.ObjectVar[DuplicateLine]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            link(other["name"], to=f"/clients/{other['id']}", class_name="link"),
            rx.el.span(other["phone"], class_name="num nowrap"),
            class_name="row",
        ),
        rx.el.span(
            rx.el.span(other["because"], class_name="tag", data_tone="pending"),
            rx.el.span(
                rx.cond(other["visits"] == 1, "1 visit", f"{other['visits']} visits"),
                rx.cond(other["place"], rx.el.span(other["place"], class_name="and")),
                class_name="mute cut",
            ),
            class_name="line",
        ),
        rx.el.div(
            rx.el.button(
                "Compare and merge",
                type="button",
                on_click=ClientState.compare(other["id"]),
                class_name="button button-small",
            ),
            class_name="acts",
        ),
        class_name="item",
        key=other["id"],
    )


def comparison() -> rx.Component:
    """The two, what moves, and the choice."""
    return rx.cond(
        _gone["id"] > 0,
        panel(
            "Make one client of two",
            rx.el.div(
                rx.el.div(_side("Stays", _keep), _side("Goes into it", _gone), class_name="merge-sides"),
                rx.el.ul(
                    rx.foreach(ClientState.preview["moves"], _move),
                    class_name="merge-moves",
                    aria_label="What happens",
                ),
                rx.el.p(
                    "Old links and open pages lead to the one that stays. What moved is kept in the log.",
                    class_name="mute",
                ),
                rx.el.div(
                    rx.el.button("Leave", type="button", on_click=ClientState.leave_merging, class_name="button"),
                    rx.el.button(
                        rx.icon("arrow_left_right", size=16),
                        "Keep the other one",
                        type="button",
                        on_click=ClientState.swap,
                        class_name="button",
                    ),
                    rx.el.button(
                        f"Merge into {_keep['name']}",
                        type="button",
                        on_click=ClientState.merge(_keep["id"], _gone["id"]),
                        class_name="button button-primary cut",
                    ),
                    class_name="dialog-acts",
                ),
                class_name="stack panel-pad",
            ),
            class_name="merge",
        ),
    )


def _move(sentence: rx.Var[str]) -> rx.Component:
    return rx.el.li(sentence, key=sentence)


def _side(word: str, side: rx.vars.ObjectVar[MergeSide]) -> rx.Component:
    return rx.el.div(
        rx.el.span(word, class_name="field-label"),
        rx.el.b(side["name"]),
        rx.el.span(side["phones"], class_name="num"),
        rx.cond(side["email"], rx.el.span(side["email"])),
        rx.cond(side["preferences"], rx.el.span(side["preferences"], class_name="client-likes")),
        rx.el.span(
            rx.cond(side["visits"] == 1, "1 visit", f"{side['visits']} visits"),
            rx.cond(side["last_visit"], rx.el.span("last ", side["last_visit"], class_name="and")),
            class_name="mute num",
        ),
        rx.cond(side["notes"], rx.el.span(side["notes"], class_name="mute prewrap")),
        class_name="merge-side",
    )
