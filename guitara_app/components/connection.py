"""Whether the page is connected, in words."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser

LOAD_AGAIN = "window.dispatchEvent(new Event('guitara:again'))"
"""What makes a browser load its page's state again, a moment later."""

_LIBRARY = browser("connection.jsx")
browser("comeback.jsx")


class Connection(rx.Component):
    """A dot and a word: live, connecting, reconnecting; and how long a message takes there and back."""

    library = _LIBRARY
    tag = "Connection"

    hydrated: rx.Var[bool]
    round_trip: rx.Var[int]


class Lost(rx.Component):
    """What a lost connection means for what is on the screen; shown only then."""

    library = _LIBRARY
    tag = "Lost"


connection = Connection.create
lost = Lost.create
