"""A form that the browser sends by itself. Reflex's own form never leaves the page."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML


class PostForm(BaseHTML):
    """``<form method="post">`` to a plain route such as ``/auth/login``."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]
    auto_complete: rx.Var[str]


def post_form(*children: rx.Component, action: str, **props: object) -> rx.Component:
    """A form that posts to ``action``."""
    return PostForm.create(*children, action=action, method="post", **props)
