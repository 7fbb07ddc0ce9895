"""Times every event of a page, Reflex's own included, from taking the tab's state to its last answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import reflex as rx
from reflex_base.event.processor import BaseStateEventProcessor, EventProcessor
from reflex_base.event.processor.event_processor import EventQueueEntry
from reflex_base.registry import RegisteredEventHandler

from guitara_app.kit import metrics
from guitara_app.kit.measuring import Work, current, measured


def measure_events(app: rx.App) -> None:
    """For ``register_lifespan_task``: Reflex makes its processor anew when the server starts."""
    measure(app.event_processor)


def measure(processor: EventProcessor) -> None:
    """Let ``processor`` count and time every event; its name comes from the registry of handlers."""
    if not isinstance(processor, BaseStateEventProcessor):
        return
    execute = processor._execute_event

    async def timed(*, entry: EventQueueEntry, registered_handler: RegisteredEventHandler) -> None:
        with measured_event(entry.event.name):
            await execute(entry=entry, registered_handler=registered_handler)

    processor._execute_event = timed  # type: ignore[method-assign]  # one instance, on purpose


@contextmanager
def measured_event(name: str) -> Iterator[None]:
    """Count and time what happens inside as the handler of this full name."""
    work, answered = Work("handler", _short(name)), False
    try:
        with measured(work):
            yield
            answered = True
    except Exception:
        answered = work.failed = True
        raise
    finally:
        # A cancelled one (somebody has left the page already) was never answered.
        if answered:
            metrics.HANDLER_SECONDS.labels(work.name).observe(work.seconds)
        if work.failed:
            metrics.HANDLER_ERRORS.labels(work.name).inc()


def failed() -> None:
    """The event that is being handled ended in an error that nobody foresaw."""
    work = current()
    if work is not None:
        work.failed = True


@lru_cache(maxsize=2048)
def _short(name: str) -> str:
    """``board_state.claim`` of a name that leads through all the packages it lies in."""
    return name.rpartition("____")[2]
