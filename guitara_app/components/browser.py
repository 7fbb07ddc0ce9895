"""Where the build finds the few components written for the browser. They lie together, so that they can share code."""

from __future__ import annotations

import reflex as rx


def browser(file: str) -> str:
    """The path by which the pages import ``file`` of this folder."""
    return rx.asset(file, shared=True).importable_path
