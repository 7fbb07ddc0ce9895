"""The panels of a visit's page."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.views import HistoryRow, LegRow, Place, Possible
from guitara_app.components.ago import ago
from guitara_app.components.flash import flash
from guitara_app.components.parts import link, panel
from guitara_app.components.words import state_tag
from guitara_app.live import AppointmentLive
from guitara_app.money.views import PaymentLine
from guitara_app.pages.appointment.state import AppointmentState
from guitara_app.pages.shell import IS_MANAGER

_detail = AppointmentLive.detail


def acts(possible: rx.Var[list[Possible]]) -> rx.Component:
    """A button for everything that can be done now; what only managers may is not shown to others."""

    def button(one: rx.vars.ObjectVar[Possible]) -> rx.Component:
        shown = rx.el.button(
            one["label"],
            type="button",
            on_click=AppointmentState.begin(one["action"], one["target_id"]),
            class_name=rx.match(
                one["tone"],
                ("step", "button button-small button-step"),
                ("grave", "button button-small button-danger"),
                "button button-small",
            ),
            data_do=one["action"],
            key=one["action"],
        )
        return rx.cond(one["by_manager"], rx.cond(IS_MANAGER, shown), shown)

    return rx.cond(possible.length() > 0, rx.el.div(rx.foreach(possible, button), class_name="acts"))


def _fact(word: str, *value: rx.Component | rx.Var[str] | str) -> rx.Component:
    return rx.fragment(rx.el.dt(word), rx.el.dd(*value))


def summary() -> rx.Component:
    """What was booked."""
    return panel(
        "Booked",
        rx.el.dl(
            _fact("Services", rx.el.b(_detail["services"])),
            _fact("Price", rx.el.span(_detail["price"], class_name="num")),
            _fact(
                "Driver",
                rx.cond(_detail["driver_needed"], "needed", "not needed"),
                rx.cond(_detail["car_needed"], rx.el.span("with a car", class_name="and"), ""),
            ),
            rx.cond(_detail["notes"], _fact("Notes", rx.el.span(_detail["notes"], class_name="prewrap"))),
            rx.cond(_detail["series"]["id"], _fact("Series", _series())),
            _fact("Booked", _detail["booked"]),
            class_name="facts",
        ),
    )


def _series() -> rx.Component:
    """The rule, which of its visits this is, and the way to those beside it."""
    series = _detail["series"]

    def beside(label: str, icon: str, number: rx.Var[int]) -> rx.Component:
        return rx.cond(
            number, link(rx.icon(icon, size=14), label, to=f"/appointments/{number}", class_name="button button-small")
        )

    return rx.el.div(
        rx.el.span(rx.el.b(series["words"]), rx.el.span(series["ends"], class_name="and"), class_name="num"),
        rx.el.span(series["place"], class_name="mute num"),
        rx.el.div(
            beside("Before", "arrow_left", series["earlier"]),
            beside("Next", "arrow_right", series["later"]),
            class_name="acts",
        ),
        class_name="visit-series",
    )


def client() -> rx.Component:
    """Who it is for, and where."""
    return panel(
        "Client",
        rx.el.dl(
            _fact("Name", link(rx.el.b(_detail["client"]), to=f"/clients/{_detail['client_id']}", class_name="link")),
            _fact(
                "Phone",
                rx.el.a(
                    rx.icon("phone", size=14), _detail["phone"], href=f"tel:{_detail['phone']}", class_name="call num"
                ),
            ),
            _fact("Address", _detail["address"]),
            rx.cond(
                _detail["address_notes"],
                _fact("Way in", rx.el.span(_detail["address_notes"], class_name="prewrap")),
            ),
            rx.cond(_detail["client_notes"], _fact("Notes", rx.el.span(_detail["client_notes"], class_name="prewrap"))),
            class_name="facts",
        ),
    )


def people() -> rx.Component:
    """Every therapist with the answer, also those who said no."""
    return panel(
        "Therapists", rx.el.ul(rx.foreach(_detail["places"], _person)), aside=_detail["places"].length().to_string()
    )


def _person(place: rx.vars.ObjectVar[Place]) -> rx.Component:
    moved = (place["answer"] == "accepted") & (place["progress"] != "waiting")
    return rx.el.li(
        flash(
            rx.el.div(
                rx.el.b(place["name"]),
                rx.el.span(
                    rx.cond(place["due_at"], ago(iso=place["due_at"], kind="left", class_name="mute")),
                    rx.cond(moved, state_tag(place["progress"]), state_tag(place["answer"])),
                    class_name="line",
                ),
                class_name="row",
            ),
            rx.cond(place["reason"], rx.el.span("Reason: ", place["reason"])),
            rx.cond(place["because"], rx.el.span(place["because"], class_name="mute")),
            rx.cond(place["override"], rx.el.span("Booked all the same: ", place["override"], class_name="mute")),
            rx.cond(place["times"], rx.el.span(place["times"], class_name="mute num")),
            acts(place["possible"]),
            of=f"{place['answer']}{place['progress']}",
            class_name="item",
        ),
        key=place["assignment_id"],
    )


def trips() -> rx.Component:
    """Every trip to the client and back."""
    return panel(
        "Trips",
        rx.cond(
            _detail["legs"].length() > 0,
            rx.el.ul(rx.foreach(_detail["legs"], _leg)),
            rx.el.p("No trip: the therapist travels alone.", class_name="empty"),
        ),
    )


def _leg(leg: rx.vars.ObjectVar[LegRow]) -> rx.Component:
    return rx.el.li(
        flash(
            rx.el.div(
                rx.el.span(
                    rx.el.b(leg["when"], class_name="num"),
                    rx.cond(leg["direction"] == "outbound", " to the client", " back"),
                ),
                state_tag(leg["state"]),
                class_name="row",
            ),
            rx.el.span(
                rx.cond(leg["driver"], leg["driver"] + " drives", "No driver yet"),
                rx.cond(leg["passengers"], rx.el.span(leg["passengers"], class_name="and")),
                class_name="mute",
            ),
            acts(leg["possible"]),
            of=f"{leg['state']}{leg['driver']}",
            class_name="item",
        ),
        key=leg["leg_id"],
    )


def payments() -> rx.Component:
    """What was paid, corrected and written off; nothing before there is anything."""
    return rx.cond(
        AppointmentLive.payments.length() > 0,
        panel("Payments", rx.el.ul(rx.foreach(AppointmentLive.payments, _payment))),
    )


def _payment(line: rx.vars.ObjectVar[PaymentLine]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(rx.el.b(line["amount"], class_name="num"), rx.el.span(line["what"], class_name="and")),
            rx.cond(line["receipt"], rx.el.a("Receipt", href=line["receipt"], target="_blank", class_name="link")),
            class_name="row",
        ),
        rx.el.span(line["by"], rx.el.span(line["when"], class_name="and num"), class_name="mute"),
        rx.cond(line["words"], rx.el.span(line["words"], class_name="prewrap")),
        rx.cond(line["warning"], rx.el.span(line["warning"], class_name="late")),
        class_name="item",
        data_payment=line["id"],
        key=line["id"],
    )


def history() -> rx.Component:
    """What happened, newest first, by whom and why."""
    return panel("History", rx.el.ol(rx.foreach(_detail["history"], _happening), class_name="history"))


def _happening(row: rx.vars.ObjectVar[HistoryRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.b(row["what"]), rx.el.span(row["when"], class_name="mute num nowrap"), class_name="row"),
        rx.el.span(row["who"], class_name="mute"),
        rx.cond(row["reason"], rx.el.span(row["reason"], class_name="prewrap")),
        rx.cond(row["because"], rx.el.span(row["because"], class_name="mute")),
        class_name="item",
        key=row["event_id"],
    )
