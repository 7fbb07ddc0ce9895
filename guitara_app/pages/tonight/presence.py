"""Saying that one has come, and that one goes."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.dialog import ask_reason
from guitara_app.live import PersonLive
from guitara_app.pages.tonight.state import TonightState


def presence() -> rx.Component:
    """Since when one is there, with the button for what comes next."""
    return rx.el.div(
        rx.cond(
            PersonLive.left,
            rx.el.span("Checked in ", PersonLive.came, ", out ", PersonLive.left, class_name="mute num"),
            rx.cond(PersonLive.came, _here(), _not_yet()),
        ),
        class_name="presence",
    )


def _here() -> rx.Component:
    return rx.fragment(
        rx.el.span("Checked in ", PersonLive.came, class_name="mute num"),
        ask_reason(
            label="Check out",
            title="Check out for tonight?",
            text="After this only the desk can check you in again.",
            placeholder="Note for the desk",
            needed=False,
            yes="Check out",
            no="Stay",
            on_confirm=lambda _subject, note: TonightState.check_out(note),
            class_name="button button-small",
        ),
    )


def _not_yet() -> rx.Component:
    return rx.fragment(
        rx.el.span("Not checked in yet", class_name="mute"),
        rx.el.button(
            "Check in",
            type="button",
            on_click=TonightState.check_in,
            class_name="button button-small button-primary",
        ),
    )
