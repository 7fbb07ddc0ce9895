"""The board: needs me now, the night at a glance, the columns, the drivers, and the booking form beside them."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.drawer import drawer_button
from guitara_app.components.lanes import lane_keys
from guitara_app.components.parts import link, skeleton
from guitara_app.help.keys import BOARD
from guitara_app.live import DeskLive
from guitara_app.pages.board.columns import columns
from guitara_app.pages.board.glance import glance
from guitara_app.pages.board.handover import handover_banner, handover_button, handover_drawer
from guitara_app.pages.board.needs import needs_me_now
from guitara_app.pages.board.sides import drivers
from guitara_app.pages.board.state import BoardState
from guitara_app.pages.booking.form import DRAWER, booking_drawer
from guitara_app.pages.help.touring import shown_around
from guitara_app.pages.shell import Who, desk_title, shell


def _still_out() -> rx.Component:
    """After closing time, whoever is not home yet."""
    return rx.cond(
        DeskLive.out.length() > 0,
        rx.el.section(
            rx.icon("triangle_alert", size=16),
            rx.el.b(DeskLive.out.length(), " still out: "),
            rx.foreach(DeskLive.out, lambda row: rx.el.span(row["name"], class_name="fact", key=row["person_id"])),
            link("See them home", to="/closing", class_name="button button-small button-primary"),
            class_name="panel board-out",
            aria_label="Still out",
        ),
    )


def _nothing_yet() -> rx.Component:
    """An evening without a single visit says what comes next."""
    lanes = (DeskLive.waiting, DeskLive.confirmed, DeskLive.on_the_way, DeskLive.in_session, DeskLive.payment)
    visits = sum((lane.length() for lane in lanes), DeskLive.ended_count)
    return rx.cond(
        visits == 0,
        rx.el.section(
            rx.el.span("Nothing is booked for this evening yet."),
            drawer_button(
                rx.icon("plus", size=16),
                "Book the first visit",
                name=DRAWER,
                class_name="button button-small button-primary",
            ),
            class_name="panel board-nothing",
            aria_label="An empty evening",
        ),
    )


def _book_button() -> rx.Component:
    return drawer_button(
        rx.icon("plus", size=16),
        "Book",
        rx.el.kbd("B", class_name="kbd only-desk"),
        name=DRAWER,
        class_name="button button-primary",
        data_tour="book",
    )


def _sheet_link() -> rx.Component:
    # A page of its own, without this application in it: it is there to be printed and kept.
    return rx.el.a(rx.icon("printer", size=16), "Print sheet", href="/sheet", target="_blank", class_name="button")


@rx.page(route="/board", title="Board · Guitara", on_load=[Who.load, BoardState.load])
def board_page() -> rx.Component:
    """Everything the desk looks at all evening."""
    title = rx.cond(DeskLive.loaded, DeskLive.night["evening"], "Board")
    return shell(
        rx.cond(
            DeskLive.loaded,
            rx.el.div(
                handover_banner(),
                _still_out(),
                _nothing_yet(),
                rx.el.div(needs_me_now(), glance(), columns(), drivers(), class_name="board"),
                rx.el.div(_sheet_link(), handover_button(), class_name="board-foot"),
                class_name="board-page",
            ),
            rx.el.div(
                *(rx.el.section(skeleton(8), class_name="panel") for _ in range(4)),
                class_name="board",
                aria_busy=True,
                aria_label="Loading the board",
            ),
        ),
        booking_drawer(),
        handover_drawer(),
        shown_around("/board", ready=DeskLive.loaded),
        here="/board",
        title=desk_title(title, DeskLive.night["hours"]),
        actions=rx.fragment(
            lane_keys(keys=BOARD, class_name="button button-quiet button-icon only-desk"),
            rx.el.span(_sheet_link(), handover_button(), class_name="only-desk board-tools"),
            _book_button(),
        ),
    )
