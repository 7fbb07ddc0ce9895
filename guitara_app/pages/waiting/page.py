"""The page of the waiting list."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.queries.series_gaps import GapRow
from guitara_app.appointments.queries.wishes import WishRow
from guitara_app.components.ago import ago
from guitara_app.components.begin_draft import begin_draft
from guitara_app.components.dialog import ask_reason
from guitara_app.components.drawer import drawer_button
from guitara_app.components.flash import flash
from guitara_app.components.linked import linked
from guitara_app.components.parts import link, panel, skeleton
from guitara_app.live import WaitingLive
from guitara_app.pages.booking.form import DRAWER as BOOK
from guitara_app.pages.booking.form import booking_drawer
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.waiting.form import DRAWER, wish_drawer
from guitara_app.pages.waiting.state import NEW, WaitingState

RowVar = rx.vars.ObjectVar[WishRow]
_REASONS = ["Went elsewhere", "Cannot any more", "Does not answer", "Put on it by mistake"]

_NO_VISIT = ["Client is away", "Nobody can come", "Client does not want another"]


@rx.page(route="/waiting", title="Waiting list · Guitara", on_load=[Who.load, WaitingState.load])
def waiting_page() -> rx.Component:
    """Who waits, live."""
    return shell(
        rx.cond(
            WaitingLive.loaded,
            rx.el.div(rx.el.div(_gaps(), _waiting(), class_name="waiting-lists"), _closed(), class_name="waiting"),
            rx.el.div(
                rx.el.section(skeleton(8), class_name="panel"),
                class_name="waiting",
                aria_busy=True,
                aria_label="Loading the waiting list",
            ),
        ),
        wish_drawer(),
        booking_drawer(),
        here="/waiting",
        title=desk_title("Waiting list"),
        actions=_open(rx.icon("plus", size=16), "Add", wish_id=NEW, class_name="button button-primary"),
    )


def _open(*inside: rx.Component | str, wish_id: rx.Var[int] | int, **props: object) -> rx.Component:
    """Opens the form of a wish: the sheet at once, and what stands in it as soon as it is read."""
    return rx.el.span(
        drawer_button(*inside, name=DRAWER, **props), on_click=WaitingState.begin(wish_id), class_name="plain"
    )


def _waiting() -> rx.Component:
    return panel(
        "Waiting",
        rx.cond(
            WaitingLive.wishes.length() > 0,
            rx.el.ul(rx.foreach(WaitingLive.wishes, _wish)),
            rx.el.p("Nobody waits for a slot. Add whoever could not be booked.", class_name="empty"),
        ),
        aside=WaitingLive.wishes.length().to_string(),
        class_name="waiting-panel",
        aria_live="polite",
    )


def _gaps() -> rx.Component:
    return rx.cond(
        WaitingLive.gaps.length() > 0,
        panel(
            "Series: evenings not booked",
            rx.el.ul(rx.foreach(WaitingLive.gaps, _gap)),
            aside=WaitingLive.gaps.length().to_string(),
            aria_live="polite",
        ),
    )


def _gap(row: rx.vars.ObjectVar[GapRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(
                link(rx.el.b(row["client"]), to=f"/clients/{row['client_id']}", class_name="link"),
                rx.el.span(row["phone"], class_name="and num"),
            ),
            ago(iso=row["since"], kind="since", class_name="mute nowrap"),
            class_name="row",
        ),
        rx.el.b(row["when"], class_name="num"),
        linked(text=row["because"], class_name="mute"),
        rx.cond(row["instead"], rx.el.span("Free when it was looked at: ", row["instead"], class_name="num")),
        rx.el.div(
            begin_draft(
                "Book it",
                name="booking",
                owner=Who.person_id,
                patch=row["draft"],
                drawer=BOOK,
                now=WaitingState.asked_gap == row["id"],
                class_name="button button-small button-primary",
            ),
            rx.el.a(
                rx.icon("phone", size=12),
                "Call",
                href=f"tel:{row['phone']}",
                aria_label=f"Call {row['client']}",
                class_name="button button-small",
            ),
            ask_reason(
                label="No visit",
                title="No visit that evening",
                text=row["when"],
                yes="No visit",
                placeholder="Reason, kept in the history",
                choices=_NO_VISIT,
                subject=row["id"],
                on_confirm=WaitingState.skip,
                class_name="button button-small button-danger",
            ),
            class_name="acts",
        ),
        class_name="item",
        data_gap=row["id"],
        key=row["id"],
    )


def _wish(row: RowVar) -> rx.Component:
    return rx.el.li(
        flash(
            rx.el.div(
                rx.el.span(
                    link(rx.el.b(row["client"]), to=f"/clients/{row['client_id']}", class_name="link"),
                    rx.el.span(row["phone"], class_name="and num"),
                ),
                ago(iso=row["since"], kind="since", class_name="mute nowrap"),
                class_name="row",
            ),
            rx.el.span(rx.el.b(row["what"]), rx.el.span(row["when"], class_name="and num")),
            rx.el.span(row["who"], class_name="mute"),
            rx.cond(row["notes"], rx.el.span(row["notes"], class_name="prewrap")),
            rx.cond(row["offer_id"], _found(row), rx.el.span("Nothing is free yet.", class_name="mute")),
            rx.el.div(
                _open("Change", wish_id=row["id"], class_name="button button-small"),
                ask_reason(
                    label="Take off",
                    title="Take off the waiting list",
                    text=row["client"],
                    yes="Take off",
                    placeholder="Reason, kept in the history",
                    choices=_REASONS,
                    subject=row["id"],
                    on_confirm=WaitingState.withdraw,
                    class_name="button button-small button-danger",
                ),
                class_name="acts",
            ),
            of=f"{row['version']}{row['offer_id']}",
            class_name="item",
            data_wish=row["id"],
        ),
        key=row["id"],
    )


def _found(row: RowVar) -> rx.Component:
    return rx.el.div(
        rx.el.span(
            rx.icon("calendar_check", size=16),
            rx.el.b(row["offer"], class_name="num"),
            rx.el.span(row["offer_people"], class_name="and"),
            class_name="line",
        ),
        rx.el.div(
            begin_draft(
                "Book it",
                name="booking",
                owner=Who.person_id,
                patch=row["draft"],
                drawer=BOOK,
                now=WaitingState.asked == row["offer_id"],
                class_name="button button-small button-primary",
            ),
            rx.el.a(
                rx.icon("phone", size=12),
                "Call",
                href=f"tel:{row['phone']}",
                aria_label=f"Call {row['client']}",
                class_name="button button-small",
            ),
            rx.el.button(
                "Not that evening",
                type="button",
                on_click=WaitingState.decline(row["id"], row["offer_id"]),
                class_name="button button-small",
            ),
            class_name="acts",
        ),
        class_name="waiting-found",
        data_offer=row["offer_id"],
    )


def _closed() -> rx.Component:
    words = {"booked": "booked", "withdrawn": "taken off", "over": "its evenings are over"}

    def line(row: RowVar) -> rx.Component:
        return rx.el.li(
            rx.el.div(
                rx.el.span(rx.el.b(row["client"]), rx.el.span(row["when"], class_name="and mute num")),
                rx.cond(
                    row["appointment_id"],
                    rx.el.span(
                        link(f"Booked #{row['appointment_id']}", to=f"/appointments/{row['appointment_id']}"),
                        rx.el.button(
                            "Waits again",
                            type="button",
                            aria_label=f"{row['client']} waits again",
                            title="The visit stays booked; the wish goes back on the list",
                            on_click=WaitingState.again(row["id"]),
                            class_name="button button-small button-quiet",
                        ),
                        class_name="line nowrap",
                    ),
                    rx.el.span(rx.match(row["state"], *words.items(), row["state"]), class_name="mute"),
                ),
                class_name="row",
            ),
            class_name="item",
            key=row["id"],
        )

    return rx.cond(
        WaitingLive.closed.length() > 0, panel("Not waiting any more", rx.el.ul(rx.foreach(WaitingLive.closed, line)))
    )
