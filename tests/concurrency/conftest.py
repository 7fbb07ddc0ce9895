"""What several operators at once need: a start shot for all, and answers kept apart from errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from guitara_app.kit.errors import GuitaraError

AtOnce = Callable[..., list[Any]]


@pytest.fixture
def at_once() -> AtOnce:
    """Call everything at the same moment, each in a thread; what it returned, or the refusal it raised, in order.

    Anything but a refusal meant for the user fails the test.
    """

    def call_all(calls: Sequence[Callable[[], Any]]) -> list[Any]:
        shot = threading.Barrier(len(calls))

        def one(call: Callable[[], Any]) -> Any:
            shot.wait(10)
            try:
                return call()
            except GuitaraError as refusal:
                return refusal

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(one, calls))

    return call_all
