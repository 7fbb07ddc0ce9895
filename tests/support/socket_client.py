"""A browser without a screen: speaks Reflex's wire protocol and keeps what its pages would show.

``Sockets`` runs one event loop in a thread; the ``Tab`` objects it opens have plain blocking methods, so that tests
read from top to bottom.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from itertools import count
from time import monotonic
from typing import Any, Self, TypeVar
from uuid import uuid4

import socketio

from guitara_app.components.connection import LOAD_AGAIN
from guitara_app.live.patches import merged

T = TypeVar("T")

# Lost connections are what many of its users are about.
_SILENT = logging.Logger("silent", logging.CRITICAL + 1)

NAMESPACE = "/_event"
ROOT = "reflex___state____state"
MARKER = "_rx_state_"
ASK_AGAIN = f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal"
HYDRATE = f"{ROOT}.hydrate_and_load"

# As the browser has them: between two tries to connect, at most, and until one that hangs is given up.
_PAUSE_S, _LONGEST_PAUSE_S, _GIVE_UP_S = 0.2, 2.0, 20.0
_ASK_AGAIN_S = 1.0


class _Listening(socketio.AsyncClient):
    """A client that hands on every frame as it came in, before anything is made of it."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        super().__init__(reconnection=False, logger=_SILENT, engineio_logger=_SILENT)
        self._heard = heard

    async def _handle_eio_message(self, data: str | bytes) -> None:
        self._heard(data if isinstance(data, str) else data.decode("utf-8", "replace"))
        await super()._handle_eio_message(data)

    async def give_up(self) -> None:
        """Let go of what is left of a connection that ended or never was."""
        if self.eio.http is not None and not self.eio.http.closed:
            await self.eio.http.close()

    def transport_below(self) -> asyncio.Transport | None:
        """What carries the bytes, while there is a connection."""
        writer = getattr(self.eio.ws, "_writer", None)
        return getattr(writer, "transport", None)


