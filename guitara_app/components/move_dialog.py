"""Moving a visit: the dialog that shows what it comes to and asks why, and the line from which it is undone."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser

_LIBRARY = browser("move_dialog.jsx")
_TIME = browser("plan_time.jsx")


class MoveDialog(rx.Component):
    """Opens with a ``proposal`` and closes once ``done`` names its own key; ``pulse`` asks again what it comes to."""

    library = _LIBRARY
    tag = "MoveDialog"

    proposal: rx.Var[dict[str, Any]]
    answered: rx.Var[int]
    done: rx.Var[str]
    day_starts: rx.Var[str]
    reasons: rx.Var[list[str]]
    pulse: rx.Var[Any]

    on_consider: rx.EventHandler[rx.event.passthrough_event_spec(dict)]
    on_leave: rx.EventHandler[rx.event.no_args_event_spec]
    on_move: rx.EventHandler[rx.event.passthrough_event_spec(dict, str, str)]


class UndoBar(rx.Component):
    """The last move, for as long as it can be undone from here."""

    library = _LIBRARY
    tag = "UndoBar"

    undo: rx.Var[dict[str, Any]]

    on_undo: rx.EventHandler[rx.event.no_args_event_spec]


move_dialog = MoveDialog.create
undo_bar = UndoBar.create
