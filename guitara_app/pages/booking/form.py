"""The form, in the order of a phone call: who calls, when, what, who goes, where, anything else."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.draft import draft_clear, draft_when
from guitara_app.live import CatalogLive, DeskLive
from guitara_app.pages.booking.caller import caller, place
from guitara_app.pages.booking.parts import foot, more, what, when
from guitara_app.pages.booking.people import people
from guitara_app.pages.booking.repeat import repeat
from guitara_app.pages.booking.slots import find_slots_for
from guitara_app.pages.booking.state import BookingState
from guitara_app.pages.form_sheet import form_sheet

DRAWER = "book"


def booking_drawer(pulse: Any = DeskLive.rows) -> rx.Component:
    """The sheet with the form; who is free is asked for again whenever ``pulse`` changes."""
    return form_sheet(
        BookingState,
        draft_when(
            rx.el.p("From the waiting list: saving takes them off it.", class_name="booking-wish"), name="wish_id"
        ),
        draft_when(rx.el.p("From a series: saving fills its evening.", class_name="booking-wish"), name="gap_id"),
        caller(BookingState),
        when(BookingState, find_slots_for(0)),
        what(BookingState),
        people(BookingState, automatic=True),
        place(BookingState, of_client=BookingState.client["id"]),
        more(BookingState),
        # A visit for somebody who waits, or for one evening of a series, is one visit.
        draft_when(draft_when(repeat(BookingState), name="gap_id", empty=True), name="wish_id", empty=True),
        name=DRAWER,
        title=["Book a visit"],
        foot=foot(BookingState, acts=draft_clear("Empty the form", class_name="button button-quiet")),
        draft="booking",
        hotkey="b",
        ready=BookingState.ready,
        pulse=pulse,
        choices=CatalogLive.stamp,
        on_draft=BookingState.consider,
    )
