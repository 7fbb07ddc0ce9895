"""A job of the evening: large when it is now, one line when it is not."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.views import OwnJob
from guitara_app.components.ago import ago
from guitara_app.components.dialog import ask_reason
from guitara_app.components.flash import flash
from guitara_app.components.parts import dotted
from guitara_app.components.words import state_tag, state_word
from guitara_app.pages.tonight.state import TonightState

JobVar = rx.vars.ObjectVar[OwnJob]

_REASONS = ["I am ill", "Too far", "Not enough time before", "I do not want this client"]


def now_job(job: JobVar) -> rx.Component:
    """What matters now, with its next step."""
    return flash(
        rx.el.div(
            _tag(job, "new job, please answer"),
            rx.cond(job["due_at"], ago(iso=job["due_at"], kind="left", before="answer: ", class_name="mute")),
            class_name="row",
        ),
        rx.el.p(_big(job), class_name="job-big num"),
        rx.el.p(rx.el.b(dotted(job["client"], job["title"]))),
        rx.cond(job["others"], rx.el.p("With ", job["others"], class_name="mute")),
        rx.el.p(job["address"], class_name="mute"),
        rx.cond(job["notes"], rx.el.p(job["notes"], class_name="job-notes prewrap")),
        _steps(job),
        _links(job),
        _answer(job),
        of=f"{job['state']}{job['answer']}{job['when']}{job['address']}{job['title']}",
        class_name="job",
        data_state=job["state"],
        data_job=job["id"],
        key=job["kind"] + job["id"].to_string(),
    )


def _offered(job: JobVar) -> rx.Var[bool]:
    return (job["kind"] == "assignment") & (job["answer"] == "offered")


def _tag(job: JobVar, offered: str) -> rx.Component:
    return rx.cond(_offered(job), rx.el.span(offered, class_name="tag", data_tone="pending"), state_tag(job["state"]))


def _big(job: JobVar) -> rx.Component:
    return rx.cond(job["state"] == "in_session", ago(iso=job["ends_at"], kind="left"), job["when"])


def _steps(job: JobVar) -> rx.Component:
    total = job["steps"].length()
    return rx.el.div(
        rx.el.div(
            rx.foreach(
                job["steps"],
                lambda word, index: rx.el.i(title=word, data_done=index < job["steps_done"], key=word),
            ),
            class_name="steps",
            aria_hidden=True,
        ),
        rx.el.span(
            rx.cond(
                job["steps_done"] > 0,
                rx.fragment("Step ", job["steps_done"], " of ", total, ": ", job["steps"][job["steps_done"] - 1]),
                rx.fragment(total, " steps, not begun"),
            ),
            class_name="mute steps-word",
        ),
    )


def _links(job: JobVar) -> rx.Component:
    return rx.cond(
        job["map_link"],
        rx.el.div(
            rx.el.a(
                rx.icon("map_pin", size=18),
                "Map",
                href=job["map_link"],
                target="_blank",
                rel="noopener noreferrer",
                class_name="button",
            ),
            rx.el.a(rx.icon("phone", size=18), "Call client", href=f"tel:{job['phone']}", class_name="button"),
            class_name="two",
        ),
    )


def _answer(job: JobVar) -> rx.Component:
    return rx.cond(
        _offered(job),
        rx.el.div(
            ask_reason(
                label="Reject",
                title="Reject this job?",
                text="The desk sees your reason and finds somebody else.",
                placeholder="Reason",
                choices=_REASONS,
                yes="Reject",
                danger=True,
                subject=job["id"],
                on_confirm=TonightState.reject,
                class_name="button button-big button-danger",
            ),
            rx.el.button(
                "Accept",
                type="button",
                on_click=TonightState.accept(job["id"]),
                class_name="button button-big button-primary",
            ),
            class_name="two answer",
        ),
    )


def next_job(job: JobVar) -> rx.Component:
    """A later job; an offer can be answered right here."""
    return rx.el.li(
        flash(
            rx.el.b(job["when"], class_name="num"),
            rx.el.div(
                dotted(job["client"], job["title"]),
                rx.el.div(job["address"], class_name="mute"),
                rx.cond(job["others"], rx.el.div("With ", job["others"], class_name="mute")),
                class_name="job-line-what",
            ),
            _tag(job, "new job"),
            _answer(job),
            of=f"{job['state']}{job['answer']}{job['when']}{job['address']}{job['title']}",
            class_name="job-line",
            data_state=job["state"],
            data_job=job["id"],
        ),
        key=job["kind"] + job["id"].to_string(),
    )


def done_job(job: JobVar) -> rx.Component:
    """A job that is over: time, place, how it ended."""
    return rx.el.li(
        rx.el.b(job["when"], class_name="num"),
        rx.el.span(dotted(job["title"], job["address"]), class_name="mute cut"),
        rx.el.span(state_word(job["state"]), data_state=job["state"], class_name="tag"),
        class_name="job-line job-over",
        data_job=job["id"],
        key=job["kind"] + job["id"].to_string(),
    )
