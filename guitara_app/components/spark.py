"""A small line of what a figure was lately."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser


class Spark(rx.Component):
    """``values``, oldest first and null where there was none, at the right end of ``length`` places.

    ``limit`` is a line across, shown once the values come near it.
    """

    library = browser("spark.jsx")
    tag = "Spark"

    values: rx.Var[list[float | None]]
    length: rx.Var[int]
    limit: rx.Var[float | None]


spark = Spark.create
