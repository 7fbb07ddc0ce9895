"""The panels of the drivers' page."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from guitara_app.appointments.lifecycle import Action
from guitara_app.appointments.road_views import DriverLine, WaitingTrip
from guitara_app.components.ago import ago
from guitara_app.components.flash import flash
from guitara_app.components.parts import panel
from guitara_app.components.words import state_tag
from guitara_app.live import RoadLive
from guitara_app.pages.drivers.out import act, call, visit_link
from guitara_app.pages.drivers.state import DriversState
from guitara_app.pages.presence import online_dot

LineVar = rx.vars.ObjectVar[DriverLine]
TripVar = rx.vars.ObjectVar[WaitingTrip]


def waiting_trips() -> rx.Component:
    """Trips for which nobody drives yet, urgent first, then the oldest."""
    return panel(
        "Waiting for a driver",
        rx.cond(
            RoadLive.trips.length() > 0,
            rx.el.ul(rx.foreach(RoadLive.trips, _trip), class_name="panel-body"),
            rx.el.p("No trip waits for a driver.", class_name="empty"),
        ),
        aside=RoadLive.trips.length().to_string(),
        class_name="road-trips",
    )


def queue() -> rx.Component:
    """Free drivers, whoever is asked next first."""
    return _drivers("Queue", RoadLive.queue, _free, "No driver is free now.", name="queue")


def offers() -> rx.Component:
    """Drivers who have been asked and have not answered."""
    return _drivers("Offers open", RoadLive.offers, _asked, "No offer waits for an answer.", name="offers")


def busy() -> rx.Component:
    """Drivers on a trip, whoever is free first on top."""
    return _drivers("On a trip", RoadLive.busy, _busy, "Nobody is on a trip.", name="busy")


def off_shift() -> rx.Component:
    """Drivers who have gone, or have yet to come."""
    return _drivers("Off shift", RoadLive.off, _off, "Every driver is on shift.", name="off")


def _drivers(
    title: str,
    lines: rx.vars.ArrayVar[list[DriverLine]],
    inside: Callable[[LineVar], rx.Component],
    empty: str,
    *,
    name: str,
) -> rx.Component:
    def line(row: LineVar) -> rx.Component:
        return rx.el.li(
            flash(
                inside(row),
                of=f"{row['status']}{row['what']}{row['place']}",
                class_name="item road-driver",
                data_driver=row["name"],
            ),
            key=row["id"],
        )

    return panel(
        title,
        rx.cond(
            lines.length() > 0,
            rx.el.ol(rx.foreach(lines, line), class_name="panel-body"),
            rx.el.p(empty, class_name="empty"),
        ),
        aside=lines.length().to_string(),
        data_road=name,
    )


def _trip(row: TripVar) -> rx.Component:
    return rx.el.li(
        flash(
            rx.el.div(
                rx.el.b(rx.cond(row["urgent"], "Urgent: ", ""), row["words"]),
                rx.cond(
                    row["late"],
                    ago(iso=row["wanted_at"], kind="since", class_name="late nowrap"),
                    ago(iso=row["wanted_at"], kind="start", class_name="mute nowrap"),
                ),
                class_name="row",
            ),
            rx.el.span(
                rx.cond(row["outbound"], "way there", "way back"),
                rx.el.span(row["asked"], class_name="and"),
                visit_link(row["appointment_id"]),
                class_name="mute",
            ),
            rx.el.div(
                act("Choose", Action.CHOOSE_DRIVER, row["leg_id"], first=True),
                rx.el.button(
                    "Automatic",
                    type="button",
                    title="Ask everybody who is free anew, the longest free first",
                    on_click=DriversState.search(row["search"], row["leg_id"]),
                    class_name="button button-small",
                ),
                call(row["phone"], row["who"]),
                class_name="acts",
            ),
            of=f"{row['words']}{row['asked']}",
            class_name="item road-trip",
            data_leg=row["leg_id"],
            data_urgent=row["urgent"],
        ),
        key=row["leg_id"],
    )


def _free(row: LineVar) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.span(rx.el.span(row["place"], class_name="mute num road-place"), _name(row)),
            ago(iso=row["since"], kind="since", before="free ", class_name="mute nowrap"),
            class_name="row",
        ),
        rx.el.span(row["vehicle"], rx.el.span(row["why"], class_name="and"), class_name="mute"),
        _after(row),
    )


def _asked(row: LineVar) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            _name(row),
            rx.cond(row["due_at"], ago(iso=row["due_at"], kind="left", class_name="mute nowrap")),
            class_name="row",
        ),
        _visit(row),
        _after(row),
    )


def _busy(row: LineVar) -> rx.Component:
    return rx.fragment(
        rx.el.div(
            _name(row),
            rx.el.span(state_tag(row["status"]), rx.el.b("until ", row["until"], class_name="num"), class_name="line"),
            class_name="row",
        ),
        _visit(row),
        _after(row),
    )


def _off(row: LineVar) -> rx.Component:
    return rx.fragment(
        rx.el.div(_name(row), rx.el.span(row["why"], class_name="mute"), class_name="row"),
        _after(row),
    )


def _name(row: LineVar) -> rx.Component:
    return rx.el.span(online_dot(row["id"]), rx.el.b(row["name"]))


def _after(row: LineVar) -> rx.Component:
    return rx.cond(row["then"], rx.el.span(row["then"], class_name="mute"))


def _visit(row: LineVar) -> rx.Component:
    return rx.el.div(
        rx.el.span(row["what"], visit_link(row["appointment_id"])), call(row["phone"], row["name"]), class_name="row"
    )
