"""The form, in the order of a phone call: who calls, when, what, who goes, where, anything else."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_check, draft_clear, draft_field, draft_form, draft_pick
from guitara_app.components.drawer import drawer, drawer_button
from guitara_app.live import DeskLive
from guitara_app.pages.booking.caller import caller, place
from guitara_app.pages.booking.fields import field, group, problem
from guitara_app.pages.booking.people import people
from guitara_app.pages.booking.state import BookingState
from guitara_app.pages.booking.views import Choice, ServiceLine
from guitara_app.pages.shell import Who

DRAWER = "book"


def booking_drawer() -> rx.Component:
    """The sheet with the form."""
    return drawer(
        rx.el.div(
            rx.el.h2("Book a visit", id="booking-title"),
            rx.el.span("Esc leaves, the draft stays", class_name="mute only-desk"),
            drawer_button(
                rx.icon("x", size=18),
                name=DRAWER,
                shows=False,
                class_name="button button-quiet button-icon",
                aria_label="Close; the draft stays",
            ),
            class_name="booking-head",
        ),
        draft_form(
            rx.el.div(
                caller(),
                _when(),
                _what(),
                people(),
                place(),
                _more(),
                class_name="booking-body",
            ),
            _foot(),
            name="booking",
            owner=Who.person_id,
            drawer=DRAWER,
            saved=BookingState.saved,
            answered=BookingState.answered,
            ready=BookingState.ready,
            pulse=DeskLive.rows,
            on_draft=BookingState.consider,
            on_save=BookingState.save,
            class_name="booking-form",
        ),
        name=DRAWER,
        hotkey="b",
        class_name="booking",
        custom_attrs={"aria-labelledby": "booking-title"},
    )


def _when() -> rx.Component:
    return group(
        "When",
        rx.el.div(
            field(
                "Evening",
                "evening",
                draft_field(
                    rx.foreach(BookingState.evenings, _option),
                    name="evening",
                    element="select",
                    fallback=BookingState.evenings[0]["value"],
                    class_name="input",
                ),
            ),
            field(
                "Start",
                "start",
                draft_field(
                    name="start",
                    placeholder="21:30",
                    list="quarter-hours",
                    input_mode="text",
                    max_length=20,
                    auto_complete="off",
                    class_name="input num",
                ),
            ),
            rx.el.div(
                rx.cond(
                    BookingState.sums["starts"],
                    rx.fragment(rx.el.b(BookingState.sums["starts"]), " to ", rx.el.b(BookingState.sums["ends"])),
                    rx.el.span("The end follows from the services.", class_name="mute"),
                ),
                class_name="booking-range num",
                role="status",
            ),
            rx.el.datalist(
                rx.foreach(BookingState.times, lambda quarter: rx.el.option(value=quarter)), id="quarter-hours"
            ),
            class_name="booking-when",
        ),
    )


def _option(choice: rx.vars.ObjectVar[Choice]) -> rx.Component:
    return rx.el.option(choice["label"], value=choice["value"], key=choice["value"])


def _what() -> rx.Component:
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
        rx.el.div(rx.foreach(BookingState.services, chip), class_name="chips", role="group", aria_label="Services"),
        problem("service_ids"),
        rx.el.div(
            field(
                "Minutes",
                "minutes",
                draft_field(
                    name="minutes",
                    placeholder=BookingState.sums["minutes"],
                    input_mode="numeric",
                    max_length=10,
                    class_name="input num",
                ),
            ),
            field(
                "Price in pesos",
                "price",
                draft_field(
                    name="price",
                    placeholder=BookingState.sums["price"],
                    input_mode="decimal",
                    max_length=20,
                    class_name="input num",
                ),
            ),
            rx.el.p("Both add up from the services; type to override.", class_name="field-hint"),
            class_name="fields",
        ),
    )


def _more() -> rx.Component:
    return group(
        "Driver and notes",
        rx.el.div(
            rx.el.label(draft_check(name="driver_needed", fallback=True), "Driver needed", class_name="check"),
            rx.el.label(draft_check(name="car_needed"), "Needs a car", class_name="check"),
            class_name="line",
        ),
        problem("driver_needed"),
        problem("car_needed"),
        field(
            "Notes for this visit",
            "notes",
            draft_field(name="notes", element="textarea", rows=2, max_length=20000, class_name="input"),
        ),
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            problem("form"),
            rx.foreach(BookingState.warnings, lambda words: rx.el.p(words, class_name="booking-warning")),
            aria_live="polite",
        ),
        rx.el.div(
            draft_clear("Empty the form", class_name="button button-quiet"),
            rx.el.span(class_name="top-space"),
            rx.el.b(
                rx.cond(
                    BookingState.sums["price"],
                    rx.el.span(
                        BookingState.sums["minutes"],
                        " min",
                        rx.el.span("\u20b1", BookingState.sums["price"], class_name="and"),
                    ),
                    "",
                ),
                class_name="num",
            ),
            rx.el.button(
                "Save",
                rx.el.kbd("Ctrl \u21b5", class_name="kbd only-desk"),
                type="submit",
                class_name="button button-primary",
            ),
            class_name="booking-foot-line",
        ),
        class_name="booking-foot",
    )
