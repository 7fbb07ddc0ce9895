"""One job now, the rest quiet, everything within reach of a thumb."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from guitara_app.appointments.views import OwnJob
from guitara_app.components.act_dialog import act_dialog
from guitara_app.components.parts import skeleton
from guitara_app.live import PersonLive
from guitara_app.pages.shell import Who, shell
from guitara_app.pages.tonight.jobs import done_job, next_job, now_job
from guitara_app.pages.tonight.presence import presence
from guitara_app.pages.tonight.state import TonightState


@rx.page(route="/tonight", title="Tonight · Guitara", on_load=[Who.load, TonightState.load])
def tonight_page() -> rx.Component:
    """The own evening, live."""
    return shell(
        rx.cond(
            PersonLive.loaded,
            rx.el.div(
                presence(),
                rx.foreach(PersonLive.now_jobs, now_job),
                rx.cond(PersonLive.now_jobs.length() == 0, _free()),
                _more("Next", PersonLive.next_jobs, next_job),
                _more("Done", PersonLive.done_jobs, done_job),
                class_name="tonight",
            ),
            rx.el.div(
                rx.el.section(skeleton(7), class_name="panel"),
                class_name="tonight",
                aria_busy=True,
                aria_label="Loading your evening",
            ),
        ),
        act_dialog(
            ask=TonightState.ask,
            refused=TonightState.refused,
            answered=TonightState.answered,
            done=TonightState.done,
            on_do=TonightState.do,
            class_name="on-phone",
        ),
        here="/tonight",
        title=rx.el.div(
            rx.el.div(
                rx.el.h1("Tonight"),
                rx.el.span(PersonLive.evening, class_name="mute tonight-shift"),
                class_name="tonight-head",
            ),
            rx.el.span(PersonLive.shift, class_name="mute tonight-shift"),
        ),
    )


def _free() -> rx.Component:
    return rx.el.section(
        rx.el.p(rx.el.b("Nothing to do right now.")),
        rx.el.p("A new job shows here by itself, the moment the desk books it.", class_name="mute"),
        class_name="job job-none",
    )


def _more(
    title: str, jobs: rx.vars.ArrayVar[list[OwnJob]], row: Callable[[rx.vars.ObjectVar[OwnJob]], rx.Component]
) -> rx.Component:
    return rx.cond(
        jobs.length() > 0,
        rx.el.section(rx.el.h2(title, class_name="tonight-title"), rx.el.ul(rx.foreach(jobs, row)), aria_label=title),
    )
