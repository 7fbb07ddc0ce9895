"""Sends events through Reflex's own processor, as sockets do, and keeps what browsers would be told."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from typing import Any

from reflex.app import App
from reflex.istate.manager.memory import StateManagerMemory
from reflex.state import BaseState
from reflex_base.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.event.processor.event_processor import EventQueueEntry

from guitara_app.pages.measuring import measure


@dataclasses.dataclass
class Told:
    """What one event made the server say."""

    deltas: list[Mapping[str, Any]] = dataclasses.field(default_factory=list)
    events: list[Event] = dataclasses.field(default_factory=list)
    handled: list[str] = dataclasses.field(default_factory=list)
    """The full name of every event that was handled, with what each caused."""

    def says(self, sentence: str) -> bool:
        """Whether a notice with ``sentence`` was shown."""
        return any(sentence in str(event.payload) for event in self.events)

    def leads_to(self, path: str) -> bool:
        """Whether the browser was sent to ``path``."""
        return any(event.name == "_redirect" and path in str(event.payload) for event in self.events)

    @property
    def values(self) -> dict[str, Any]:
        """The last value of every variable sent, by its bare name, whatever its state."""
        return {
            name.removesuffix("_rx_state_"): value
            for delta in self.deltas
            for state in delta.values()
            for name, value in state.items()
        }


class _Processor(BaseStateEventProcessor):
    async def _rehydrate(self, root_state: BaseState) -> None:
        """A fresh state is sent to nobody: only what the handler itself says is of interest."""


class Browser:
    """One tab: a token and a cookie, without a socket.

    Each call finds a fresh state, unless there are ``states`` to find it in.
    """

    def __init__(
        self, app: App, cookie: str = "", path: str = "/board", *, states: StateManagerMemory | None = None
    ) -> None:
        self._app = app
        self._states = states
        self._headers = {"cookie": cookie, "origin": "http://localhost:8000", "host": "localhost:8000"}
        self._path = path

    def call(self, name: str, payload: dict[str, Any] | None = None) -> Told:
        """Call the handler ``name`` (its full name) and wait until all it caused is done."""
        return asyncio.run(self._call(name, payload or {}))

    async def _call(self, name: str, payload: dict[str, Any]) -> Told:
        told = Told()

        async def emit_delta(_token: str, delta: Mapping[str, Any]) -> None:
            told.deltas.append(delta)

        async def emit_event(_token: str, *events: Event) -> None:
            told.events.extend(events)

        processor = _Processor(
            middleware=self._app,
            backend_exception_handler=self._app.backend_exception_handler,
            graceful_shutdown_timeout=2,
        )
        measure(processor)
        execute = processor._execute_event

        async def noted(*, entry: EventQueueEntry, **more: Any) -> None:
            told.handled.append(entry.event.name)
            await execute(entry=entry, **more)

        processor._execute_event = noted  # type: ignore[method-assign]  # one instance, on purpose
        processor.configure(state_manager=self._states or StateManagerMemory())
        context = processor._root_context
        assert context is not None
        processor._root_context = dataclasses.replace(context, emit_delta_impl=emit_delta, emit_event_impl=emit_event)
        where = {"pathname": self._path, "asPath": self._path, "query": {}}
        event = Event(
            name=name, payload=payload, router_data={**where, "token": "t", "sid": "s", "headers": self._headers}
        )
        async with processor:
            done = await processor.enqueue("t", event)
            await done.wait_all()
        return told
