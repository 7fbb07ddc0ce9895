"""Pages that ask for what they show before they are painted."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser


class AtOnce(rx.Fragment):
    """Stands around every page."""

    library = browser("at_once.jsx")
    tag = "AtOnce"


at_once = AtOnce.create
