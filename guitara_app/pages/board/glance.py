"""The night at a glance: one line for each therapist, one bar for each job, and where now is."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.views import NightBar, NightRow
from guitara_app.components.ago import now_line
from guitara_app.components.late import FOLDED, late
from guitara_app.components.parts import link
from guitara_app.components.words import state_word
from guitara_app.live import DeskLive

_IN_SIGHT = 8
"""Lines, until all are asked for."""


def glance() -> rx.Component:
    """The panel with its figures; all lines show on demand."""
    night = DeskLive.night
    return rx.el.section(
        rx.el.div(
            rx.el.h2("The night at a glance"),
            rx.el.span(
                _figure(night["on_shift"], "on shift"),
                _figure(night["working"], "working"),
                _figure(night["free"], "free"),
                _figure(night["jobs"], "jobs"),
                rx.el.span(night["value"], class_name="fact"),
                class_name="mute figures",
            ),
            rx.el.label(
                rx.el.input(type="checkbox", id="all-lines"), "All lines", html_for="all-lines", class_name="glance-all"
            ),
            class_name="panel-head",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    rx.el.span("Therapist", class_name="unseen"),
                    rx.el.div(rx.foreach(night["ticks"], _tick), class_name="ticks num"),
                    class_name="glance-line glance-hours",
                ),
                rx.foreach(DeskLive.rows, _line),
                rx.cond(DeskLive.rows.length() == 0, rx.el.p("No job tonight yet.", class_name="empty")),
                rx.el.div(
                    now_line(starts=night["opens_at"], ends=night["closes_at"], class_name="now"),
                    class_name="now-track",
                ),
                class_name="glance-lines",
            ),
            class_name="panel-body glance-body",
            tab_index=0,
        ),
        class_name="panel glance",
        aria_label="The night at a glance",
    )


def _figure(number: rx.Var[int], word: str) -> rx.Component:
    return rx.el.span(number, f" {word}", class_name="fact")


def _tick(hour: rx.Var[str]) -> rx.Component:
    return rx.el.span(hour)


def _line(row: rx.vars.ObjectVar[NightRow], index: rx.vars.NumberVar[int]) -> rx.Component:
    return rx.el.div(
        rx.el.span(row["name"], class_name="glance-name cut"),
        rx.el.div(
            late(rx.foreach(row["bars"], _bar), begins=rx.cond(index < _IN_SIGHT, 0, FOLDED)), class_name="track"
        ),
        class_name="glance-line",
        key=row["person_id"],
    )


def _bar(bar: rx.vars.ObjectVar[NightBar]) -> rx.Component:
    words = f"{bar['label']}, {state_word(bar['state'])}"
    return link(
        bar["label"],
        to=f"/appointments/{bar['appointment_id']}",
        title=words,
        aria_label=words,
        data_state=bar["state"],
        class_name="bar",
        style={"left": f"{bar['left']}%", "width": f"{bar['width']}%"},
        key=bar["appointment_id"],
    )
