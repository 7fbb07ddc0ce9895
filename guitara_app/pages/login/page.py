"""A plain form, so that signing in needs nothing but the page itself."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.kept import forget
from guitara_app.components.post_form import post_form
from guitara_app.pages.login.state import LoginState


def _field(label: str, name: str, **props: object) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="field-label"),
        rx.el.input(id=name, name=name, required=True, class_name="input", **props),
        class_name="field",
    )


@rx.page(route="/login", title="Sign in · Guitara", on_load=LoginState.load)
def login_page() -> rx.Component:
    """Name, password, and the reason when they were refused."""
    return rx.el.main(
        forget(),
        rx.el.section(
            rx.el.h1("Guitara", class_name="login-title"),
            rx.el.p(
                rx.cond((LoginState.firm == "") | (LoginState.firm == "Guitara"), "", f"{LoginState.firm} · "),
                "Scheduling and dispatch",
                class_name="login-subtitle",
            ),
            rx.cond(LoginState.problem, rx.el.p(LoginState.problem, role="alert", class_name="login-problem")),
            post_form(
                _field(
                    "User name or e-mail",
                    "username",
                    default_value=LoginState.name,
                    key=LoginState.name,
                    auto_complete="username",
                    auto_capitalize="none",
                    spell_check=False,
                    auto_focus=True,
                    max_length=254,
                ),
                _field("Password", "password", type="password", auto_complete="current-password", max_length=1024),
                rx.el.input(type="hidden", name="next", value=LoginState.wanted, read_only=True),
                rx.el.button("Sign in", type="submit", class_name="button button-primary login-button"),
                action="/auth/login",
                class_name="login-form",
            ),
            class_name="login-panel",
        ),
        class_name="login",
    )
