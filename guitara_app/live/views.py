"""What every watched scope shows, read once for all who watch it in this process.

One lock for each scope stands around "read and send", for what a newcomer makes it read and for pushes alike. Without
it a change that lands while a snapshot is being read is pushed first and then overtaken by the older snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from time import monotonic, time
from typing import Any, NamedTuple

import structlog
from engineio.packet import Packet

from guitara_app.kit.metrics import PUSH_SECONDS, cache_read
from guitara_app.kit.outbox import Group, group_of
from guitara_app.kit.threads import in_viewing_thread
from guitara_app.live import readers
from guitara_app.live.channel import Channel
from guitara_app.live.patches import difference
from guitara_app.live.reading import Reader, Readers
from guitara_app.live.scopes import Kind, Scope
from guitara_app.live.states import KEYED
from guitara_app.live.versions import versions
from guitara_app.settings import settings

log = structlog.get_logger(__name__)

MAX_AGE_S = 60.0
"""The present moves on without any change: minutes pass, the evening turns. So nothing is shown unread for longer."""

_TIMELESS_AGE_S = 600.0
_TIMELESS = {Kind.INBOX, Kind.PROFILE, Kind.WAITING, Kind.CATALOG, Kind.WORKLOAD}
"""What shows no minutes, only days or none; every page has one of these.

