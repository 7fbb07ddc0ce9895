"""Showing a pushed value only where the address asks for it."""

from __future__ import annotations

import reflex as rx

from guitara_app.components.browser import browser


class ForAddress(rx.Component):
    """Three children: the content, what stands there while it is awaited, and what is said when there is none.

    The content shows while ``scope`` is ``kind:`` and the number in the address's part ``param``.
    """

    library = browser("for_address.jsx")
    tag = "ForAddress"

    kind: rx.Var[str]
    param: rx.Var[str]
    scope: rx.Var[str]
    loaded: rx.Var[bool]
    missing: rx.Var[bool]


for_address = ForAddress.create
