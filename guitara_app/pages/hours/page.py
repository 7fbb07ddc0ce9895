"""When one usually works, on which evenings otherwise, and asking for time off."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.parts import skeleton
from guitara_app.components.preview import preview_dialog
from guitara_app.live import HoursLive
from guitara_app.pages.hours.state import OwnHoursState
from guitara_app.pages.shell import Who, shell
from guitara_app.pages.shifts.hours import evenings, outside, time_off, week
from guitara_app.pages.shifts.time_off import own_time_off_row


@rx.page(route="/hours", title="Your hours \u00b7 Guitara", on_load=[Who.load, OwnHoursState.load])
def own_hours_page() -> rx.Component:
    """The own hours, live."""
    return shell(
        rx.cond(
            HoursLive.loaded & (HoursLive.scope == "hours:" + Who.person_id.to_string()),
            rx.el.div(
                outside(),
                evenings(),
                time_off(
                    OwnHoursState,
                    "Ask for time off",
                    lambda row: own_time_off_row(row, OwnHoursState.take_back),
                    on_save=OwnHoursState.ask,
                ),
                week(OwnHoursState, on_save=OwnHoursState.keep_week),
                class_name="shifts own-hours",
            ),
            rx.el.div(
                rx.el.section(skeleton(7), class_name="panel"),
                class_name="shifts own-hours",
                aria_busy=True,
                aria_label="Loading your hours",
            ),
        ),
        preview_dialog(preview=OwnHoursState.preview, on_yes=OwnHoursState.go_on),
        here="/hours",
        title=rx.el.h1("Your hours"),
    )
