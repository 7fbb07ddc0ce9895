"""The form over a visit that is there: what is typed lies over what stands, and says what saving it means."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_clashes, draft_clear, draft_field, draft_set, draft_when
from guitara_app.components.drawer import drawer_button
from guitara_app.live import AppointmentLive, CatalogLive
from guitara_app.pages.booking.caller import known, place
from guitara_app.pages.booking.changing import ChangeState
from guitara_app.pages.booking.fields import field, group, text_field
from guitara_app.pages.booking.parts import foot, more, what, when
from guitara_app.pages.booking.people import people
from guitara_app.pages.booking.repeat import evenings
from guitara_app.pages.booking.slots import find_slots_for
from guitara_app.pages.booking.views import Choice
from guitara_app.pages.form_sheet import form_sheet

DRAWER = "change"
_REASONS = ["Client asked", "Therapist cannot", "Running late", "Booked wrong"]


def change_button() -> rx.Component:
    """Opens the form; the key C does too."""
    return drawer_button(
        rx.icon("pencil", size=16),
        "Change",
        rx.el.kbd("C", class_name="kbd only-desk"),
        name=DRAWER,
        class_name="button",
    )


def change_drawer() -> rx.Component:
    """The sheet that changes the visit whose page this is; each visit has a draft of its own."""
    number = AppointmentLive.detail["id"]
    return form_sheet(
        ChangeState,
        _which(),
        when(ChangeState, find_slots_for(number), first=True),
        what(ChangeState),
        people(ChangeState),
        place(ChangeState),
        more(ChangeState),
        group("Client", known(ChangeState)),
        name=DRAWER,
        title=["Change visit ", rx.el.span("#", number, class_name="num")],
        foot=foot(
            ChangeState,
            draft_clashes(clashes=ChangeState.clashes),
            _effects(),
            _reason(),
            acts=draft_clear("Undo my changes", class_name="button button-quiet"),
        ),
        draft=f"change-{number}",
        hotkey="c",
        subject=number,
        base=ChangeState.base,
        ready=ChangeState.ready,
        pulse=AppointmentLive.detail,
        choices=CatalogLive.stamp,
        on_draft=ChangeState.consider,
    )


def _which() -> rx.Component:
    """Of a visit of a series: which of its visits the change is for, and what it comes to for each."""

    def choice(one: rx.vars.ObjectVar[Choice]) -> rx.Component:
        return rx.el.option(one["label"], value=one["value"], key=one["value"])

    reach = draft_field(
        rx.foreach(ChangeState.reaches, choice), name="reach", element="select", fallback="one", class_name="input"
    )
    again = draft_set("Choose again", patch={"reach": "one"}, class_name="button button-small")
    return rx.cond(
        ChangeState.reaches.length() > 0,
        group(
            "Series",
            rx.el.p(AppointmentLive.detail["series"]["words"], class_name="num"),
            field(ChangeState, "Change", "reach", reach),
            rx.cond(ChangeState.problems.get("reach", "") != "", rx.el.div(again, class_name="line")),
            draft_when(evenings(ChangeState), name="reach", is_="following"),
            draft_when(evenings(ChangeState), name="reach", is_="all"),
        ),
    )


def _effects() -> rx.Component:
    """Which fields are changed, and who will be asked anew or keeps the answer."""
    return rx.cond(
        ChangeState.changed,
        rx.el.div(
            rx.el.b("Changes ", ChangeState.changed, ". "),
            rx.foreach(ChangeState.effects, lambda words: rx.el.span(words, " ", key=words)),
            class_name="effects",
            role="status",
        ),
        rx.el.p("Nothing is changed yet.", class_name="mute effects"),
    )


def _reason() -> rx.Component:
    return field(
        ChangeState,
        "Reason, kept in the history",
        "reason",
        rx.el.div(
            text_field("reason", 1000),
            rx.el.div(
                *(draft_set(words, patch={"reason": words}, class_name="button button-small") for words in _REASONS),
                class_name="reasons",
            ),
        ),
    )
