"""A row for each therapist and driver along the clock, to look at and to move things about."""

from __future__ import annotations

from typing import TypedDict

import reflex as rx

from guitara_app.appointments.plan_views import PlanLeg, PlanPerson, PlanSpan, PlanVisit
from guitara_app.components.browser import browser


class Outcome(TypedDict):
    """What became of a drop: the ``key`` it came with, and the blocks that go back to where they were."""

    key: str
    refused: list[str]


NO_OUTCOME = Outcome(key="", refused=[])

for _part in ("plan_time.jsx", "timeline_plan.jsx", "timeline_chart.jsx", "timeline_hand.jsx", "timeline_board.jsx"):
    browser(_part)


class Timeline(rx.Component):
    """The chart with its tools. What it shows is the plan of a week, all times walls of the firm.

    ``on_drop`` is told what somebody has put where (``pages.timeline.dropping.Drop``) and shows it so until ``outcome``
    answers; ``undo`` is what can be undone, in words. ``on_show`` asks for the week that begins on a Monday.
    The chart is a chunk of its own that is only fetched when this is shown.
    """

    library = browser("timeline.jsx")
    tag = "Timeline"
    # vis-timeline leaves what it stands on to whoever installs it, so that only one of each is loaded.
    lib_dependencies: list[str] = [
        "vis-timeline@8.5.4",
        "vis-data@8.0.6",
        "vis-util@6.0.3",
        "moment@2.31.0",
        "@egjs/hammerjs@2.0.17",
        "propagating-hammerjs@3.0.0",
        "component-emitter@1.3.1",
        "keycharm@0.4.0",
        "uuid@14.0.3",
        "xss@1.0.17",
    ]

    keys: rx.Var[list[list[str]]]
    scope: rx.Var[str]
    visits: rx.Var[list[PlanVisit]]
    legs: rx.Var[list[PlanLeg]]
    spans: rx.Var[list[PlanSpan]]
    people: rx.Var[list[PlanPerson]]
    holidays: rx.Var[dict[str, str]]
    first: rx.Var[str]
    today: rx.Var[str]
    zone: rx.Var[str]
    opens: rx.Var[str]
    closes: rx.Var[str]
    day_starts: rx.Var[str]
    outcome: rx.Var[Outcome]
    undo: rx.Var[str]

    on_show: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_drop: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_undo: rx.EventHandler[rx.event.passthrough_event_spec(str)]


timeline = Timeline.create
