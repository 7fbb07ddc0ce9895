"""Who goes: everybody with the reason to take them or not, best first, and any clash named."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_field, draft_match, draft_pick, draft_set, draft_when
from guitara_app.pages.booking.fields import field, group, problem
from guitara_app.pages.booking.state import BookingState
from guitara_app.pages.booking.views import CandidateLine


def people() -> rx.Component:
    """The list of candidates for the chosen time."""
    return group(
        "Who goes",
        rx.el.div(
            draft_field(
                name="who",
                placeholder="Filter by name",
                max_length=60,
                auto_complete="off",
                class_name="input",
                aria_label="Filter therapists by name",
            ),
            draft_when(
                draft_set("Clear choice", patch={"therapist_ids": []}, class_name="button button-small"),
                name="therapist_ids",
            ),
            class_name="line who-line",
        ),
        rx.cond(
            BookingState.candidates.length() > 0,
            rx.el.ul(rx.foreach(BookingState.candidates, _candidate), class_name="candidates", aria_label="Therapists"),
            rx.el.p("Who is free shows here once services and start are chosen.", class_name="mute"),
        ),
        problem("therapist_ids"),
        rx.cond(
            BookingState.problems.get("off_shift_reason", "") != "",
            _off_shift(),
            draft_when(_off_shift(), name="off_shift_reason"),
        ),
    )


def _off_shift() -> rx.Component:
    return field(
        "Reason to book outside the shift",
        "off_shift_reason",
        draft_field(name="off_shift_reason", max_length=1000, auto_complete="off", class_name="input"),
    )


def _candidate(one: rx.vars.ObjectVar[CandidateLine]) -> rx.Component:
    return draft_match(
        rx.el.label(
            draft_pick(name="therapist_ids", value=one["id"]),
            rx.el.span(one["name"], class_name="candidate-name cut"),
            rx.cond(
                one["free"],
                rx.el.span("free", class_name="tag", data_tone="session"),
                rx.el.span("not free", class_name="tag", data_tone="done"),
            ),
            rx.el.span(one["reason"], class_name="mute candidate-reason"),
            class_name="candidate",
        ),
        by="who",
        text=one["name"],
        pick="therapist_ids",
        value=one["id"],
        key=one["id"],
        data_free=one["free"],
    )
