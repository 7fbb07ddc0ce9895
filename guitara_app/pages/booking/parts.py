"""The parts of the form that a new visit and a changed one share: when, what, how, and what it comes to."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import (
    draft_check,
    draft_clock,
    draft_evening,
    draft_field,
    draft_pick,
    draft_save,
)
from guitara_app.components.linked import linked, problem
from guitara_app.pages.booking.fields import Form, field, group
from guitara_app.pages.booking.views import ServiceLine
from guitara_app.pages.form_sheet import answers, sheet_foot


def when(state: Form, search: rx.Component, *, first: bool = False) -> rx.Component:
    """Evening and start, and the range that comes of it, in the words of evenings; ``search`` finds another."""
    return group(
        "When",
        rx.el.div(
            field(
                state,
                "Evening",
                "evening",
                draft_evening(
                    name="evening",
                    choices=state.evenings,
                    fallback=state.evenings[0]["value"],
                    last=state.last_evening,
                    class_name="input",
                ),
            ),
            field(
                state,
                "Start",
                "start",
                draft_clock(
                    name="start",
                    placeholder="21:30",
                    list="quarter-hours",
                    max_length=20,
                    auto_complete="off",
                    class_name="input num",
                    custom_attrs={"data-first": True} if first else {},
                ),
            ),
            rx.el.div(
                rx.cond(
                    state.sums["starts"],
                    rx.fragment(rx.el.b(state.sums["night"]), " to ", rx.el.b(state.sums["ends"])),
                    rx.el.span("The end follows from the services.", class_name="mute"),
                ),
                class_name="booking-range num",
                role="status",
            ),
            search,
            rx.el.datalist(rx.foreach(state.times, lambda quarter: rx.el.option(value=quarter)), id="quarter-hours"),
            class_name="booking-when",
        ),
    )


def services(state: Form, *more: rx.Component) -> rx.Component:
    """Which services, and ``more`` about them."""

    def chip(service: rx.vars.ObjectVar[ServiceLine]) -> rx.Component:
        return rx.el.label(
            draft_pick(name="service_ids", value=service["id"]),
            rx.el.span(service["name"]),
            rx.el.span(service["facts"], class_name="mute num"),
            class_name="chip",
            key=service["id"],
        )

    return group(
        "Services",
        rx.el.div(rx.foreach(state.services, chip), class_name="chips", role="group", aria_label="Services"),
        problem(state, "service_ids"),
        *more,
    )


def what(state: Form) -> rx.Component:
    """Services, and the length and price they come to."""
    return services(
        state,
        rx.el.div(
            field(state, "Minutes", "minutes", _number("minutes", "numeric", state.sums["minutes"])),
            field(state, "Price in pesos", "price", _number("price", "decimal", state.sums["price"])),
            rx.el.p("Both add up from the services; type to override.", class_name="field-hint"),
            class_name="fields",
        ),
    )


def _number(name: str, mode: str, placeholder: rx.Var[str]) -> rx.Component:
    return draft_field(name=name, placeholder=placeholder, input_mode=mode, max_length=20, class_name="input num")


def more(state: Form) -> rx.Component:
    """The driver, and what else there is to say."""
    return group(
        "Driver and notes",
        rx.el.div(
            rx.el.label(draft_check(name="driver_needed", fallback=True), "Driver needed", class_name="check"),
            rx.el.label(draft_check(name="car_needed"), "Needs a car", class_name="check"),
            class_name="line",
        ),
        problem(state, "driver_needed"),
        problem(state, "car_needed"),
        field(
            state,
            "Notes for this visit",
            "notes",
            draft_field(name="notes", element="textarea", rows=2, max_length=20000, class_name="input"),
        ),
    )


def foot(state: Form, *said: rx.Component, acts: rx.Component) -> rx.Component:
    """What must be known before it is promised, what it comes to, and Save."""
    return sheet_foot(
        answers(state, rx.foreach(state.warnings, _warning)),
        *said,
        acts=[acts],
        save=[
            rx.el.b(
                rx.cond(
                    state.sums["price"],
                    rx.el.span(
                        state.sums["minutes"],
                        " min",
                        rx.el.span("\u20b1", state.sums["price"], class_name="and"),
                    ),
                    "",
                ),
                class_name="num",
            ),
            draft_save(),
        ],
    )


def _warning(words: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.icon("triangle_alert", size=16),
        linked(text=words),
        class_name="booking-warning",
        data_warning=True,
        key=words,
    )
