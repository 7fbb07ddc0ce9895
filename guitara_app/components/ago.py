"""Words and marks that follow the clock in the browser, from ISO instants."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser

_LIBRARY = browser("ago.jsx")


class Ago(rx.Component):
    """``22 min``, ``6 min left``, ``in 25 min``, ``4 min ago``; nothing when ``iso`` is empty."""

    library = _LIBRARY
    tag = "Ago"

    iso: rx.Var[str]
    kind: rx.Var[str]
    before: rx.Var[str]


class Clock(rx.Component):
    """The time of day in a time zone, such as ``20:04``."""

    library = _LIBRARY
    tag = "Clock"

    zone: rx.Var[str]


class NowLine(rx.Component):
    """A line where now is between two instants."""

    library = _LIBRARY
    tag = "NowLine"

    starts: rx.Var[str]
    ends: rx.Var[str]


class Meter(rx.Component):
    """How much of the time between two instants is over."""

    library = _LIBRARY
    tag = "Meter"

    starts: rx.Var[str]
    ends: rx.Var[str]


ago = Ago.create
clock = Clock.create
now_line = NowLine.create
meter = Meter.create
