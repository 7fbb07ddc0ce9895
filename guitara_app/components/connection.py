"""Whether the page is connected, in words."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser

_LIBRARY = browser("connection.jsx")


class Connection(rx.Component):
    """A dot and a word: live, connecting, reconnecting."""

    library = _LIBRARY
    tag = "Connection"

    hydrated: rx.Var[bool]


class Lost(rx.Component):
    """What a lost connection means for what is on the screen; shown only then."""

    library = _LIBRARY
    tag = "Lost"


connection = Connection.create
lost = Lost.create
