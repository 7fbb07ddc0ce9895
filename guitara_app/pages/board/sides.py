"""The drivers on shift."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.views import DriverRow
from guitara_app.components.ago import ago
from guitara_app.components.flash import flash
from guitara_app.components.late import line_begins
from guitara_app.components.parts import link, panel
from guitara_app.components.words import state_tag
from guitara_app.live import DeskLive


def drivers() -> rx.Component:
    """Drivers on shift, the queue of free ones first."""
    return panel(
        "Drivers",
        rx.el.div(
            rx.cond(
                DeskLive.drivers.length() > 0,
                rx.el.ol(rx.foreach(DeskLive.drivers, _driver)),
                rx.el.p("No driver is on shift now.", class_name="empty"),
            ),
            class_name="panel-body",
        ),
        aside=link(DeskLive.drivers.length(), " on shift", to="/drivers", class_name="link"),
        class_name="drivers",
    )


def _driver(row: rx.vars.ObjectVar[DriverRow], index: rx.vars.NumberVar[int]) -> rx.Component:
    free = row["status"] == "free"
    return rx.el.li(
        flash(
            rx.el.span(rx.cond(free, index + 1, ""), class_name="mute num"),
            rx.el.span(
                rx.el.b(row["name"], class_name="cut"),
                rx.el.span(
                    row["detail"],
                    rx.cond(free, ago(iso=row["since"], kind="since", before="free ", class_name="and"), ""),
                    class_name="mute",
                ),
                class_name="driver-what",
            ),
            rx.el.span(
                state_tag(row["status"]),
                rx.cond(row["due_at"], ago(iso=row["due_at"], kind="left", class_name="mute nowrap"), ""),
                class_name="driver-status",
            ),
            of=f"{row['status']}{row['detail']}",
            begins=line_begins(index, top=280, height=36),
            class_name="item driver",
        ),
        key=row["id"],
    )
