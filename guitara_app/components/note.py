"""A shared text that nobody overwrites by accident."""

from __future__ import annotations

from typing import ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser


class NoteField(BaseHTML):
    """A text area of the ``DraftForm`` around it, filled with ``text`` until somebody types.

    The draft then also holds ``based_on``, the ``version`` that was shown; when that changes, the newer text of
    ``writer`` shows above what was typed, and one tap brings both together.
    """

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = browser("note.jsx")
    tag = "NoteField"

    name: rx.Var[str]
    text: rx.Var[str]
    version: rx.Var[int]
    writer: rx.Var[str]
    rows: rx.Var[int]
    max_length: rx.Var[int]


note_field = NoteField.create
