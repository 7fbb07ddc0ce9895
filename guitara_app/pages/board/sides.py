"""The two sides of the board: what waits for a decision, and who drives."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.views import AttentionRow, DriverRow
from guitara_app.components.ago import ago
from guitara_app.components.flash import flash
from guitara_app.components.parts import link, panel
from guitara_app.components.words import state_tag
from guitara_app.live import DeskLive


def needs_me_now() -> rx.Component:
    """What waits for a person, worst first."""
    return panel(
        "Needs me now",
        rx.el.div(
            rx.cond(
                DeskLive.attention.length() > 0,
                rx.el.ul(rx.foreach(DeskLive.attention, _attention)),
                rx.el.p("Nothing waits for a decision.", class_name="empty"),
            ),
            class_name="panel-body",
        ),
        aside=DeskLive.attention.length().to_string(),
        class_name="needs",
        aria_live="polite",
    )


def _attention(row: rx.vars.ObjectVar[AttentionRow]) -> rx.Component:
    return rx.el.li(
        flash(
            link(
                rx.el.span(
                    rx.el.b(row["title"]),
                    rx.cond(
                        row["due_at"],
                        ago(iso=row["due_at"], kind="left", class_name="mute nowrap"),
                        ago(iso=row["since"], kind="since", class_name="mute nowrap"),
                    ),
                    class_name="row",
                ),
                rx.el.span(row["detail"], class_name="need-detail"),
                to=f"/appointments/{row['appointment_id']}",
                class_name="item item-link",
            ),
            of=f"{row['title']}{row['detail']}",
            class_name="need",
            data_tone=row["tone"],
            data_kind=row["kind"],
        ),
        key=row["key"],
    )


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
        aside=DeskLive.drivers.length().to_string() + " on shift",
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
            state_tag(row["status"]),
            of=f"{row['status']}{row['detail']}",
            class_name="item driver",
        ),
        key=row["id"],
    )
