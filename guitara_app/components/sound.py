"""A tone for what is new and urgent, and the button that mutes it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser


class AlarmSound(rx.Component):
    """A button that mutes. It sounds when ``entries`` gain one of tone ``alarm`` that nobody handles.

    ``loud`` and ``quiet`` are what the button shows.
    """

    library = browser("sound.jsx")
    tag = "AlarmSound"

    entries: rx.Var[list[dict[str, Any]]]
    loud: rx.Var[rx.Component]
    quiet: rx.Var[rx.Component]


alarm_sound = AlarmSound.create
