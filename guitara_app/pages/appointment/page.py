"""The page of a visit."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.act_dialog import act_dialog
from guitara_app.components.for_address import for_address
from guitara_app.components.parts import link, panel, skeleton
from guitara_app.components.words import state_tag
from guitara_app.live import AppointmentLive
from guitara_app.pages.appointment.parts import acts, client, history, people, summary, trips
from guitara_app.pages.appointment.state import AppointmentState
from guitara_app.pages.booking.change_form import change_button, change_drawer
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/appointments/[number]", title="Visit · Guitara", on_load=[Who.load, AppointmentState.load])
def appointment_page() -> rx.Component:
    """One visit, live."""
    return shell(
        for_address(
            _visit(),
            _waiting(),
            _nothing(),
            kind="appointment",
            param="number",
            scope=AppointmentLive.scope,
            loaded=AppointmentLive.loaded,
            missing=AppointmentLive.missing,
        ),
        change_drawer(),
        act_dialog(
            ask=AppointmentState.ask,
            refused=AppointmentState.refused,
            answered=AppointmentState.answered,
            done=AppointmentState.done,
            on_do=AppointmentState.do,
        ),
        here="/appointments",
        before=link(rx.icon("arrow_left", size=16), "Board", to="/board", class_name="button button-small"),
        title=desk_title("Visit"),
        actions=link(rx.icon("plus", size=16), "Book", to="/board?book=1", class_name="button button-primary"),
    )


def _visit() -> rx.Component:
    return rx.el.div(
        rx.el.header(
            rx.el.div(
                rx.el.h2(AppointmentLive.detail["when"], class_name="visit-when num"),
                rx.el.span(AppointmentLive.detail["evening"], class_name="mute"),
                rx.el.span("#", AppointmentLive.detail["id"], class_name="mute num"),
                state_tag(AppointmentLive.detail["state"]),
                class_name="line",
            ),
            rx.el.div(
                rx.cond(AppointmentLive.detail["can_change"], change_button()),
                acts(AppointmentLive.detail["possible"]),
                class_name="acts",
            ),
            class_name="visit-head",
        ),
        rx.cond(
            AppointmentLive.detail["ending_reason"],
            rx.el.p(rx.el.b("Ended because: "), AppointmentLive.detail["ending_reason"], class_name="visit-ending"),
        ),
        rx.el.div(
            rx.el.div(summary(), people(), trips(), class_name="visit-column"),
            rx.el.div(client(), history(), class_name="visit-column"),
            class_name="visit-columns",
        ),
        class_name="visit",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            *(
                rx.el.div(
                    *(rx.el.section(skeleton(5), class_name="panel") for _ in range(2)), class_name="visit-column"
                )
                for _ in range(2)
            ),
            class_name="visit-columns",
        ),
        class_name="visit",
        aria_busy=True,
        aria_label="Loading the visit",
    )


def _nothing() -> rx.Component:
    return rx.el.div(
        panel(
            "No such visit",
            rx.el.p("There is no visit of this number. ", link("Back to the board", to="/board"), class_name="empty"),
        ),
        class_name="visit",
    )
