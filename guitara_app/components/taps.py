"""Taps that wait in the browser until the server has answered them."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from guitara_app.components.browser import browser


class Told(TypedDict):
    """What became of the tap with this key; ``words`` say why it was refused, ``again`` that it must be sent again.

    Another ``number`` is another answer.
    """

    number: int
    key: str
    words: str
    again: bool


NOTHING_TOLD = Told(number=0, key="", words="", again=False)


class TapQueue(rx.Component):
    """Sends the taps of ``person``, one by one, with ``on_do(action, target, key, values, late)``, and lists those that
    wait or were refused. ``late`` is how long ago it was tapped, in milliseconds.
    """

    library = browser("taps.jsx")
    tag = "TapQueue"

    person: rx.Var[int]
    hydrated: rx.Var[bool]
    told: rx.Var[dict[str, Any]]
    zone: rx.Var[str]

    on_do: rx.EventHandler[rx.event.passthrough_event_spec(str, int, str, dict, int)]


tap_queue = TapQueue.create
