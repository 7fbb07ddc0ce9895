"""A job of the evening: large when it is now, one line when it is not."""

from __future__ import annotations

import reflex as rx

from guitara_app.appointments.views import OwnAct, OwnJob
from guitara_app.components.ago import ago
from guitara_app.components.flash import flash
from guitara_app.components.parts import dotted
from guitara_app.components.tap import ask, tap
from guitara_app.components.words import state_tag, state_word
from guitara_app.pages.tonight.state import TonightState

JobVar = rx.vars.ObjectVar[OwnJob]
ActVar = rx.vars.ObjectVar[OwnAct]

_FEW = 2


def now_job(job: JobVar) -> rx.Component:
    """What matters now, with its next step."""
    return flash(
        rx.el.div(
            _tag(job, "new job, please answer"),
            rx.cond(job["due_at"], ago(iso=job["due_at"], kind="left", before="answer: ", class_name="mute")),
            class_name="row",
        ),
        rx.el.p(_big(job), class_name="job-big num"),
        rx.el.p(rx.el.b(dotted(job["client"], job["title"], job["price"]))),
        rx.cond(job["others"], rx.el.p("With ", job["others"], class_name="mute")),
        rx.cond(job["collect_at"], rx.el.p("From ", rx.el.b(job["collect_at"]))),
        rx.el.p(job["address"], class_name="mute"),
        rx.cond(job["ride"], rx.el.p(rx.icon("car", size=16), job["ride"], class_name="job-ride")),
        rx.cond(job["notes"], rx.el.p(job["notes"], class_name="job-notes prewrap")),
        _steps(job),
        _links(job),
        rx.cond(job["why"], rx.el.p(rx.icon("hourglass", size=18), job["why"], class_name="job-why", role="status")),
        do_step(job),
        _more(job),
        _panic(job),
        of=f"{job['state']}{job['answer']}{job['when']}{job['address']}{job['title']}",
        class_name="job",
        data_state=job["state"],
        data_job=job["id"],
        data_visit=job["appointment_id"],
        key=job["kind"] + job["id"].to_string(),
    )


def _offered(job: JobVar) -> rx.Var[bool]:
    return job["answer"] == "offered"


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
        job["map_link"] | job["call_phone"],
        rx.el.div(
            rx.cond(
                job["map_link"],
                rx.el.a(
                    rx.icon("map_pin", size=18),
                    "Map",
                    href=job["map_link"],
                    target="_blank",
                    rel="noopener noreferrer",
                    class_name="button",
                ),
            ),
            rx.cond(job["phone"], _call("Client", job["phone"])),
            rx.cond(job["call_phone"], _call(job["call_name"], job["call_phone"])),
            class_name="links",
        ),
    )


def _call(who: rx.Var[str] | str, phone: rx.Var[str]) -> rx.Component:
    return rx.el.a(
        rx.icon("phone", size=18),
        rx.el.span(who, class_name="cut"),
        href=f"tel:{phone}",
        aria_label=rx.Var.create("Call ") + who,
        class_name="button",
    )


def do_step(job: JobVar) -> rx.Component:
    """The next step, in thumb reach, with saying no beside it where that can be said."""
    return rx.cond(
        job["step"]["action"],
        rx.el.div(
            rx.cond(job["beside"]["action"], _ask(job["beside"], "button button-big button-danger")),
            rx.cond(
                job["step"]["asks"],
                _ask(job["step"], "button button-big button-primary"),
                tap(
                    act=job["step"],
                    then=job["then"],
                    about=job["when"],
                    class_name="button button-big button-primary",
                ),
            ),
            class_name="job-do",
            data_two=job["beside"]["action"] != "",
        ),
    )


def _more(job: JobVar) -> rx.Component:
    def button(act: ActVar) -> rx.Component:
        names = rx.cond(act["grave"], "button button-danger", "button")
        return rx.el.li(
            rx.cond(
                act["asks"],
                _ask(act, names),
                tap(act=act, about=job["when"], sure="Tap again if you are sure", class_name=names),
            ),
            key=act["label"],
        )

    acts = rx.el.ul(rx.foreach(job["more"], button), class_name="job-acts", data_few=job["more"].length() <= _FEW)
    return rx.cond(
        job["more"].length() > _FEW,
        rx.el.details(rx.el.summary("More", class_name="button"), acts, class_name="job-more"),
        rx.cond(job["more"].length() > 0, acts),
    )


def _panic(job: JobVar) -> rx.Component:
    return rx.cond(
        job["panic"],
        tap(
            act={"action": "panic", "target_id": job["id"], "label": "Call for help", "values": {}},
            about=job["when"],
            sure="Tap again: the desk is alarmed",
            unsent="No signal: the desk is not alarmed yet. In danger, call 911.",
            class_name="button button-danger job-panic",
        ),
    )


def _ask(act: ActVar, names: rx.Var[str] | str) -> rx.Component:
    return ask(act=act, on_begin=TonightState.begin, class_name=names)


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
            do_step(job),
            of=f"{job['state']}{job['answer']}{job['when']}{job['address']}{job['title']}",
            class_name="job-line",
            data_state=job["state"],
            data_job=job["id"],
            data_visit=job["appointment_id"],
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
        data_visit=job["appointment_id"],
        key=job["kind"] + job["id"].to_string(),
    )
