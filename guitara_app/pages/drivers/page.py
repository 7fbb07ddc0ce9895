"""Driver coordination: what waits for a driver, who is free and in which order, who drives until when."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.act_dialog import act_dialog
from guitara_app.components.parts import link, skeleton
from guitara_app.live import RoadLive
from guitara_app.pages.drivers.out import still_out
from guitara_app.pages.drivers.parts import busy, off_shift, offers, queue, waiting_trips
from guitara_app.pages.drivers.state import DriversState
from guitara_app.pages.shell import Who, desk_title, shell


@rx.page(route="/drivers", title="Drivers · Guitara", on_load=[Who.load, DriversState.load])
def drivers_page() -> rx.Component:
    """Everything about who drives, live."""
    return shell(
        rx.cond(
            RoadLive.loaded,
            rx.el.div(
                rx.el.div(waiting_trips(), still_out(_closing()), class_name="road-column"),
                rx.el.div(queue(), offers(), class_name="road-column"),
                rx.el.div(busy(), off_shift(), class_name="road-column"),
                class_name="road",
            ),
            loading_road(),
        ),
        road_dialog(),
        here="/drivers",
        title=desk_title("Drivers", RoadLive.evening),
    )


def _closing() -> rx.Component:
    return link("Closing the evening", to="/closing", class_name="link")


def loading_road() -> rx.Component:
    """Where the road is about to be."""
    return rx.el.div(
        *(rx.el.section(skeleton(6), class_name="panel") for _ in range(3)),
        class_name="road",
        aria_busy=True,
        aria_label="Loading the drivers",
    )


def road_dialog() -> rx.Component:
    """Asks for what an action of these pages needs."""
    return act_dialog(
        ask=DriversState.ask,
        refused=DriversState.refused,
        answered=DriversState.answered,
        done=DriversState.done,
        on_do=DriversState.do,
    )
