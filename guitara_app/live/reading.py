"""How views come to what they show: so many reads at once, and what single people look at for many of them together.

A change is about a few people, and hundreds of them have their phones in their hands. Read one by one, each costs as
many statements as all together, and whoever is last waits for everybody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import islice
from time import monotonic
from typing import Any, NamedTuple, Protocol

from guitara_app.kit.threads import in_viewing_thread
from guitara_app.live import readers
from guitara_app.live.scopes import Kind, Scope
from guitara_app.live.versions import versions

_AT_ONCE = {"newcomers": 2, "boards": 2, "views": 3}
"""Who opens a page, and what many look at, never waits behind what one person looks at, of which there are hundreds."""

_MOST_TOGETHER = 24


class Read(NamedTuple):
    """What there is to show, the version it has at least (-1: not known), and how long reading it took, in seconds."""

    values: dict[str, Any]
    version: int
    took_s: float


class Reader(Protocol):
    """Where a view's values come from."""

    def turn(self, *, newcomer: bool) -> AbstractAsyncContextManager[Any]:
        """To be held while reading; whoever waits for it holds up nobody who only wants to see what is known."""

    async def read(self, scope: Scope) -> Read:
        """All that ``scope`` shows, or the error there was."""


class Apart:
    """Each by itself, a few at once."""

    def __init__(self, turns: asyncio.Semaphore, newcomers: asyncio.Semaphore) -> None:
        self._turns, self._newcomers = turns, newcomers

    def turn(self, *, newcomer: bool) -> AbstractAsyncContextManager[Any]:
        """One of a few."""
        return self._newcomers if newcomer else self._turns

    async def read(self, scope: Scope) -> Read:
        """The version first: a change that commits in between is then read again rather than missed."""
        (version,) = await _versions([scope])
        began = monotonic()
        values = await in_viewing_thread(readers.read, scope)
        return Read(values, version, monotonic() - began)


class Together:
    """All of a kind that are asked for while one read goes on are read in the next, with the same few statements."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._asked: dict[Scope, asyncio.Future[Read]] = {}
        self._reading: asyncio.Task[None] | None = None

    def turn(self, *, newcomer: bool) -> AbstractAsyncContextManager[Any]:
        """None to wait for: everybody comes along next time."""
        del newcomer
        return nullcontext()

    async def read(self, scope: Scope) -> Read:
        """Together with the others."""
        asked = self._asked.get(scope)
        if asked is None:
            asked = self._asked[scope] = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all(), name=f"read {self._kind}")
        # Whoever gives up waiting does not take the answer from another.
        return await asyncio.shield(asked)

    async def _read_all(self) -> None:
        try:
            while self._asked:
                asked = {scope: self._asked.pop(scope) for scope in list(islice(self._asked, _MOST_TOGETHER))}
                try:
                    found = await self._read(list(asked))
                except Exception as error:
                    for future in asked.values():
                        future.set_exception(error)
                        future.exception()  # it is known, even if nobody waits for it any more
                    continue
                for scope, future in asked.items():
                    future.set_result(found[scope])
        finally:
            self._reading = None

    async def _read(self, scopes: list[Scope]) -> dict[Scope, Read]:
        known = await _versions(scopes)
        began = monotonic()
        values = await in_viewing_thread(readers.read_many, self._kind, [scope.key for scope in scopes])
        took_s = monotonic() - began
        return {scope: Read(values[scope.key], version, took_s) for scope, version in zip(scopes, known, strict=True)}


class Readers:
    """All of this process."""

    def __init__(self) -> None:
        # Reads must not take every thread from the handlers, least of all after a reconnect, when all are due.
        turns = {name: asyncio.Semaphore(many) for name, many in _AT_ONCE.items()}
        self._boards, self._views = (Apart(turns[name], turns["newcomers"]) for name in ("boards", "views"))
        self._together: dict[Kind, Reader] = {kind: Together(kind) for kind in readers.OF_MANY}

    def of(self, scope: Scope) -> Reader:
        """The one for ``scope``."""
        return self._together.get(scope.kind) or (self._views if scope.key else self._boards)


async def _versions(scopes: Iterable[Scope]) -> list[int]:
    sources = [scope.source for scope in scopes]
    return await versions(sources) or [-1] * len(sources)
