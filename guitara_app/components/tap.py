"""A button whose tap counts once, however often it is sent."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser


class Tap(rx.Component):
    """Calls ``on_do(action, target, key, values)`` for ``act``; with ``sure`` only after a second tap on those words.

    ``answered`` counts the server's answers.
    """

    library = browser("tap.jsx")
    tag = "Tap"

    act: rx.Var[dict[str, Any]]
    answered: rx.Var[int]
    sure: rx.Var[str]

    on_do: rx.EventHandler[rx.event.passthrough_event_spec(str, int, str, dict)]


tap = Tap.create
