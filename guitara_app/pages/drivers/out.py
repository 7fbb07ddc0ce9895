"""Whoever is still out: where, since when, what comes for them, and what can be done about it."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.road_views import OutRow
from guitara_app.components.ago import ago
from guitara_app.components.flash import flash
from guitara_app.components.parts import link, panel
from guitara_app.live import RoadLive
from guitara_app.pages.drivers.state import DriversState

OutVar = rx.vars.ObjectVar[OutRow]


def still_out(more: rx.Component | None = None) -> rx.Component:
    """The list, longest out first; ``more`` stands beside its title."""
    return panel(
        "Still out",
        rx.cond(
            RoadLive.out.length() > 0,
            rx.el.ul(rx.foreach(RoadLive.out, _out), class_name="panel-body"),
            rx.el.p("Nobody is out: every therapist is back, or has not left yet.", class_name="empty"),
        ),
        aside=rx.fragment(more or rx.fragment(), RoadLive.out.length().to_string()),
        id="still-out",
        class_name="road-out",
    )


def _out(row: OutVar) -> rx.Component:
    lost = (row["trip"] == "no car asked for") | row["trip"].startswith("a car is looked for")
    return rx.el.li(
        flash(
            rx.el.div(
                rx.el.b(row["name"]),
                rx.el.span(
                    row["state"],
                    rx.cond(row["since"], ago(iso=row["since"], kind="since", class_name="and")),
                    class_name="mute nowrap",
                ),
                class_name="row",
            ),
            rx.el.div(
                rx.el.span(row["where"], visit_link(row["appointment_id"])),
                call(row["phone"], row["name"]),
                class_name="row",
            ),
            rx.cond(row["trip"], rx.el.span(row["trip"], class_name=rx.cond(lost, "late", "mute"))),
            rx.el.div(
                rx.cond(row["can_ask"], act("Ask for pick-up", Action.ASK_PICKUP, row["assignment_id"], first=True)),
                rx.cond(row["leg_id"], act("Choose driver", Action.CHOOSE_DRIVER, row["leg_id"], first=True)),
                rx.cond(row["can_home"], act("Got home alone", Action.GOT_HOME, row["assignment_id"])),
                class_name="acts",
            ),
            of=f"{row['state']}{row['trip']}",
            class_name="item",
            data_out=row["person_id"],
        ),
        key=row["person_id"],
    )


def act(label: str, action: str, target: rx.Var[int], *, first: bool = False) -> rx.Component:
    """A button that opens the dialog of an action; ``first`` marks the one thing usually done next."""
    return rx.el.button(
        label,
        type="button",
        on_click=DriversState.begin(action, target),
        class_name=f"button button-small {'button-primary' if first else ''}".strip(),
        data_do=action,
    )


def visit_link(number: rx.Var[int]) -> rx.Component:
    """``· #214``, which opens the visit."""
    return rx.el.span(link(f"#{number}", to=f"/appointments/{number}", class_name="link num"), class_name="and")


def call(phone: rx.Var[str], name: rx.Var[str]) -> rx.Component:
    """A button that dials, when there is a number."""
    return rx.cond(
        phone,
        rx.el.a(
            rx.icon("phone", size=12),
            "Call",
            href=f"tel:{phone}",
            aria_label=f"Call {name}",
            class_name="button button-small",
        ),
    )
