"""Sentences that name visits, with a way to each."""

from __future__ import annotations

from typing import ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser


class Linked(BaseHTML):
    """``text`` as an ``element``; a number like ``(#214)`` in it opens that visit in a new tab."""

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = browser("linked.jsx")
    tag = "Linked"

    text: rx.Var[str]
    element: rx.Var[str]


linked = Linked.create
