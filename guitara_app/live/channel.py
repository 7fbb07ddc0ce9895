"""The sockets of this process: rooms, what is put on the wire, and what is kept off it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable
from typing import Any

import reflex as rx
import structlog
from reflex.app import EventNamespace
from reflex.state import StateUpdate
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.event import Event, EventSpec

from guitara_app.live.scopes import Scope
from guitara_app.live.states import PUSHED

log = structlog.get_logger(__name__)

_CLOSE_S = 5.0


class Channel:
    """What ``live`` needs of Reflex's event namespace and of Socket.IO below it."""

    def __init__(self, app: rx.App) -> None:
        if app.event_namespace is None or app.sio is None:
            raise RuntimeError("Reflex runs without state, so nothing can be pushed.")
        self._namespace: EventNamespace = app.event_namespace
        self._sio: Any = app.sio

    def keep_defaults_off_the_wire(self) -> None:
        """Drop Reflex's own emission of pushed variables.

        The server never holds their values, so what Reflex sends of them on a reconnect, after an idle time or on
        ``reset()`` are the defaults, which would blank the page.
        """
        emit_update = self._namespace.emit_update
        pushed = frozenset(state.get_full_name() for state in PUSHED.values())

        async def filtered(update: StateUpdate, token: str) -> None:
            if not pushed.isdisjoint(update.delta):
                update = dataclasses.replace(
                    update, delta={name: values for name, values in update.delta.items() if name not in pushed}
                )
                if not update.delta and not update.events:
                    return
            await emit_update(update, token)

        self._namespace.emit_update = filtered  # type: ignore[method-assign]  # one instance, on purpose

    def connected(self, sid: str) -> bool:
        """Whether the socket is one of this process and still there."""
        return sid in self._rooms().get(None, {})

    def members(self, scope: Scope) -> int:
        """How many sockets of this process are in the scope's room."""
        return len(self._rooms().get(scope.topic, ()))

    def join(self, sid: str, scope: Scope) -> bool:
        """Enter the scope's room; False when the socket is gone."""
        if not self.connected(sid):
            return False
        self._sio.manager.basic_enter_room(sid, self._namespace.namespace, scope.topic)
        return True

    def leave_all(self, sid: str, *, but: Iterable[Scope] = ()) -> None:
        """Leave every scope's room except those named."""
        kept = {sid, *(scope.topic for scope in but)}
        for room in self._sio.manager.get_rooms(sid, self._namespace.namespace):
            if room not in kept:
                self._sio.manager.basic_leave_room(sid, self._namespace.namespace, room)

    async def send(self, to: str, scope: Scope, values: dict[str, Any]) -> None:
        """Set pushed variables of ``scope`` in the browser of one socket, or of everybody in the room ``to``."""
        marked = {name + FIELD_MARKER: value for name, value in {**values, "scope": scope.topic}.items()}
        await self._namespace.emit("event", StateUpdate(delta={PUSHED[scope.kind].get_full_name(): marked}), room=to)

    async def close(self, sid: str, last_words: EventSpec) -> None:
        """Send the browser one more event, then take it out of everything and close its socket."""
        self.leave_all(sid)
        transport = self._rooms().get(None, {}).get(sid)
        if transport is None:
            return
        await self._namespace.emit("event", StateUpdate(events=Event.from_event_type([last_words])), to=sid)
        await self._sio.disconnect(sid, namespace=self._namespace.namespace)
        try:
            await asyncio.wait_for(self._sio.eio.disconnect(transport), _CLOSE_S)
        except TimeoutError:
            # A dead peer that will never read: it is in no room any more, and its ping ends it.
            log.info("socket did not take its last words")

    def _rooms(self) -> dict[str | None, dict[str, str]]:
        found: dict[str | None, dict[str, str]] = self._sio.manager.rooms.get(self._namespace.namespace, {})
        return found
