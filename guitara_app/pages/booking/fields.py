"""How a field, its label and its problem stand together."""

from __future__ import annotations

import reflex as rx

from guitara_app.pages.booking.state import BookingState


def group(title: str, *inside: rx.Component) -> rx.Component:
    """One step of the phone call."""
    return rx.el.fieldset(rx.el.legend(title), *inside, class_name="booking-group")


def field(label: str, name: str, control: rx.Component, *, slot: str = "") -> rx.Component:
    """A labelled control of the draft field ``name``; its problem is that of ``slot``, else of the same name."""
    return rx.el.div(
        rx.el.label(label, html_for=f"draft-{name}", class_name="field-label"),
        control,
        problem(slot or name),
        class_name="field",
    )


def problem(slot: str) -> rx.Component:
    """Why ``slot`` cannot be saved like this; empty when it can."""
    return rx.el.p(BookingState.problems.get(slot, ""), class_name="field-problem", role="alert", data_problem=slot)