class Tab:
    """One browser tab on one page.

    ``values`` holds the variables of each state, by the state's last name (``desk_live``); ``log`` every update;
    ``frames`` every byte that came in, as text; ``misfits`` the differences that do not build on what is shown;
    ``heard`` counts the updates since the last try to connect.
    With ``returns`` it does by itself what a page does in a browser: comes back when the connection is lost, and asks
    again for what it cannot put together; what came in is then not kept.
    """

    def __init__(
        self, sockets: Sockets, base: str, path: str, cookie: str, query: dict[str, str], *, returns: bool = False
    ) -> None:
        self.base = base
        self.path = path
        self.cookie = cookie
        self.query = query
        self.token = str(uuid4())
        self.values: dict[str, dict[str, Any]] = {}
        self.log: list[dict[str, Any]] = []
        self.frames: list[str] = []
        self.events: list[dict[str, Any]] = []
        self.misfits: list[dict[str, Any]] = []
        self.closed_at: float | None = None
        self.connections = 0
        self.heard = 0
        self.returns = returns
        self._asked_at = 0.0
        self._sockets = sockets
        self._news = threading.Condition()
        self._client: _Listening | None = None
        self._vanished: list[_Listening] = []
        self._errands: set[asyncio.Task[None]] = set()

    def connect(self) -> Tab:
        """Open the socket; the page's ``on_load`` follows by itself."""
        self._sockets.run(self._connect())
        return self

    def close(self) -> None:
        """Close the socket, as a tab that is shut does."""
        self._sockets.run(self._close())

    def cut(self) -> None:
        """Lose the connection as when a cable is pulled and the other side notices."""
        self._sockets.run(self._cut(silently=False))

    def vanish(self) -> None:
        """Lose the connection as a phone does that changes networks: the server is told nothing."""
        self._sockets.run(self._cut(silently=True))

    def reconnect(self) -> None:
        """Lose the connection and come back with the same token and what was shown before."""
        self.close()
        self.connect()

    def go(self, path: str, query: dict[str, str] | None = None) -> None:
        """Navigate inside the application, keeping the socket."""
        self.path, self.query = path, query or {}
        self.send(ASK_AGAIN)

    def send(self, name: str, payload: dict[str, Any] | None = None) -> None:
        """Call a handler by its full name, for example ``SomeState.get_full_name() + ".save"``."""
        event = {"name": name, "payload": payload or {}, "router_data": self._router_data()}
        assert self._client is not None
        self._sockets.run(self._client.emit("event", event, namespace=NAMESPACE))

    def get(self, state: str, name: str, default: Any = None) -> Any:
        """A variable as the page has it now."""
        with self._news:
            return self.values.get(state, {}).get(name, default)

    def wait(self, condition: Callable[[Tab], bool], timeout: float = 5.0, what: str = "") -> float:
        """Wait until ``condition`` holds; returns the seconds it took."""
        started = monotonic()
        with self._news:
            held = self._news.wait_for(lambda: condition(self), timeout)
        if not held:
            raise AssertionError(f"not within {timeout} s: {what or condition}; the tab shows {self.values}")
        return monotonic() - started

    def wait_for(self, state: str, name: str, value: Any, timeout: float = 5.0) -> float:
        """Wait until a variable has this value."""
        return self.wait(
            lambda tab: tab.values.get(state, {}).get(name) == value, timeout, f"{state}.{name} == {value!r}"
        )

    def never(self, condition: Callable[[Tab], bool], seconds: float) -> None:
        """Watch for a while that ``condition`` does not come true."""
        with self._news:
            if self._news.wait_for(lambda: condition(self), seconds):
                raise AssertionError(f"happened: {condition}; the tab shows {self.values}")

    def wait_closed(self, timeout: float = 5.0) -> float:
        """Wait until the server has closed the socket."""
        return self.wait(lambda tab: tab.closed_at is not None, timeout, "closed by the server")

    def _router_data(self) -> dict[str, Any]:
        return {"pathname": self.path, "asPath": self.path, "query": self.query}

    async def _connect(self) -> None:
        self.closed_at, self.heard = None, 0
        client = self._client = _Listening(self._heard)
        client.on("event", lambda update: self._on_update(client, update), namespace=NAMESPACE)
        client.on("new_token", self._on_new_token, namespace=NAMESPACE)
        client.on("disconnect", lambda *_: self._on_disconnect(client), namespace=NAMESPACE)
        boot = {"name": HYDRATE, "payload": {}, "router_data": self._router_data()}
        connected = client.connect(
            f"{self.base}?token={self.token}",
            socketio_path="/_event",
            namespaces=[NAMESPACE],
            transports=["websocket"],
            headers={"Origin": self.base, "Cookie": self.cookie},
            auth={"event": boot},
            wait_timeout=_GIVE_UP_S,
        )
        try:
            await asyncio.wait_for(connected, _GIVE_UP_S)
        except BaseException:
            await client.give_up()
            raise
        self.connections += 1

    async def _close(self) -> None:
        self.returns = False
        for errand in self._errands:
            errand.cancel()
        for client in (*self._vanished, self._client):
            if client is not None:
                await client.disconnect()
                await client.give_up()

    async def _cut(self, *, silently: bool) -> None:
        client = self._client
        transport = client.transport_below() if client is not None else None
        if client is None or transport is None:
            return
        if silently:
            transport.pause_reading()
            self._vanished.append(client)
            self._on_disconnect(client)
        else:
            transport.abort()

    async def _come_back(self) -> None:
        for failed in count(1):
            try:
                await self._connect()
            except (socketio.exceptions.ConnectionError, OSError, TimeoutError, TypeError):
                await asyncio.sleep(min(_PAUSE_S * failed, _LONGEST_PAUSE_S))
            else:
                return

    async def _ask_again(self, after: float, name: str) -> None:
        await asyncio.sleep(after)
        if self._client is not None and self._client.connected:
            event = {"name": name, "payload": {}, "router_data": self._router_data()}
            await self._client.emit("event", event, namespace=NAMESPACE)

    def _go_about(self, errand: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _heard(self, frame: str) -> None:
        if not self.returns:
            self.frames.append(frame)

    def _on_update(self, client: _Listening, update: dict[str, Any]) -> None:
        if client is not self._client:
            return
        misfits = len(self.misfits)
        if self.returns and LOAD_AGAIN in str(update.get("events")):
            self._go_about(self._ask_again(_ASK_AGAIN_S, HYDRATE))
        with self._news:
            self.heard += 1
            if not self.returns:
                self.log.append(update)
                self.events.extend(update.get("events") or [])
            for name, changes in (update.get("delta") or {}).items():
                self._put(self.values.setdefault(name.rpartition(".")[2].rpartition("____")[2], {}), changes)
            self._news.notify_all()
        if self.returns and len(self.misfits) > misfits and monotonic() - self._asked_at > _ASK_AGAIN_S:
            self._asked_at = monotonic()
            self._go_about(self._ask_again(0.0, ASK_AGAIN))

    def _put(self, kept: dict[str, Any], changes: dict[str, Any]) -> None:
        plain = {key.removesuffix(MARKER): value for key, value in changes.items()}
        # Pages have variables of this name too; only what is pushed is counted.
        after = plain.pop("after", None) if "rev" in plain else None
        if after is not None and (kept.get("rev"), kept.get("scope")) != (after, plain["scope"]):
            self.misfits.append(plain)
            return
        kept.update({key: merged(kept.get(key), value) for key, value in plain.items()})

    async def _on_new_token(self, token: str) -> None:
        self.token = token

    def _on_disconnect(self, client: _Listening) -> None:
        if client is not self._client:
            return
        with self._news:
            self.closed_at = monotonic()
            self._news.notify_all()
        if self.returns:
            self._client = None
            if client not in self._vanished:
                self._go_about(client.give_up())
            self._go_about(self._come_back())


class Sockets:
    """The tabs of one test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tabs", daemon=True)
        self._tabs: list[Tab] = []
        self._frozen = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for tab in self._tabs:
            tab.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(
        self, base: str, path: str, *, cookie: str = "", query: dict[str, str] | None = None, returns: bool = False
    ) -> Tab:
        """A connected tab at ``base`` (``http://127.0.0.1:8000``) and ``path``; ``query`` holds route arguments too."""
        tab = Tab(self, base, path, cookie, query or {}, returns=returns)
        self._tabs.append(tab)
        return tab.connect()

    def freeze(self) -> None:
        """Let the tabs neither read nor answer, as a phone that has lost its signal."""
        self._frozen.clear()
        self._loop.call_soon_threadsafe(self._frozen.wait)

    def thaw(self) -> None:
        """Let them go on."""
        self._frozen.set()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the tabs' loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
