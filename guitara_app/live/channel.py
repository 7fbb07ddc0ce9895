"""The sockets of this process: rooms, what is put on the wire, and what is kept off it."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import Any

import reflex as rx
import structlog
from engineio.packet import MESSAGE, Packet
from reflex.app import EventNamespace
from reflex.state import StateUpdate
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.event import Event, EventSpec
from socketio.packet import EVENT

from guitara_app.live.scopes import Scope
from guitara_app.live.states import PUSHED, LinkLive

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
        ours: list[type[rx.State]] = [*PUSHED.values(), LinkLive]
        pushed = frozenset(state.get_full_name() for state in ours)

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

    def joined(self, sid: str, scope: Scope) -> bool:
        """Whether the socket is in the scope's room."""
        return sid in self._rooms().get(scope.topic, {})

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

    def frame(self, scope: Scope, values: dict[str, Any]) -> Packet:
        """What sets pushed variables of ``scope`` in a browser, encoded."""
        return self._frame(PUSHED[scope.kind], {**values, "scope": scope.topic})

    def put(self, to: str, frame: Packet) -> int:
        """Send ``frame`` to one socket, or to everybody in the room ``to``; returns how many sockets there were.

        It is put straight where each socket's writer takes it from: Socket.IO's own ``emit`` encodes it anew, makes a
        task for each socket and waits for all.
        """
        sockets = [self._sio.eio.sockets.get(transport) for transport in list(self._rooms().get(to, {}).values())]
        open_ones = [one for one in sockets if one is not None and not one.closed]
        for one in open_ones:
            one.queue.put_nowait(frame)
        return len(open_ones)

    def look_after(self, sid: str, came_back: Callable[[str, float], None]) -> None:
        """From now on call ``came_back`` with the seconds from each ping of this socket to its answer.

        And let its writer wait for what to send without a task and a timer for each frame, which Engine.IO makes so
        that a writer whom nobody pings ends: half of what a push to hundreds of sockets would cost.
        """
        transport = self._rooms().get(None, {}).get(sid)
        one = self._sio.eio.sockets.get(transport)
        if one is None or "schedule_ping" in vars(one):
            return
        ping_again, queue = one.schedule_ping, one.queue

        def answered() -> None:
            if one.last_ping:
                came_back(sid, time.time() - one.last_ping)
            ping_again()

        async def next_frames() -> list[Packet]:
            frames = [await queue.get()]
            while frames[-1] is not None and not queue.empty():
                frames.append(queue.get_nowait())
            for _ in frames:
                queue.task_done()
            if frames[-1] is None and len(frames) > 1:
                # The end comes after what was to be sent before it.
                queue.put_nowait(None)
            return [frame for frame in frames if frame is not None]

        one.schedule_ping, one.poll = answered, next_frames

    def tell_round_trip(self, sid: str, ms: int) -> None:
        """Show the browser of this socket how long its messages take."""
        self.put(sid, self._frame(LinkLive, {"ms": ms}))

    def sockets(self) -> int:
        """How many there are in this process."""
        return len(self._rooms().get(None, {}))

    async def drop_dead(self) -> None:
        """Close sockets whose last ping is overdue; Engine.IO's own look at each comes round too rarely."""
        late = time.time() - self._sio.eio.ping_timeout
        for one in list(self._sio.eio.sockets.values()):
            if not one.closed and not one.closing and one.last_ping and one.last_ping < late:
                await one.check_ping_timeout()

    def _frame(self, state: type[rx.State], values: dict[str, Any]) -> Packet:
        marked = {name + FIELD_MARKER: value for name, value in values.items()}
        update = StateUpdate(delta={state.get_full_name(): marked})
        event = self._sio.packet_class(EVENT, namespace=self._namespace.namespace, data=["event", update]).encode()
        return Packet(MESSAGE, event)

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
