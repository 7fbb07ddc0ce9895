"""What every watched scope shows, read once for all who watch it in this process.

One lock for each scope stands around "read and send", for the snapshot of a newcomer and for pushes alike. Without it a
change that lands while a snapshot is being read is pushed first and then overtaken by the older snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import structlog

from guitara_app.kit.threads import in_thread
from guitara_app.live import readers
from guitara_app.live.channel import Channel
from guitara_app.live.scopes import Scope
from guitara_app.live.versions import versions
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

MAX_AGE_S = 60.0
"""The present moves on without any change: minutes pass, the evening turns. So nothing is shown unread for longer."""

_MAX_AGE_UNSURE_S = 1.0
_RETRY_S = 1.0
_UNUSED_S = 60.0
_READS_AT_ONCE = 4
_NEVER = float("-inf")


class View:
    """One scope in this process: what its room was last sent, and how new that is."""

    def __init__(self, scope: Scope, channel: Channel, reads: asyncio.Semaphore) -> None:
        self.scope = scope
        self.version = -1
        self._values: dict[str, Any] | None = None
        self._channel = channel
        self._reads = reads
        self._lock = asyncio.Lock()
        self._changed = False
        self._read_at = self._pushed_at = self._retry_at = _NEVER
        self._used_at = monotonic()
        self._pins = 0
        self._pusher: asyncio.Task[None] | None = None

    @property
    def watched(self) -> bool:
        """Somebody is in the room."""
        return self._channel.members(self.scope) > 0

    @property
    def unused(self) -> bool:
        """Nobody watches, waits or reads, and nobody has for a while."""
        idle = not (self.watched or self._pins or self._pusher)
        return idle and monotonic() - self._used_at > _UNUSED_S

    @property
    def aged(self) -> bool:
        """Read too long ago to be the present."""
        return monotonic() - self._read_at > MAX_AGE_S

    def changed(self) -> None:
        """Something behind this view is new: read it again and push it, now or, in a burst, when the window is over."""
        self._changed = True
        if self._pusher is None and self.watched:
            self._pusher = asyncio.create_task(self._push(), name=f"push {self.scope.topic}")

    async def show(self, sid: str, enter: Callable[[], bool]) -> None:
        """Bring the view up to date, let the socket ``enter`` the room, and send it everything.

        Never raises for a silent database: the newcomer is sent what is known, and the rest when it can be read.
        """
        with self._pinned():
            try:
                async with self._lock:
                    if await self._outdated():
                        await self._read_and_send()
                    if enter() and self._values is not None:
                        await self._channel.send(sid, self.scope, self._values)
            finally:
                if self._changed:
                    self.changed()

    async def _push(self) -> None:
        window = settings().merge_window_ms / 1000
        try:
            while self._changed and self.watched:
                pause = max(self._pushed_at + window, self._retry_at) - monotonic()
                if pause > 0:
                    await asyncio.sleep(pause)
                async with self._lock:
                    if self._changed:
                        self._pushed_at = monotonic()
                        await self._read_and_send()
        except Exception:
            self._values = None
            log.exception("live view not pushed", kind=str(self.scope.kind))
        finally:
            self._pusher = None

    async def _outdated(self) -> bool:
        if self._values is None or self._changed:
            # After a failure the pusher tries again; the many who join meanwhile do not each wait for the same error.
            return monotonic() >= self._retry_at
        known = await versions([self.scope.topic])
        age = monotonic() - self._read_at
        return age > _MAX_AGE_UNSURE_S if known is None else known[0] != self.version or age > MAX_AGE_S

    async def _read_and_send(self) -> None:
        self._changed = False
        try:
            # The version first: a change that commits in between is then read again rather than missed.
            known = await versions([self.scope.topic])
            async with self._reads:
                values = await in_thread(readers.read, self.scope)
        except asyncio.CancelledError:
            self._changed = True
            raise
        except Exception as error:
            self._changed = True
            self._retry_at = monotonic() + _RETRY_S
            log.warning("live view not read", kind=str(self.scope.kind), error=type(error).__name__)
            return
        before = self._values or {}
        news = {name: value for name, value in values.items() if name not in before or before[name] != value}
        self._values = values
        self.version = known[0] if known else -1
        self._read_at = monotonic()
        self._retry_at = _NEVER
        if news and self.watched:
            await self._channel.send(self.scope.topic, self.scope, news)

    @contextmanager
    def _pinned(self) -> Iterator[None]:
        self._pins += 1
        try:
            yield
        finally:
            self._pins -= 1
            self._used_at = monotonic()


class Views:
    """All views of this process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._views: dict[Scope, View] = {}
        # Reads must not take every thread from the handlers, least of all after a reconnect, when all are due.
        self._reads = asyncio.Semaphore(_READS_AT_ONCE)

    def of(self, scope: Scope) -> View:
        """The one view of ``scope``."""
        view = self._views.get(scope)
        if view is None:
            view = self._views[scope] = View(scope, self._channel, self._reads)
        return view

    def change(self, scope: Scope, version: int) -> None:
        """Take note that ``scope`` has reached ``version``."""
        view = self._views.get(scope)
        if view is not None and view.version < version:
            view.changed()

    def resync(self) -> None:
        """Changes may have been missed: nothing that is known counts as new any more."""
        for view in self._views.values():
            view.changed()

    def refresh_aged(self) -> None:
        """Read again what the clock has outdated, and forget what nobody uses."""
        for scope, view in list(self._views.items()):
            if view.unused:
                del self._views[scope]
            elif view.watched and view.aged:
                view.changed()

    async def compare(self) -> None:
        """Find watched views whose topic has moved on without a message having told so."""
        watched = [view for view in self._views.values() if view.watched]
        known = await versions([view.scope.topic for view in watched])
        for view, version in zip(watched, known or [], strict=False):
            if view.version != version:
                view.changed()
