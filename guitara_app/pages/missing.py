"""What an address shows that no page has."""

from __future__ import annotations

import reflex as rx


@rx.page(route="404", title="No such page · Guitara")
def missing_page() -> rx.Component:
    """A sentence and the way back."""
    return rx.el.main(
        rx.el.section(
            rx.el.h1("There is no such page", class_name="login-title"),
            rx.el.p("The address may be mistyped, or the page has moved.", class_name="login-subtitle"),
            # A whole load: the server knows where somebody's work is.
            rx.el.a("Go to the start", href="/", class_name="button button-primary login-button"),
            class_name="login-panel",
        ),
        class_name="login",
    )
