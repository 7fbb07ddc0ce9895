"""Showing what has just changed."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser


class Flash(rx.Component):
    """A box that lights up once whenever ``of`` changes, and when it appears after the page has settled."""

    library = browser("flash.jsx")
    tag = "Flash"

    of: rx.Var[str]


flash = Flash.create
