"""One search for everything, opened with a key from anywhere."""

from __future__ import annotations

from typing import Any, ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser


class Palette(BaseHTML):
    """A button, and the dialog it, Ctrl+K and / open; ``answers`` is the text that ``hits`` were found for.

    A hit has ``key``, ``group``, ``title``, ``detail``, ``tag``, ``state`` and ``href``.
    """

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = browser("palette.jsx")
    tag = "Palette"

    hits: rx.Var[list[dict[str, Any]]]
    answers: rx.Var[str]
    label: rx.Var[str]
    hint: rx.Var[str]
    placeholder: rx.Var[str]
    nothing: rx.Var[str]

    on_search: rx.EventHandler[rx.event.passthrough_event_spec(str)]


palette = Palette.create
