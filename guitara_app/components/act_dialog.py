"""The one dialog that asks for whatever an action needs."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from guitara_app.components.browser import browser


class Option(TypedDict):
    """Something to choose; ``good`` marks what can be taken without a second thought."""

    value: str
    label: str
    detail: str
    good: bool


class AskedField(TypedDict):
    """A field to fill in. ``kind`` is words, number, money, clock, select, choose (one of), check (any of), flag or
    receipt (a picture, sent at once to ``hint``).
    """

    name: str
    label: str
    kind: str
    options: list[Option]
    value: str
    needed: bool
    hint: str


class Ask(TypedDict):
    """What to ask before ``action`` is done. Another ``number`` opens the dialog anew; 0 is closed."""

    number: int
    action: str
    target_id: int
    title: str
    text: str
    yes: str
    grave: bool
    reason_needed: bool
    reasons: list[str]
    fields: list[AskedField]


NOTHING_ASKED = Ask(
    number=0,
    action="",
    target_id=0,
    title="",
    text="",
    yes="",
    grave=False,
    reason_needed=False,
    reasons=[],
    fields=[],
)


class ActDialog(rx.Component):
    """Calls ``on_do(action, target, key, values)``; ``values`` holds a list of texts for each field that was filled in.

    It closes once ``done`` is its key. ``refused`` holds that key and, by field, why it was refused; ``answered``
    counts answers of either kind.
    """

    library = browser("act_dialog.jsx")
    tag = "ActDialog"

    ask: rx.Var[dict[str, Any]]
    refused: rx.Var[dict[str, str]]
    answered: rx.Var[int]
    done: rx.Var[str]

    on_do: rx.EventHandler[rx.event.passthrough_event_spec(str, int, str, dict)]


act_dialog = ActDialog.create
