"""Choosing a table's file and sending it, with how much of it has left."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser


class FileSender(rx.Component):
    """Sends a file about one of ``subjects`` to ``/import/file/...``; ``most`` is how many bytes it may have."""

    library = browser("file_sender.jsx")
    tag = "FileSender"

    subjects: rx.Var[list[dict[str, Any]]]
    most: rx.Var[int]

    on_sent: rx.EventHandler[rx.event.no_args_event_spec]


file_sender = FileSender.create
