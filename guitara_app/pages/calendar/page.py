"""The calendar of the firm, for those who plan."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.calendar import calendar
from guitara_app.components.move_dialog import move_dialog, undo_bar
from guitara_app.components.parts import skeleton
from guitara_app.components.words import STATES
from guitara_app.live import MonthLive, WeekLive
from guitara_app.pages.booking.form import DRAWER, booking_drawer
from guitara_app.pages.calendar.state import CalendarState
from guitara_app.pages.planning.words import REASONS
from guitara_app.pages.shell import Who, desk_title, shell

_OF_PLANS = ("scope", "rev", "loaded", "visits", "holidays", "first", "today", "zone", "opens", "closes", "day_starts")
_OF_MONTHS = ("names", "services", "zones", "states", "movable")
_OF_VISITS = (
    "pending",
    "therapist_confirmed",
    "driver_confirmed",
    "in_transit",
    "arrived",
    "dropped_off",
    "in_session",
    "awaiting_payment",
    "paid",
    "completed",
    "cancelled",
    "expired",
    "no_show",
)


@rx.page(route="/calendar", title="Calendar · Guitara", on_load=[Who.load, CalendarState.load])
def calendar_page() -> rx.Component:
    """Month, week, day and list; the address says which, and what is left out."""
    return shell(
        rx.el.div(
            rx.el.div(skeleton(12), class_name="panel cal-before", aria_busy=True, aria_label="Loading the calendar"),
            calendar(
                week=_plan(WeekLive, _OF_PLANS),
                month=_plan(MonthLive, (*_OF_PLANS, *_OF_MONTHS)),
                slots=CalendarState.slots,
                proposal=CalendarState.proposal,
                undo=CalendarState.undo,
                words={state: STATES[state] for state in _OF_VISITS},
                owner=Who.person_id,
                drawer=DRAWER,
                on_look=CalendarState.look,
                on_slots=CalendarState.fill,
                on_propose=CalendarState.propose,
                on_undo=CalendarState.take_back,
            ),
            undo_bar(undo=CalendarState.undo, on_undo=CalendarState.take_back),
            class_name="cal-place",
        ),
        move_dialog(
            proposal=CalendarState.proposal,
            answered=CalendarState.answered,
            done=CalendarState.done,
            day_starts=rx.cond(WeekLive.day_starts, WeekLive.day_starts, MonthLive.day_starts),
            reasons=REASONS,
            pulse=WeekLive.rev + MonthLive.rev,
            on_consider=CalendarState.consider,
            on_leave=CalendarState.leave,
            on_move=CalendarState.move,
        ),
        booking_drawer(pulse=WeekLive.rev),
        here="/calendar",
        title=desk_title("Calendar"),
    )


def _plan(live: type[WeekLive | MonthLive], names: tuple[str, ...]) -> rx.Var:
    """What the calendar needs of a pushed plan."""
    return rx.Var.create({name: getattr(live, name) for name in names})
