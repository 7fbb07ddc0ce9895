"""Asking again for what the page was given once, when something it depends on has changed."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser


class Follow(rx.Component):
    """Calls ``on_change`` whenever ``of`` is another value than before, once in ``every`` milliseconds at most."""

    library = browser("follow.jsx")
    tag = "Follow"

    of: rx.Var[Any]
    every: rx.Var[int]

    on_change: rx.EventHandler[rx.event.no_args_event_spec]


follow = Follow.create
