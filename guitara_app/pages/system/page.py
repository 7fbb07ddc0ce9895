"""The system at a glance: what is wrong, then every figure with its target and its line, then what takes what."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.ago import ago
from guitara_app.components.parts import lone_panel, skeleton
from guitara_app.live import SystemLive
from guitara_app.monitoring.measures import GROUPS, KINDS
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.system.parts import alerts, figures, often, parts, processes, small_table
from guitara_app.pages.system.state import SystemState


@rx.page(route="/system", title="System · Guitara", on_load=[Who.load, SystemState.load])
def system_page() -> rx.Component:
    """Live figures and alerts."""
    return shell(
        rx.cond(
            Who.role & (Who.role != "admin"),
            lone_panel("System", "Only admins see how the system is doing."),
            rx.cond(SystemLive.scope == "system", _shown(), _waiting()),
        ),
        here="/system",
        title=desk_title("System"),
    )


def _shown() -> rx.Component:
    return rx.el.div(
        rx.el.div(parts(), _span(), class_name="system-head"),
        alerts(),
        rx.cond(
            SystemLive.measured,
            rx.fragment(
                *(figures(group) for group in GROUPS),
                rx.el.div(
                    processes(),
                    rx.el.div(
                        small_table("Sockets", SystemLive.sockets, "Nobody is connected."),
                        small_table("Waiting tasks", SystemLive.queues, "No queue."),
                        class_name="system-column",
                    ),
                    often("Slow", SystemLive.slow, "Nothing was slow."),
                    often("Repeated queries", SystemLive.repeated, "Nothing asks again and again."),
                    class_name="system-below",
                ),
            ),
            rx.el.section(
                rx.el.p("The first figures come within a few seconds of the start.", class_name="empty"),
                class_name="panel",
            ),
        ),
        class_name="system",
        data_fresh=SystemLive.fresh,
        data_measured=SystemLive.measured,
    )


def _span() -> rx.Component:
    """When it was measured, and how far back the lines go."""

    def choice(words: str, on: bool) -> rx.Component:
        return rx.el.button(
            words,
            type="button",
            on_click=SystemState.show_hour(on),
            aria_pressed=rx.cond(SystemState.hour == on, "true", "false"),
            class_name="button button-small",
        )

    return rx.el.div(
        rx.cond(
            SystemLive.measured & ~SystemLive.fresh,
            rx.el.span("Nothing measured for ", ago(iso=SystemLive.measured), class_name="system-stale", role="status"),
        ),
        choice("10 minutes", False),
        choice("1 hour", True),
        class_name="system-span",
    )


def _waiting() -> rx.Component:
    """Where the figures are about to be, as high as they will be."""

    def group(name: str) -> rx.Component:
        tiles = (rx.el.div(skeleton(3), class_name="figure") for kind in KINDS if kind.group == name)
        return rx.el.section(
            rx.el.div(rx.el.h2(name), class_name="panel-head"),
            rx.el.div(*tiles, class_name="tiles"),
            class_name="panel",
        )

    return rx.el.div(
        rx.el.div(class_name="system-head"),
        rx.el.section(rx.el.div(class_name="system-calm"), class_name="panel"),
        *(group(name) for name in GROUPS),
        class_name="system",
        aria_busy=True,
        aria_label="Loading the system's figures",
    )
