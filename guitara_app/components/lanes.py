"""Moving about a page with the keyboard."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser


class LaneKeys(rx.Component):
    """Arrows, j and k between elements marked ``data-stop`` in those marked ``data-lane``; numbers jump to a lane.

    A stop, or what it lies in, carries its ``data-name``. What shows is a button that lists the ``keys`` with their
    meanings, as the key ``?`` does.
    """

    library = browser("lanes.jsx")
    tag = "LaneKeys"

    keys: rx.Var[list[list[str]]]


lane_keys = LaneKeys.create
