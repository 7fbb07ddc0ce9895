"""Puts together in the browser what ``live`` sends in pieces; it stands around everything."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser
from guitara_app.live.states import PUSHED


class Patches(rx.Component):
    """Its children, with pushed states that understand differences."""

    library = browser("patches.jsx")
    tag = "Patches"

    states: rx.Var[list[str]]


def patches() -> rx.Component:
    """For every pushed state there is."""
    return Patches.create(states=[state.get_full_name() for state in PUSHED.values()])
