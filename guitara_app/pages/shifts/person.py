"""Everything that decides when one person can be offered work: usual hours, time off, and what comes of them."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.for_address import for_address
from guitara_app.components.parts import link, panel, skeleton
from guitara_app.components.preview import preview_dialog
from guitara_app.components.words import role_word
from guitara_app.live import HoursLive
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.shifts.hours import evenings, outside, time_off, week
from guitara_app.pages.shifts.person_state import HoursState
from guitara_app.pages.shifts.sick import SickState, sick_button, sick_dialog
from guitara_app.pages.shifts.time_off import TimeOffState, time_off_row

_PERSON = HoursLive.hours


@rx.page(route="/shifts/[number]", title="Hours · Guitara", on_load=[Who.load, HoursState.load, SickState.from_address])
def hours_page() -> rx.Component:
    """One person's hours, live."""
    return shell(
        for_address(
            _hours(),
            rx.el.div(rx.el.section(skeleton(9), class_name="panel"), class_name="shifts", aria_busy=True),
            rx.el.div(
                panel(
                    "No such person",
                    rx.el.p(
                        "There is no therapist or driver of this number. ",
                        link("Back to the shifts", to="/shifts"),
                        class_name="empty",
                    ),
                ),
                class_name="shifts",
            ),
            kind="hours",
            param="number",
            scope=HoursLive.scope,
            loaded=HoursLive.loaded,
            missing=HoursLive.missing,
        ),
        sick_dialog(),
        preview_dialog(preview=HoursState.preview, on_yes=HoursState.go_on),
        preview_dialog(preview=TimeOffState.preview, on_yes=TimeOffState.go_on),
        here="/shifts",
        before=link(rx.icon("arrow_left", size=16), "Shifts", to="/shifts", class_name="button button-small"),
        title=desk_title("Hours"),
    )


def _hours() -> rx.Component:
    return rx.el.div(
        rx.el.header(
            rx.el.h2(_PERSON["name"], class_name="hours-name"),
            rx.el.span(role_word(_PERSON["role"]), class_name="tag"),
            sick_button(_PERSON["id"], _PERSON["name"]),
            class_name="line",
        ),
        outside(),
        rx.el.div(
            week(HoursState, on_save=HoursState.keep_week),
            rx.el.div(
                time_off(HoursState, "Enter time off", time_off_row, on_save=HoursState.enter),
                evenings(),
                class_name="stack hours-side",
            ),
            class_name="hours-columns",
        ),
        class_name="shifts",
    )
