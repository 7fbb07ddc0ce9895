"""Buttons of the phone: each tap counts once, however often it is sent, and waits when there is no connection."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser

_LIBRARY = browser("tap.jsx")


class Tap(rx.Component):
    """Puts ``act`` among the taps to send; with ``sure`` only after a second tap on those words.

    ``then`` are the acts that follow it when nothing else happens, for whoever has no connection; ``about`` says which
    job it is; ``unsent`` is shown instead of the label while it waits.
    """

    library = _LIBRARY
    tag = "Tap"

    act: rx.Var[dict[str, Any]]
    then: rx.Var[list[dict[str, Any]]]
    about: rx.Var[str]
    sure: rx.Var[str]
    unsent: rx.Var[str]


class Ask(rx.Component):
    """Opens the dialog of ``act``: with what the server says to ask, or offline with what is known to be asked."""

    library = _LIBRARY
    tag = "Ask"

    act: rx.Var[dict[str, Any]]

    on_begin: rx.EventHandler[rx.event.passthrough_event_spec(str, int)]


class PhoneDialog(rx.Component):
    """The dialog of ``components.act_dialog``, which keeps what was said while there is no connection.

    ``asks`` holds, by action, what can be asked without the server.
    """

    library = _LIBRARY
    tag = "PhoneDialog"

    asks: rx.Var[dict[str, Any]]
    ask: rx.Var[dict[str, Any]]
    refused: rx.Var[dict[str, str]]
    answered: rx.Var[int]
    done: rx.Var[str]

    on_do: rx.EventHandler[rx.event.passthrough_event_spec(str, int, str, dict)]


tap = Tap.create
ask = Ask.create
phone_dialog = PhoneDialog.create
