"""Filling in the far end of a long page a moment after what is seen first."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser

FOLDED = 1_000_000
"""Where something begins that is in no window until it is unfolded."""


class Late(rx.Component):
    """Its children: at once when they are in the window as it opens, else when the browser has time for them.

    ``begins`` is how far below the window's top they are at the least, in pixels.
    """

    library = browser("late.jsx")
    tag = "Late"

    begins: rx.Var[int]


late = Late.create


def line_begins(index: rx.vars.NumberVar[int], *, top: int, height: int) -> rx.Var[Any]:
    """Where a line of a list begins whose first is at ``top``, when none is lower than ``height``; in pixels."""
    return index * height + top
