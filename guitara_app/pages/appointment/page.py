"""The page of a visit."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.act_dialog import act_dialog
from guitara_app.components.for_address import for_address
from guitara_app.components.parts import link, lone_panel, waiting_columns
from guitara_app.components.words import state_tag
from guitara_app.live import AppointmentLive
from guitara_app.pages.appointment.parts import acts, client, history, payments, people, summary, trips
from guitara_app.pages.appointment.state import AppointmentState
from guitara_app.pages.booking.change_form import change_button, change_drawer
from guitara_app.pages.booking.slots import find_slot_button
from guitara_app.pages.presence import also_looking
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/appointments/[number]", title="Visit · Guitara", on_load=[Who.load, AppointmentState.load])
def appointment_page() -> rx.Component:
    """One visit, live."""
    return shell(
        for_address(
            _visit(),
            waiting_columns("the visit", 5),
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
                rx.cond(
                    AppointmentLive.detail["series"]["id"],
                    rx.el.span(
                        rx.icon("repeat", size=12),
                        "Series",
                        title=AppointmentLive.detail["series"]["words"],
                        class_name="tag",
                        data_tone="done",
                        data_series=AppointmentLive.detail["series"]["id"],
                    ),
                ),
                class_name="line",
            ),
            rx.el.div(
                rx.cond(AppointmentLive.detail["can_change"], rx.fragment(change_button(), find_slot_button())),
                acts(AppointmentLive.detail["possible"]),
                class_name="acts",
            ),
            class_name="visit-head",
        ),
        also_looking(AppointmentLive.scope, Who.person_id),
        rx.cond(
            AppointmentLive.detail["ending_reason"],
            rx.el.p(rx.el.b("Ended because: "), AppointmentLive.detail["ending_reason"], class_name="visit-ending"),
        ),
        rx.el.div(
            rx.el.div(summary(), people(), trips(), class_name="visit-column"),
            rx.el.div(client(), payments(), history(), class_name="visit-column"),
            class_name="visit-columns",
        ),
        class_name="visit",
    )


def _nothing() -> rx.Component:
    return lone_panel("No such visit", "There is no visit of this number. ", link("Back to the board", to="/board"))
