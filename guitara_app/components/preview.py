"""Showing what a change would leave behind before it is made."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from guitara_app.components.browser import browser


class PreviewLine(TypedDict):
    """Somebody's booked job: whose, of which evening, and in a few words; ``visit`` 0 leads nowhere."""

    key: str
    person: str
    evening: str
    words: str
    visit: int


class Preview(TypedDict):
    """What is asked before it is saved. Another ``number`` opens the dialog anew; 0 is closed."""

    number: int
    title: str
    text: str
    lines: list[PreviewLine]
    more: int
    yes: str


NOTHING_PREVIEWED = Preview(number=0, title="", text="", lines=[], more=0, yes="")


class PreviewDialog(rx.Component):
    """Lists what would be left behind; told to go on, it calls ``on_yes(number)``."""

    library = browser("preview.jsx")
    tag = "PreviewDialog"

    preview: rx.Var[dict[str, Any]]
    hydrated: rx.Var[bool]

    on_yes: rx.EventHandler[rx.event.passthrough_event_spec(int)]


def preview_dialog(**props: Any) -> rx.Component:
    """The dialog; each state that previews has one on its page."""
    return PreviewDialog.create(hydrated=rx.State.is_hydrated, **props)
