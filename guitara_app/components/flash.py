"""Showing what has just changed."""

from __future__ import annotations

import reflex as rx

from guitara_app.components import late  # noqa: F401  the browser's part of it is built on
from guitara_app.components.browser import browser


class Flash(rx.Component):
    """A box that lights up once whenever ``of`` changes, and when it appears after the page has settled.

    What is in it may come a moment later when the box ``begins`` below the window, as with ``Late``.
    """

    library = browser("flash.jsx")
    tag = "Flash"

    of: rx.Var[str]
    begins: rx.Var[int]


flash = Flash.create
