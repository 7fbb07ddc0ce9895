"""One person of an evening: on shift or not, the hours, why they are so, and whether they have come."""

from __future__ import annotations

import reflex as rx

from guitara_app.availability.views import ShiftRow
from guitara_app.components.parts import link
from guitara_app.components.words import role_word
from guitara_app.live import ShiftsLive
from guitara_app.pages.shifts.sick import sick_button
from guitara_app.pages.shifts.state import ShiftsState

ShiftVar = rx.vars.ObjectVar[ShiftRow]

_STATES = {
    "now": ("on shift", "session"),
    "break": ("break", "pending"),
    "later": ("later", "ready"),
    "planned": ("planned", "ready"),
    "over": ("over", "done"),
    "off": ("off", "done"),
}


def shift_row(shift: ShiftVar) -> rx.Component:
    """The row. Its key changes with the hours, so that a change from elsewhere puts new inputs in their place."""
    return rx.el.li(
        rx.el.span(
            rx.match(shift["state"], *((state, word) for state, (word, _) in _STATES.items()), shift["state"]),
            class_name="tag",
            data_tone=rx.match(shift["state"], *((state, tone) for state, (_, tone) in _STATES.items()), "done"),
        ),
        rx.el.span(
            link(shift["name"], to=f"/shifts/{shift['person_id']}", class_name="shift-name"),
            rx.el.span(role_word(shift["role"]), class_name="mute"),
            class_name="shift-who cut",
        ),
        _facts(shift),
        _form(shift),
        rx.cond(ShiftsLive.tonight, _presence(shift), rx.el.span(class_name="shift-presence")),
        class_name="item shift",
        data_shift=shift["name"],
        data_state=shift["state"],
        hidden=_hidden(shift),
        key=f"{ShiftsLive.scope} {shift['person_id']} {shift['starts']} {shift['ends']} {shift['source']}",
    )


def is_working(shift: ShiftVar) -> rx.Var[bool]:
    """On shift at this moment, on a break or not."""
    return (shift["state"] == "now") | (shift["state"] == "break")


def _hidden(shift: ShiftVar) -> rx.Var[bool]:
    shown = ShiftsState.shown
    return (
        ((shown == "now") & ~is_working(shift))
        | ((shown == "missing") & ~(is_working(shift) & ((shift["came"] == "") | (shift["left"] != ""))))
        | ((shown == "off") & (shift["state"] != "off"))
    )


def _facts(shift: ShiftVar) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(shift["hours"], rx.el.span(shift["hours"], class_name="num"), rx.el.span("not working")),
            rx.cond(shift["source"] == "by_hand", rx.el.span("by hand", class_name="mute and")),
        ),
        rx.cond(shift["note"], rx.el.div(shift["note"], class_name="mute cut")),
        rx.foreach(
            shift["outside"],
            lambda job: rx.el.div(
                rx.icon("triangle_alert", size=13), rx.el.span("outside: ", job), class_name="shift-outside", key=job
            ),
        ),
        class_name="shift-facts",
    )


def _form(shift: ShiftVar) -> rx.Component:
    return rx.el.form(
        rx.el.input(type="hidden", name="person_id", value=shift["person_id"]),
        _clock(shift, "starts", "from"),
        rx.el.span("to", class_name="mute"),
        _clock(shift, "ends", "to"),
        rx.el.button("Set", type="submit", class_name="button button-small"),
        rx.cond(
            shift["source"] == "by_hand",
            rx.el.button(
                "Usual",
                type="button",
                title="Back to the usual hours",
                on_click=ShiftsState.usual(shift["person_id"]),
                class_name="button button-small button-quiet",
            ),
            rx.el.span(class_name="shift-usual only-desk"),
        ),
        rx.el.p(
            rx.cond(ShiftsState.problem_of == shift["person_id"], ShiftsState.problem, ""),
            class_name="field-problem",
            role="alert",
        ),
        on_submit=ShiftsState.keep,
        class_name="shift-hours",
    )


def _clock(shift: ShiftVar, name: str, word: str) -> rx.Component:
    return rx.el.input(
        name=name,
        default_value=shift[name],
        placeholder="off",
        max_length=20,
        auto_complete="off",
        aria_label=f"{shift['name']} {word}",
        class_name="input num",
    )


def _presence(shift: ShiftVar) -> rx.Component:
    return rx.el.div(
        rx.cond(
            shift["came"],
            rx.fragment(
                rx.el.span(
                    "in ",
                    rx.el.b(shift["came"]),
                    rx.cond(shift["left"], f", out {shift['left']}", ""),
                    class_name="num",
                ),
                rx.cond(
                    shift["left"],
                    _button("Back in", "check in again", ShiftsState.check_in, shift),
                    _button("Check out", "check out", ShiftsState.check_out, shift),
                ),
            ),
            rx.fragment(
                rx.cond(is_working(shift), rx.el.span("not here", class_name="late"), rx.el.span()),
                _button("Check in", "check in", ShiftsState.check_in, shift),
            ),
        ),
        rx.cond(is_working(shift), sick_button(shift["person_id"], shift["name"])),
        class_name="shift-presence",
    )


def _button(word: str, what: str, handler: rx.EventHandler, shift: ShiftVar) -> rx.Component:
    return rx.el.button(
        word,
        type="button",
        on_click=handler(shift["person_id"]),
        aria_label=f"{shift['name']}: {what}",
        class_name="button button-small",
    )
