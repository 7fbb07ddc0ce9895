"""The tour, on the pages where somebody's work begins."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.tour import tour
from guitara_app.help.tour import STARTS, TOURS
from guitara_app.pages.help.state import HelpState
from guitara_app.pages.inbox import needs_tour
from guitara_app.pages.shell import Who


def shown_around(page: str, *, ready: rx.Var[bool]) -> rx.Component:
    """Shows whoever is new around ``page``, once it is ``ready``."""
    steps = [(role.value, steps) for role, steps in TOURS.items() if STARTS[role] == page]
    return tour(
        steps=rx.match(Who.role, *steps, []),
        due=needs_tour(Who.person_id),
        ready=ready & (Who.role != ""),
        on_seen=HelpState.toured,
    )
