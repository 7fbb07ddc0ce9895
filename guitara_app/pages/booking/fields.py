"""How a field, its label and its problem stand together."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_field
from guitara_app.components.linked import problem
from guitara_app.pages.booking.state import FormState

Form = type[FormState]


def group(title: str, *inside: rx.Component) -> rx.Component:
    """One step of the phone call."""
    return rx.el.fieldset(rx.el.legend(title), *inside, class_name="booking-group")


def field(state: Form, label: str, name: str, control: rx.Component, *, slot: str = "") -> rx.Component:
    """A labelled control of the draft field ``name``; its problem is that of ``slot``, else of the same name."""
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        control,
        problem(state, slot or name),
        class_name="field",
    )


def text_field(name: str, longest: int, mode: str = "text", **more: object) -> rx.Component:
    """One line of text in the draft."""
    return draft_field(name=name, input_mode=mode, max_length=longest, class_name="input", auto_complete="off", **more)
