"""The form of a wish, in the order of the phone call: who, what, when it could be, with whom."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import (
    draft_check,
    draft_clear,
    draft_evening,
    draft_field,
    draft_save,
    draft_set,
    draft_version,
    draft_when,
)
from guitara_app.live import CatalogLive
from guitara_app.pages.booking.caller import caller, known
from guitara_app.pages.booking.fields import field, group
from guitara_app.pages.booking.parts import services
from guitara_app.pages.booking.views import AddressLine, Choice
from guitara_app.pages.form_sheet import answers, form_sheet, sheet_foot
from guitara_app.pages.waiting.state import NEW, WaitingState

DRAWER = "wish"
_is_new = WaitingState.editing == NEW


def wish_drawer() -> rx.Component:
    """The sheet with the form."""
    return form_sheet(
        WaitingState,
        draft_version(version=WaitingState.version),
        rx.cond(
            _is_new,
            caller(WaitingState, _favourite()),
            group("Client", known(WaitingState, favourite=_favourite())),
        ),
        services(WaitingState),
        _when(),
        _who(),
        _where(),
        name=DRAWER,
        title=[rx.cond(_is_new, "Add to the waiting list", "Change what they wait for")],
        foot=sheet_foot(
            answers(WaitingState),
            acts=[draft_clear("Undo what is typed", class_name="button button-quiet")],
            save=[draft_save()],
        ),
        draft=f"wish-{WaitingState.editing}",
        hotkey="w",
        subject=WaitingState.editing,
        base=WaitingState.base,
        ready=WaitingState.ready,
        choices=CatalogLive.stamp,
        on_draft=WaitingState.consider,
    )


def _favourite() -> rx.Component:
    client = WaitingState.client
    return rx.el.div(
        draft_set(
            "Rather with ",
            client["favourite"],
            patch={"therapist_id": client["favourite_id"].to_string()},
            class_name="button button-small",
        ),
    )


def _when() -> rx.Component:
    def evening(label: str, name: str, fallback: rx.Var[str]) -> rx.Component:
        choices = WaitingState.evenings
        return field(
            WaitingState,
            label,
            name,
            draft_evening(
                name=name, choices=choices, fallback=fallback, last=WaitingState.last_evening, class_name="input"
            ),
        )

    def clock(label: str, name: str) -> rx.Component:
        return field(
            WaitingState,
            label,
            name,
            draft_field(
                name=name,
                placeholder="any time",
                list="wish-quarters",
                max_length=20,
                auto_complete="off",
                class_name="input num",
            ),
        )

    return group(
        "When it could be",
        rx.el.div(
            evening("From", "first_evening", WaitingState.evenings[0]["value"]),
            evening("To", "last_evening", WaitingState.evenings[-1]["value"]),
            clock("Start not before", "earliest"),
            clock("Start not after", "latest"),
            rx.el.datalist(
                rx.foreach(WaitingState.times, lambda quarter: rx.el.option(value=quarter)), id="wish-quarters"
            ),
            class_name="booking-when",
        ),
    )


def _who() -> rx.Component:
    def named(one: rx.vars.ObjectVar[Choice]) -> rx.Component:
        return rx.el.option(one["label"], value=one["value"], key=one["value"])

    return group(
        "Who goes",
        rx.el.div(
            field(
                WaitingState,
                "Rather with",
                "therapist_id",
                draft_field(
                    rx.el.option("Anybody", value=""),
                    rx.foreach(WaitingState.therapists, named),
                    name="therapist_id",
                    element="select",
                    class_name="input",
                ),
            ),
            field(
                WaitingState,
                "How many therapists",
                "people",
                draft_field(
                    *(rx.el.option(str(many), value=str(many)) for many in range(1, 7)),
                    name="people",
                    element="select",
                    fallback="1",
                    class_name="input",
                ),
            ),
            class_name="booking-when",
        ),
        rx.el.div(
            draft_when(
                rx.el.label(draft_check(name="only_therapist"), "With nobody else", class_name="check"),
                name="therapist_id",
            ),
            rx.el.label(draft_check(name="driver_needed", fallback=True), "Driver needed", class_name="check"),
            rx.el.label(draft_check(name="car_needed"), "Needs a car", class_name="check"),
            class_name="line",
        ),
    )


def _where() -> rx.Component:
    def place(address: rx.vars.ObjectVar[AddressLine]) -> rx.Component:
        return rx.el.option(f"{address['line']}, {address['locality']}", value=address["id"].to_string())

    return group(
        "Where, and what else",
        rx.cond(
            WaitingState.addresses.length() > 0,
            field(
                WaitingState,
                "Address",
                "address_line",
                draft_field(
                    rx.el.option("Not known yet", value=""),
                    rx.foreach(WaitingState.addresses, place),
                    name="address_id",
                    element="select",
                    class_name="input",
                    id="draft-address_line",
                ),
            ),
        ),
        field(
            WaitingState,
            "Notes",
            "notes",
            draft_field(name="notes", element="textarea", rows=2, max_length=20000, class_name="input"),
        ),
    )
