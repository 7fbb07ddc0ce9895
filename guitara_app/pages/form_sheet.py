"""The sheet with a form beside the page: a head, what is filled in, and a foot with Save. What is typed stays in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import reflex as rx

from guitara_app.components.draft import draft_form, draft_sending
from guitara_app.components.drawer import drawer, drawer_close
from guitara_app.components.linked import problem
from guitara_app.pages.shell import Who


def form_sheet(
    state: Any,
    *body: rx.Component,
    name: str,
    title: Sequence[rx.Component | rx.Var[str] | str],
    foot: rx.Component,
    draft: rx.Var[str] | str,
    hint: str = "Esc leaves, the draft stays",
    hotkey: str = "",
    **more: Any,
) -> rx.Component:
    """The sheet ``name``, opened with ``hotkey`` too.

    Args:
        state: has ``saved``, ``answered`` and the handler ``save``.
        body: what is filled in.
        name: of the sheet.
        title: what the heading says.
        foot: made with ``sheet_foot``.
        draft: the name of the draft; another for everything that has drafts of its own.
        hint: said beside the title on a desk.
        hotkey: opens the sheet; empty: no key does.
        more: of ``DraftForm``.
    """
    return drawer(
        rx.el.div(
            rx.el.h2(*title, id=f"{name}-title"),
            rx.el.span(hint, class_name="mute only-desk"),
            drawer_close(name),
            class_name="booking-head",
        ),
        draft_form(
            rx.el.div(*body, class_name="booking-body"),
            foot,
            name=draft,
            owner=Who.person_id,
            drawer=name,
            saved=state.saved,
            answered=state.answered,
            on_save=state.save,
            class_name="booking-form",
            **more,
        ),
        name=name,
        class_name="booking",
        custom_attrs={"aria-labelledby": f"{name}-title"},
        **({"hotkey": hotkey} if hotkey else {}),
    )


def answers(state: Any, *more: rx.Component) -> rx.Component:
    """What is said while typing and after saving: what is wrong with the form as a whole, and what is on its way."""
    return rx.el.div(problem(state, "form"), *more, draft_sending(class_name="booking-warning"), aria_live="polite")


def sheet_foot(*said: rx.Component, acts: Sequence[rx.Component], save: Sequence[rx.Component]) -> rx.Component:
    """What is said before saving, and below it, far from each other, the other buttons and Save."""
    return rx.el.div(
        *said,
        rx.el.div(*acts, rx.el.span(class_name="top-space"), *save, class_name="booking-foot-line"),
        class_name="booking-foot",
    )
