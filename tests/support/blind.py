"""The services with their eyes shut: what is left then is what the database refuses by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest.mock import patch

from guitara_app.appointments.services import booking, seats, visit


@contextmanager
def without_holding() -> Iterator[None]:
    """Nobody's time is held, and nothing that overlaps is laid out anew."""
    with ExitStack() as patches:
        patches.enter_context(patch.object(booking, "lock_people", lambda *_: None))
        patches.enter_context(patch.object(visit, "relayout", lambda *_, **__: 0))
        yield


@contextmanager
def without_looking() -> Iterator[None]:
    """And nobody looks whether it is taken."""
    with without_holding(), ExitStack() as patches:
        # The package names the function of the same name; the module is meant.
        for module in (import_module("guitara_app.appointments.queries.candidates"), seats):
            patches.enter_context(patch.object(module, "seat_jobs", _no_jobs))
        yield


def _no_jobs(_session: Any, people: Any, **_: Any) -> dict[int, list[Any]]:
    return {person: [] for person in people}
