"""The button in the header, and what opens with it."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.palette import palette
from guitara_app.pages.palette.state import PaletteState


def search_palette() -> rx.Component:
    """Finds clients, visits and people from anywhere."""
    return palette(
        rx.icon("search", size=16),
        rx.el.span("Search", class_name="only-desk"),
        rx.el.span("Ctrl K", class_name="kbd only-desk"),
        hits=PaletteState.hits,
        answers=PaletteState.answers,
        label="Search everything",
        placeholder="Client, phone, therapist, driver, or #214",
        hint="A name, a phone, an e-mail, a visit's number, or \u201csick ana\u201d. Arrows and Enter choose.",
        nothing="Nothing found.",
        on_search=PaletteState.find,
        class_name="button top-search",
        data_tour="search",
    )
