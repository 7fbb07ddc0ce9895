"""Sentences that name visits, with a way to each."""

from __future__ import annotations

from typing import ClassVar, Protocol

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


class _Form(Protocol):
    problems: dict[str, str]


def problem(state: type[_Form], slot: str | rx.Var[str]) -> rx.Component:
    """Why ``slot`` of a form cannot be saved like this; empty when it can."""
    return linked(
        text=state.problems.get(slot, ""), element="p", class_name="field-problem", role="alert", data_problem=slot
    )
