"""Shifts: who can be offered work this evening, who is on shift now, and who has come."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.parts import link, skeleton
from guitara_app.components.preview import preview_dialog
from guitara_app.live import ShiftsLive
from guitara_app.pages.shell import IS_MANAGER, Who, desk_title, shell
from guitara_app.pages.shifts.rows import shift_row
from guitara_app.pages.shifts.sick import sick_dialog
from guitara_app.pages.shifts.state import EveningChoice, ShiftsState
from guitara_app.pages.shifts.time_off import TimeOffState, requests


@rx.page(route="/shifts", title="Shifts · Guitara", on_load=[Who.load, ShiftsState.load])
def shifts_page() -> rx.Component:
    """The hours of one evening."""
    return shell(
        rx.el.div(
            rx.cond(ShiftsLive.loaded & (ShiftsLive.asked.length() > 0), requests()),
            rx.el.section(
                rx.el.div(
                    rx.el.label("Evening", html_for="shifts-evening", class_name="unseen"),
                    rx.el.select(
                        rx.foreach(ShiftsState.evenings, _evening),
                        id="shifts-evening",
                        value=ShiftsState.evening,
                        on_change=ShiftsState.choose,
                        class_name="input shifts-evening",
                    ),
                    rx.cond(
                        ShiftsLive.loaded & (ShiftsLive.holiday != ""),
                        rx.el.span(
                            rx.icon("party_popper", size=14), rx.el.span(ShiftsLive.holiday), class_name="holiday"
                        ),
                    ),
                    rx.cond(
                        ShiftsLive.loaded & ShiftsLive.tonight,
                        _now(),
                        rx.el.span("An end before the start is past midnight.", class_name="mute only-desk"),
                    ),
                    class_name="panel-head shifts-head",
                ),
                rx.cond(
                    ShiftsLive.loaded,
                    rx.el.ul(rx.foreach(ShiftsLive.shifts, shift_row), class_name="panel-body"),
                    skeleton(10),
                ),
                class_name="panel shifts-panel",
                aria_label="Shifts",
            ),
            class_name="shifts",
        ),
        sick_dialog(),
        preview_dialog(preview=ShiftsState.preview, on_yes=ShiftsState.go_on),
        preview_dialog(preview=TimeOffState.preview, on_yes=TimeOffState.go_on),
        here="/shifts",
        actions=rx.el.span(
            link("Team hours", to="/team", class_name="button button-small"),
            rx.cond(IS_MANAGER, link("Holidays", to="/holidays", class_name="button button-small")),
            class_name="acts",
        ),
        title=desk_title("Shifts", ShiftsLive.evening),
    )


def _evening(choice: rx.vars.ObjectVar[EveningChoice]) -> rx.Component:
    return rx.el.option(choice["label"], value=choice["value"])


def _now() -> rx.Component:
    figures = ShiftsLive.on_now
    return rx.fragment(
        rx.el.p(
            "On shift now: ",
            rx.el.b(figures["therapists"], class_name="num"),
            " therapists, ",
            rx.el.b(figures["drivers"], class_name="num"),
            " drivers",
            rx.cond(
                figures["missing"] > 0,
                rx.el.span(figures["missing"], " not here", class_name="late and num"),
            ),
            role="status",
            class_name="shifts-now",
        ),
        rx.el.div(
            _filter("all", "All"),
            _filter("now", "On shift"),
            _filter("missing", "Not here"),
            _filter("off", "Off"),
            class_name="acts",
            role="group",
            aria_label="Show",
        ),
    )


def _filter(shown: str, word: str) -> rx.Component:
    return rx.el.button(
        word,
        type="button",
        aria_pressed=ShiftsState.shown == shown,
        on_click=ShiftsState.only(shown),
        class_name="button button-small",
    )
