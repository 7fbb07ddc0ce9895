"""Where a firm begins, and where somebody new does. Neither holds any state: what is typed stays in the browser."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.setup import invitation_form, setup_form


@rx.page(route="/setup", title="Set up · Guitara")
def setup_page() -> rx.Component:
    """One form for everything a firm needs on its first evening."""
    return rx.el.main(
        rx.el.header(
            rx.el.h1("Welcome to Guitara"),
            rx.el.p(
                "Say who you are and what you offer; everything can be changed later. "
                "What you type stays in this browser until you open the firm.",
                class_name="mute",
            ),
            class_name="setup-head",
        ),
        setup_form(class_name="setup-form"),
        class_name="setup",
    )


@rx.page(route="/invite", title="Your invitation · Guitara")
def invitation_page() -> rx.Component:
    """The password somebody new chooses."""
    return rx.el.main(
        rx.el.section(
            rx.el.h1("Guitara", class_name="login-title"),
            invitation_form(class_name="login-form"),
            class_name="login-panel",
        ),
        class_name="login",
    )