A client's card shows none either, but after an import of very many it is its age alone that tells of the change.
"""

_AGED_AT_ONCE = 8
"""Who looks at what has only aged waits behind those to whom something happened: hundreds age in the same minute."""

_MAX_AGE_UNSURE_S = 1.0
_RETRY_S = 1.0
_UNUSED_S = 60.0

_REST, _LONGEST_REST_S = 8, 2.0
"""A view rests this many times as long as it took to read. What is dear under load is then read more rarely, and the
first change after a quiet while still at once.
"""

_NEWS_REST, _LONGEST_NEWS_REST_S = 4, 0.4
"""The same for what is told of a few visits before all of it is read."""

_NEVER, _FOREVER = float("-inf"), float("inf")


class Cause(NamedTuple):
    """What made a view outdated: when that was committed (seconds since 1970), and the visits it was about."""

    committed_at: float
    visits: frozenset[int]


class Mark(NamedTuple):
    """What somebody was sent of a view: which reading of which view it was."""

    view: int
    rev: int


_count = count(1)


def _window_s() -> float:
    return settings().merge_window_ms / 1000


def _rest_s(took_s: float, times: int, longest_s: float) -> float:
    """How long after a read that took so long the next may begin."""
    return max(_window_s(), min(times * took_s, longest_s))


class View:
    """One scope in this process: what its room was last sent, and how new that is."""

    def __init__(self, scope: Scope, channel: Channel, reader: Reader) -> None:
        self.scope = scope
        self.version = -1
        # Unlike its scope's name never given again: a view that nobody used is forgotten, and the next begins anew.
        self._number = next(_count)
        self._rev = 0
        self._values: dict[str, Any] | None = None
        self._encoded: Packet | None = None
        # What everybody of a role watches, and what few do or one alone: the first time costs a read either way.
        self._cache = "views" if scope.key else "boards"
        self._channel = channel
        self._reader = reader
        self._lock = asyncio.Lock()
        self._changed = False
        self._waiting_since: float | None = None
        # Visits of which news can be sent before all of it is read again.
        self._news: frozenset[int] = frozenset()
        # Those that changed while all of it is being read, and of which news were sent; and how often all of it was.
        self._told: frozenset[int] = frozenset()
        self._begun = 0
        self._stirred = asyncio.Event()
        self.read_at = self._retry_at = _NEVER
        # When it may be pushed again: what is new of a few visits, and all of it.
        self._news_due = self._whole_due = _NEVER
        self._took_s = 0.0
        self._used_at = monotonic()
        self._pins = 0
        self._pusher: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def watched(self) -> bool:
        """Somebody is in the room."""
        return self._channel.members(self.scope) > 0

    @property
    def mark(self) -> Mark:
        """What everybody in the room has been sent."""
        return Mark(self._number, self._rev)

    @property
    def unused(self) -> bool:
        """Nobody watches, waits or reads, and nobody has for a while."""
        idle = not (self.watched or self._pins or self._pusher or self._reading)
        return idle and monotonic() - self._used_at > _UNUSED_S

    @property
    def aged(self) -> bool:
        """Read too long ago to be the present."""
        return monotonic() - self.read_at > self._max_age_s

    @property
    def _max_age_s(self) -> float:
        return _TIMELESS_AGE_S if self.scope.kind in _TIMELESS else MAX_AGE_S

    def changed(self, cause: Cause | None = None) -> None:
        """Something behind this view is new: read it again and push it, now or, in a burst, when the window is over."""
        if cause is not None:
            self._waiting_since = self._waiting_since or cause.committed_at
            if cause.visits and self._values is not None and self.scope.kind in readers.NEWS:
                self._news |= cause.visits
                if not self._changed:
                    # The news go first; all of it is read when what belongs together has come in.
                    self._whole_due = max(self._whole_due, monotonic() + _window_s())
        self._changed = True
        self._stirred.set()
        if self._pusher is None and self.watched:
            self._pusher = asyncio.create_task(self._push(), name=f"push {self.scope.topic}")

    async def show(self, sid: str, enter: Callable[[], bool], had: Mark | None = None) -> None:
        """Bring the view up to date, let the socket ``enter`` the room, and send it everything.

        Of what it still has from before (``had``) it is told only that this is the present. Whoever joins a room that
        is about to be sent something is sent what the room has, and then the news with it. Never raises for a silent
        database: the newcomer is sent what is known, and the rest when it can be read.
        """
        with self._pinned():
            try:
                on_its_way = self._values is not None and self._lock.locked()
                outdated = not on_its_way and await self._outdated()
                cache_read(self._cache, hit=not outdated and self._values is not None)
                if outdated:
                    async with self._lock:
                        if await self._outdated():
                            async with self._reader.turn(newcomer=True):
                                await self._read_and_send()
                # Without the lock: nothing comes in between, and a read that goes on tells the room what it finds.
                if enter() and self._values is not None:
                    self._channel.put(sid, self._same() if had == self.mark else self._whole())
            finally:
                if self._changed:
                    self.changed()

    async def _push(self) -> None:
        try:
            while self._changed and self.watched:
                now = monotonic()
                news = self._news_due if self._news and self._values is not None else _FOREVER
                whole = max(self._whole_due, self._retry_at) if self._reading is None else _FOREVER
                if news <= now:
                    await self._read_and_send_news()
                elif whole <= now:
                    # Beside this: what is soon told does not wait for what takes long.
                    self._reading = asyncio.create_task(self._read_whole(), name=f"read {self.scope.topic}")
                else:
                    await self._rest(min(news, whole) - now)
        except Exception:
            self._give_up()
        finally:
            self._pusher = None

    async def _read_whole(self) -> None:
        try:
            # The lock second: a newcomer who must read takes it at once, while this waits its turn.
            async with self._reader.turn(newcomer=False), self._lock:
                if self._changed:
                    began = monotonic()
                    await self._read_and_send()
                    self._whole_due = began + _rest_s(self._took_s, _REST, _LONGEST_REST_S)
        except Exception:
            self._give_up()
        finally:
            self._reading = None
            self._stirred.set()
            if self._changed:
                self.changed()

    def _give_up(self) -> None:
        self._values = self._encoded = None
        log.exception("live view not pushed", kind=str(self.scope.kind))

    async def _rest(self, seconds: float) -> None:
        """Until then, or until something is new whose news may be due sooner."""
        self._stirred.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if seconds == _FOREVER else seconds):
                await self._stirred.wait()

    async def _outdated(self) -> bool:
        if self._values is not None and self._changed and self._pusher is not None:
            # While much happens there is always a change on its way: if each newcomer read for it, nobody shared.
            return False
        if self._values is None or self._changed:
            # After a failure the pusher tries again; the many who join meanwhile do not each wait for the same error.
            return monotonic() >= self._retry_at
        known = await versions([self.scope.source])
        age = monotonic() - self.read_at
        if known is not None and known[0] != self.version and age <= self._max_age_s and self.watched:
            # The message is on its way, or was lost: the room is told now, and the newcomer as one of them.
            self._changed = True
            return False
        return age > _MAX_AGE_UNSURE_S if known is None else known[0] != self.version or age > self._max_age_s

    async def _read_and_send_news(self) -> None:
        """Send at once what is quickly read of a few visits; the view stays outdated, and all of it is read later."""
        visits, self._news = self._news, frozenset()
        began, begun = monotonic(), self._begun
        self._news_due = began + _window_s()
        try:
            while (before := self._values) is not None:
                news = await in_viewing_thread(readers.read_news, self.scope, before, visits)
                if self._values is before:
                    break
            else:
                return
        except Exception as error:
            log.warning("news of a live view not read", kind=str(self.scope.kind), error=type(error).__name__)
            return
        self._news_due = began + _rest_s(monotonic() - began, _NEWS_REST, _LONGEST_NEWS_REST_S)
        if begun == self._begun:
            self._told |= visits
        since, self._waiting_since = self._waiting_since, None
        self._send({**before, **news}, since)

    async def _read_and_send(self) -> None:
        self._changed = False
        self._news = self._told = frozenset()
        self._begun += 1
        since, self._waiting_since = self._waiting_since, None
        try:
            values, version, took_s = await self._reader.read(self.scope)
            while told := self._told:
                # News that went ahead meanwhile may be newer than this.
                self._told = frozenset()
                values = {**values, **await in_viewing_thread(readers.read_news, self.scope, values, told)}
        except asyncio.CancelledError:
            self._changed = True
            raise
        except Exception as error:
            self._changed = True
            self._waiting_since = since
            self._retry_at = monotonic() + _RETRY_S
            log.warning("live view not read", kind=str(self.scope.kind), error=type(error).__name__)
            return
        self._send(values, since)
        self.version = version
        self.read_at = monotonic()
        self._retry_at = _NEVER
        self._took_s = took_s

    def _send(self, values: dict[str, Any], since: float | None) -> None:
        """Keep ``values`` and send the room what is new in them, whose cause was committed at ``since``."""
        if self._send_difference(values) and since is not None:
            PUSH_SECONDS.labels(self.scope.kind).observe(max(0.0, time() - since))

    def _send_difference(self, values: dict[str, Any]) -> int:
        """To how many sockets."""
        before, self._values = self._values, values
        if before == values:
            return 0
        self._encoded = None
        rev, self._rev = self._rev, self._rev + 1
        if not self.watched:
            return 0
        if before is None:
            return self._channel.put(self.scope.topic, self._whole())
        keys = KEYED[self.scope.kind]
        news = {
            name: difference(before.get(name), value, keys[name]) if name in keys else value
            for name, value in values.items()
            if name not in before or before[name] != value
        }
        frame = self._channel.frame(self.scope, {**news, "rev": self._rev, "after": rev})
        return self._channel.put(self.scope.topic, frame)

    def _whole(self) -> Packet:
        """Everything there is, encoded once for all who join before it changes."""
        if self._encoded is None:
            self._encoded = self._channel.frame(self.scope, {**(self._values or {}), "rev": self._rev})
        return self._encoded

    def _same(self) -> Packet:
        """That nothing is new; whoever has something else asks for everything."""
        return self._channel.frame(self.scope, {"rev": self._rev, "after": self._rev})

    @contextmanager
    def _pinned(self) -> Iterator[None]:
        self._pins += 1
        try:
            yield
        finally:
            self._pins -= 1
            self._used_at = monotonic()


def _longest_unread(view: View) -> tuple[bool, float]:
    """First what many look at."""
    return view.scope.key != 0, view.read_at


class Views:
    """All views of this process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._views: dict[Scope, View] = {}
        self._readers = Readers()

    def of(self, scope: Scope) -> View:
        """The one view of ``scope``."""
        view = self._views.get(scope)
        if view is None:
            view = self._views[scope] = View(scope, self._channel, self._readers.of(scope))
        return view

    def change(self, scope: Scope, version: int, cause: Cause) -> None:
        """Take note that ``scope`` has reached ``version``, and why."""
        view = self._views.get(scope)
        if view is not None and view.version < version:
            view.changed(cause)

    def resync(self, groups: Collection[Group] | None = None) -> None:
        """Changes (of these groups, or any) may have been missed: what is known counts as new no more."""
        for view in self._views.values():
            if groups is None or group_of(view.scope.source) in groups:
                view.changed()

    def refresh_aged(self) -> None:
        """Read again what the clock has outdated, and forget what nobody uses."""
        for scope, view in list(self._views.items()):
            if view.unused:
                del self._views[scope]
        aged = sorted((view for view in self._views.values() if view.watched and view.aged), key=_longest_unread)
        for view in aged[:_AGED_AT_ONCE]:
            view.changed()

    async def compare(self) -> None:
        """Find watched views whose topic has moved on without a message having told so."""
        watched = [view for view in self._views.values() if view.watched]
        known = await versions([view.scope.source for view in watched])
        for view, version in zip(watched, known or [], strict=False):
            if view.version != version:
                view.changed()
