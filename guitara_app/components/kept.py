"""What a phone keeps of the own evening, for times without a connection."""

from __future__ import annotations

from typing import Any

import reflex as rx

from guitara_app.components.browser import browser

_LIBRARY = browser("kept.jsx")


class Kept(rx.Component):
    """Keeps ``night`` for ``who``, shows it when there is no connection, and says then how old it is.

    Both are variables of the states named ``night_state`` and ``who_state``, by name.
    """

    library = _LIBRARY
    tag = "Kept"

    night: rx.Var[dict[str, Any]]
    who: rx.Var[dict[str, Any]]
    night_state: rx.Var[str]
    who_state: rx.Var[str]
    hydrated: rx.Var[bool]


class Forget(rx.Component):
    """Forgets the evening that was kept."""

    library = _LIBRARY
    tag = "Forget"


kept = Kept.create
forget = Forget.create
