"""Where the build finds the few components written for the browser. They lie together, so that they can share code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import reflex as rx


def browser(file: str) -> str:
    """The path by which the pages import ``file`` of this folder."""
    # Reflex looks for this module in every frame of the stack, which is deep while modules are imported: two thirds of
    # the time a web process took to start. A thread's stack is short.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(_linked, file).result()


def _linked(file: str) -> str:
    return rx.asset(file, shared=True).importable_path
