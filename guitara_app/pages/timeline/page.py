"""The timeline of everybody: the chart, and what became of what was put elsewhere on it."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.timeline import timeline
from guitara_app.help.keys import TIMELINE
from guitara_app.live import WeekLive
from guitara_app.pages.shell import Who, desk_title, shell
from guitara_app.pages.timeline.dropping import Instead, Refusal
from guitara_app.pages.timeline.state import TimelineState


@rx.page(route="/timeline", title="Timeline · Guitara", on_load=[Who.load, TimelineState.load])
def timeline_page() -> rx.Component:
    """Therapists and drivers along the clock, live."""
    return shell(
        rx.el.div(
            rx.cond(WeekLive.loaded, _chart(), _loading()),
            rx.cond(TimelineState.refusals.length() > 0, _refusals(), rx.fragment()),
            class_name="tl-page",
        ),
        here="/timeline",
        title=desk_title("Timeline"),
    )


def _chart() -> rx.Component:
    return timeline(
        keys=TIMELINE,
        scope=WeekLive.scope,
        visits=WeekLive.visits,
        legs=WeekLive.legs,
        spans=WeekLive.spans,
        people=WeekLive.people,
        holidays=WeekLive.holidays,
        first=WeekLive.first,
        today=WeekLive.today,
        zone=WeekLive.zone,
        opens=WeekLive.opens,
        closes=WeekLive.closes,
        day_starts=WeekLive.day_starts,
        outcome=TimelineState.outcome,
        undo=TimelineState.undo,
        on_show=TimelineState.show,
        on_drop=TimelineState.drop,
        on_undo=TimelineState.take_back,
    )


def _loading() -> rx.Component:
    return rx.el.div(
        rx.el.div(*(rx.el.div(class_name="bone") for _ in range(14)), class_name="tl-bones", data_skeleton=True),
        class_name="tl",
        aria_busy=True,
        aria_label="Loading the timeline",
    )


def _refusals() -> rx.Component:
    return rx.el.section(
        rx.foreach(TimelineState.refusals, _refusal),
        class_name="tl-refusals",
        role="alert",
        aria_label="Not moved",
    )


def _refusal(refusal: rx.vars.ObjectVar[Refusal]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.b("Not moved: ", refusal["title"]),
            rx.el.button(
                "Leave it",
                type="button",
                on_click=TimelineState.dismiss(refusal["key"]),
                class_name="button button-small button-quiet",
            ),
            class_name="row",
        ),
        rx.foreach(refusal["problems"], lambda words: rx.el.p(words, class_name="field-problem")),
        rx.cond(
            refusal["instead"].length() > 0,
            rx.el.div(
                rx.el.span("Instead:", class_name="mute"),
                rx.foreach(refusal["instead"], _instead),
                class_name="acts",
            ),
            rx.fragment(),
        ),
        rx.cond(refusal["off_shift"], _anyway(refusal), rx.fragment()),
        class_name="panel tl-refusal",
        key=refusal["key"],
    )


def _instead(one: rx.vars.ObjectVar[Instead]) -> rx.Component:
    return rx.el.button(
        one["label"],
        type="button",
        on_click=TimelineState.instead(one["drop"]),
        class_name="button button-small",
        key=one["label"],
    )


def _anyway(refusal: rx.vars.ObjectVar[Refusal]) -> rx.Component:
    return rx.el.form(
        rx.el.input(
            name="reason",
            placeholder="Why they go all the same",
            aria_label="Reason",
            max_length=1000,
            class_name="input",
        ),
        rx.el.button("Move with this reason", type="submit", class_name="button button-small"),
        on_submit=lambda form: TimelineState.anyway(refusal["key"], form),
        class_name="line tl-anyway",
    )
