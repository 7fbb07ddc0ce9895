"""A button that fills in a form before it opens."""

from __future__ import annotations

from typing import Any, ClassVar

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from guitara_app.components.browser import browser


class BeginDraft(BaseHTML):
    """Begins the draft ``name`` of ``owner`` with ``patch`` and opens the sheet ``drawer``; ``now``: by itself."""

    _is_tag_in_global_scope: ClassVar[bool] = False
    library = browser("begin_draft.jsx")
    tag = "BeginDraft"

    name: rx.Var[str]
    owner: rx.Var[int]
    patch: rx.Var[dict[str, Any]]
    drawer: rx.Var[str]
    now: rx.Var[bool]


begin_draft = BeginDraft.create
