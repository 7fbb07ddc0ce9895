"""Asking for a reason before something is done."""

from __future__ import annotations

from typing import ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser


class AskReason(BaseHTML):
    """A button that opens a dialog; confirmed, it calls ``on_confirm(subject, reason)``.

    ``choices`` are reasons that one tap fills in.
    """

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = browser("dialog.jsx")
    tag = "AskReason"

    label: rx.Var[str]
    title: rx.Var[str]
    text: rx.Var[str]
    yes: rx.Var[str]
    no: rx.Var[str]
    placeholder: rx.Var[str]
    choices: rx.Var[list[str]]
    needed: rx.Var[bool]
    subject: rx.Var[int]
    danger: rx.Var[bool]

    on_confirm: rx.EventHandler[rx.event.passthrough_event_spec(int, str)]


ask_reason = AskReason.create
