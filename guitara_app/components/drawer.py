"""A sheet beside the page that opens with a key and keeps what it holds."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser

_LIBRARY = browser("drawer.jsx")


class Drawer(rx.Component):
    """The sheet. Opens with ``hotkey``, with a ``DrawerButton`` or with ``?name`` in the address; Escape leaves it."""

    library = _LIBRARY
    tag = "Drawer"

    name: rx.Var[str]
    hotkey: rx.Var[str]


class DrawerButton(rx.Component):
    """A button that opens the sheet ``name``, or closes it when ``shows`` is false."""

    library = _LIBRARY
    tag = "DrawerButton"

    name: rx.Var[str]
    shows: rx.Var[bool]


drawer = Drawer.create
drawer_button = DrawerButton.create


def drawer_close(name: str) -> rx.Component:
    """The cross in the corner of the sheet ``name``."""
    return drawer_button(
        rx.icon("x", size=18),
        name=name,
        shows=False,
        class_name="button button-quiet button-icon",
        aria_label="Close; the draft stays",
    )
