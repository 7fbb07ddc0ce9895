"""What stands around every page: head of the document, error boundary, notices."""

from __future__ import annotations

from collections.abc import Callable

import reflex as rx
from reflex.app import default_error_boundary

from guitara_app.components.at_once import at_once
from guitara_app.components.patches import patches


def head_components() -> list[rx.Component]:
    """Icons, manifest and the colours of the browser's own bars."""
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/icons/icon-180.png"),
        rx.el.link(rel="manifest", href="/manifest.webmanifest"),
        rx.el.meta(name="theme-color", content="#ffffff", custom_attrs={"media": "(prefers-color-scheme: light)"}),
        rx.el.meta(name="theme-color", content="#1a1f1d", custom_attrs={"media": "(prefers-color-scheme: dark)"}),
        rx.el.meta(name="viewport", content="width=device-width, initial-scale=1, viewport-fit=cover"),
    ]


def toaster() -> rx.Component:
    """Where notices show: at the top, where they cover no button."""
    return rx.toast.provider(position="top-center", offset="60px")


def app_wraps() -> dict[tuple[int, str], Callable[[bool], rx.Component | None]]:
    """Reflex's own wraps but for its connection banner and toast: the header says it in our words."""
    return {
        (55, "ErrorBoundary"): lambda _stateful: default_error_boundary(),
        (54, "Patches"): lambda _stateful: patches(),
        (53, "AtOnce"): lambda _stateful: at_once(),
    }
