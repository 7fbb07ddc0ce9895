"""One job now, the rest quiet, everything within reach of a thumb."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx

from guitara_app.appointments.views import OwnJob
from guitara_app.components.kept import kept
from guitara_app.components.parts import skeleton
from guitara_app.components.tap import phone_dialog
from guitara_app.components.taps import tap_queue
from guitara_app.live import PersonLive
from guitara_app.pages.asking import known_asks
from guitara_app.pages.help.touring import shown_around
from guitara_app.pages.shell import Who, shell
from guitara_app.pages.tonight.jobs import done_job, next_job, now_job
from guitara_app.pages.tonight.presence import presence
from guitara_app.pages.tonight.queue import queue_place
from guitara_app.pages.tonight.state import TonightState


@rx.page(route="/tonight", title="Tonight · Guitara", on_load=[Who.load, TonightState.load])
def tonight_page() -> rx.Component:
    """The own evening, live."""
    return shell(
        tap_queue(
            person=Who.person_id,
            hydrated=rx.State.is_hydrated,
            told=TonightState.told,
            zone=Who.zone,
            on_do=TonightState.tap,
        ),
        rx.cond(
            PersonLive.loaded & (PersonLive.scope == "person:" + Who.person_id.to_string()),
            rx.el.div(
                presence(),
                queue_place(),
                rx.foreach(PersonLive.now_jobs, now_job),
                rx.cond(PersonLive.now_jobs.length() == 0, _free()),
                _more("Next", PersonLive.next_jobs, next_job),
                _more("Later", PersonLive.later_jobs, next_job),
                _more("Done", PersonLive.done_jobs, done_job),
                _week(),
                class_name="tonight",
            ),
            rx.el.div(
                rx.el.section(skeleton(7), class_name="panel"),
                class_name="tonight",
                aria_busy=True,
                aria_label="Loading your evening",
            ),
        ),
        phone_dialog(
            asks=known_asks(),
            ask=TonightState.ask,
            refused=TonightState.refused,
            answered=TonightState.answered,
            done=TonightState.done,
            on_do=TonightState.do,
            class_name="on-phone",
        ),
        shown_around("/tonight", ready=PersonLive.loaded),
        here="/tonight",
        away=kept(
            night=_all_of(PersonLive),
            who=_all_of(Who),
            night_state=PersonLive.get_full_name(),
            who_state=Who.get_full_name(),
            hydrated=rx.State.is_hydrated,
        ),
        title=rx.el.div(
            rx.el.div(
                rx.el.h1("Tonight"),
                rx.el.span(PersonLive.evening, class_name="mute tonight-shift"),
                class_name="tonight-head",
            ),
            rx.el.span(PersonLive.shift, class_name="mute tonight-shift"),
        ),
    )


def _all_of(state: type[rx.State]) -> rx.Var[dict[str, object]]:
    """Every variable of a state by its name, as one object in the browser."""
    return rx.Var.create({name: getattr(state, name) for name in state.base_vars})


def _free() -> rx.Component:
    return rx.el.section(
        rx.el.p(rx.el.b("Nothing to do right now.")),
        rx.el.p("A new job shows here by itself, the moment the desk books it.", class_name="mute"),
        class_name="job job-none",
    )


def _week() -> rx.Component:
    earned = PersonLive.earned

    def figure(words: str, amount: rx.Var[str], what: rx.Component) -> rx.Component:
        return rx.el.div(rx.el.dt(words), rx.el.dd(rx.el.b(amount, class_name="num"), what))

    def visits(number: rx.Var[int]) -> rx.Component:
        return rx.el.span(number, rx.cond(number == 1, " paid visit", " paid visits"), class_name="mute")

    return rx.el.section(
        rx.el.h2("Your week", class_name="tonight-title"),
        rx.el.dl(
            rx.cond(
                Who.role == "therapist",
                rx.fragment(
                    figure("Earned tonight", earned["tonight"], visits(earned["visits_tonight"])),
                    figure("Earned this week", earned["week"], visits(earned["visits_week"])),
                ),
            ),
            figure(
                "There this week",
                rx.cond(PersonLive.there_week, PersonLive.there_week, "0 h"),
                rx.el.span(
                    PersonLive.evenings,
                    rx.cond(PersonLive.evenings == 1, " evening", " evenings"),
                    " checked out",
                    class_name="mute",
                ),
            ),
            class_name="week-figures",
        ),
        aria_label="Your week",
    )


def _more(
    title: str, jobs: rx.vars.ArrayVar[list[OwnJob]], row: Callable[[rx.vars.ObjectVar[OwnJob]], rx.Component]
) -> rx.Component:
    return rx.cond(
        jobs.length() > 0,
        rx.el.section(rx.el.h2(title, class_name="tonight-title"), rx.el.ul(rx.foreach(jobs, row)), aria_label=title),
    )
