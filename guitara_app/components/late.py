"""Filling in the far end of a long page a moment after what is seen first."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser

FIRST_SCREEN = 14
"""So many lines of a list are there at once; on no screen more fit."""


class Late(rx.Component):
    """Its children, when the browser has time for them if they are ``late``."""

    library = browser("late.jsx")
    tag = "Late"

    late: rx.Var[bool]


late = Late.create
