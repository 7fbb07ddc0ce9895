"""Shifts: who can be offered work this evening, and from when to when."""

from __future__ import annotations

import reflex as rx

from guitara_app.availability.views import ShiftRow
from guitara_app.components.parts import skeleton
from guitara_app.components.words import role_word
from guitara_app.live import ShiftsLive
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.shifts.state import EveningChoice, ShiftsState

ShiftVar = rx.vars.ObjectVar[ShiftRow]


@rx.page(route="/shifts", title="Shifts · Guitara", on_load=[Who.load, ShiftsState.load])
def shifts_page() -> rx.Component:
    """The hours of one evening."""
    return shell(
        rx.el.div(
            rx.el.section(
                rx.el.div(
                    rx.el.label("Evening", html_for="shifts-evening", class_name="unseen"),
                    rx.el.select(
                        rx.foreach(ShiftsState.evenings, _evening),
                        id="shifts-evening",
                        value=ShiftsState.evening,
                        on_change=ShiftsState.choose,
                        class_name="input accounts-find",
                    ),
                    rx.el.span("An end before the start is past midnight.", class_name="mute only-desk"),
                    class_name="panel-head accounts-head",
                ),
                rx.cond(
                    ShiftsLive.loaded,
                    rx.el.ul(rx.foreach(ShiftsLive.shifts, _shift), class_name="panel-body"),
                    skeleton(10),
                ),
                class_name="panel accounts-panel",
                aria_label="Shifts",
            ),
            class_name="accounts",
        ),
        here="/shifts",
        title=desk_title("Shifts", ShiftsLive.evening),
    )


def _evening(choice: rx.vars.ObjectVar[EveningChoice]) -> rx.Component:
    return rx.el.option(choice["label"], value=choice["value"])


def _shift(shift: ShiftVar) -> rx.Component:
    # The inputs are the browser's own while somebody types; a change from elsewhere puts new ones in their place.
    return rx.el.li(
        rx.el.b(shift["name"], class_name="cut"),
        rx.el.span(role_word(shift["role"]), class_name="tag"),
        rx.el.form(
            rx.el.input(type="hidden", name="person_id", value=shift["person_id"]),
            _clock(shift, "starts", "from"),
            _clock(shift, "ends", "to"),
            rx.el.button("Set", type="submit", class_name="button button-small"),
            on_submit=ShiftsState.keep,
            class_name="shift-hours",
        ),
        class_name="item shift",
        data_shift=shift["name"],
        key=f"{ShiftsLive.scope} {shift['person_id']} {shift['starts']} {shift['ends']}",
    )


def _clock(shift: ShiftVar, name: str, word: str) -> rx.Component:
    return rx.el.input(
        type="time",
        name=name,
        default_value=shift[name],
        aria_label=f"{shift['name']} {word}",
        class_name="input num",
    )
