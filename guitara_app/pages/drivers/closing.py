"""Closing the evening: nobody is left behind. It refuses nothing; it says who is still out."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.parts import link
from guitara_app.live import RoadLive
from guitara_app.pages.drivers.out import still_out
from guitara_app.pages.drivers.page import loading_road, road_dialog
from guitara_app.pages.drivers.parts import busy, waiting_trips
from guitara_app.pages.drivers.state import DriversState
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/closing", title="Closing · Guitara", on_load=[Who.load, DriversState.load])
def closing_page() -> rx.Component:
    """Whoever is not home yet, of tonight and of the evening before."""
    return shell(
        rx.cond(
            RoadLive.loaded,
            rx.el.div(
                rx.el.div(_verdict(), still_out(), class_name="road-column"),
                rx.el.div(waiting_trips(), busy(), class_name="road-column"),
                class_name="road road-closing",
            ),
            loading_road(),
        ),
        road_dialog(),
        here="/drivers",
        before=link(rx.icon("arrow_left", size=16), "Drivers", to="/drivers", class_name="button button-small"),
        title=desk_title("Closing", RoadLive.evening),
        actions=link(
            rx.icon("notebook_pen", size=16), "Hand-over", to="/board?handover=1", class_name="button only-desk"
        ),
    )


def _verdict() -> rx.Component:
    many = RoadLive.out.length()
    return rx.el.section(
        rx.cond(
            many > 0,
            rx.fragment(
                rx.icon("triangle_alert", size=18),
                rx.el.b(many, rx.cond(many == 1, " therapist is", " therapists are"), " still out."),
                " See each of them home before the last at the desk leaves.",
            ),
            rx.fragment(rx.icon("circle_check", size=18), rx.el.b("Everybody is home."), " The evening can be closed."),
        ),
        class_name="panel road-verdict",
        data_tone=rx.cond(many > 0, "pending", "session"),
        role="status",
    )
