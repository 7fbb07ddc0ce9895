"""The sheet in which an account is shut."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.draft import draft_check, draft_field, draft_set
from guitara_app.components.parts import skeleton
from guitara_app.live import CatalogLive
from guitara_app.pages.booking.fields import group
from guitara_app.pages.catalog.parts import problem
from guitara_app.pages.form_sheet import answers, form_sheet, sheet_foot
from guitara_app.pages.staff.leaving import LeavingState

_OF = "leaving"
_REASONS = ("Left the firm", "On leave", "Phone lost")


def leaving_form() -> rx.Component:
    """What they still have to do, what becomes of it, and why."""
    return form_sheet(
        LeavingState,
        rx.cond(LeavingState.ready, _body(), skeleton(4)),
        name=_OF,
        title=["Deactivate ", LeavingState.name],
        hint="Esc leaves, nothing happens",
        foot=sheet_foot(
            answers(LeavingState),
            acts=[],
            save=[rx.el.button("Deactivate", type="submit", class_name="button button-primary button-danger")],
        ),
        draft=f"leaving-{LeavingState.editing}",
        subject=LeavingState.editing,
        ready=LeavingState.ready,
        pulse=CatalogLive.stamp,
        on_draft=LeavingState.consider,
    )


def _body() -> rx.Component:
    return rx.fragment(
        group(
            "What happens",
            rx.el.p(
                "They are signed out everywhere within a second and are offered nothing any more. Everything they did "
                "stays in the history, and they can be activated again.",
            ),
        ),
        rx.cond(LeavingState.begun.length() > 0, _begun()),
        rx.cond(
            LeavingState.to_come.length() > 0,
            _to_come(),
            group("Still to do", rx.el.p("Nothing that has not begun.", class_name="mute")),
        ),
        group(
            "Why",
            rx.el.div(
                *(draft_set(words, patch={"reason": words}, class_name="button button-small") for words in _REASONS),
                class_name="acts",
            ),
            rx.el.div(
                rx.el.label("Reason, kept in the audit log", html_for="draft-reason", class_name="field-label"),
                draft_field(name="reason", element="textarea", rows=2, max_length=1000, class_name="input"),
                problem(LeavingState, "reason"),
                class_name="field",
            ),
        ),
    )


def _begun() -> rx.Component:
    return group(
        "Under way now, and stays theirs",
        rx.el.ul(rx.foreach(LeavingState.begun, _job), class_name="staff-jobs"),
        rx.el.p("Call them; the desk takes their steps for them.", class_name="field-hint"),
    )


def _to_come() -> rx.Component:
    return group(
        "Still to do",
        rx.el.ul(rx.foreach(LeavingState.to_come, _job), class_name="staff-jobs"),
        rx.cond(LeavingState.more > 0, rx.el.p("and ", LeavingState.more, " more", class_name="mute")),
        rx.el.p(
            "All of it goes back to the desk: each visit stands in needs-me-now until somebody else has it, and trips "
            "are searched again.",
            class_name="field-hint",
        ),
        rx.el.label(
            draft_check(name="keeps"),
            "They do it all the same, without an account; the desk takes their steps",
            class_name="check",
        ),
    )


def _job(words: rx.Var[str]) -> rx.Component:
    return rx.el.li(words, key=words)
