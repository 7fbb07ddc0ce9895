"""A browser without a screen: speaks Reflex's wire protocol and keeps what its pages would show.

``Sockets`` runs one event loop in a thread; the ``Tab`` objects it opens have plain blocking methods, so that tests
read from top to bottom.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, Self, TypeVar
from uuid import uuid4

import socketio

T = TypeVar("T")

NAMESPACE = "/_event"
ROOT = "reflex___state____state"
MARKER = "_rx_state_"


class Tab:
    """One browser tab on one page.

    ``values`` holds the variables of each state, by the state's last name (``desk_live``); ``log`` every update.
    """

    def __init__(self, sockets: Sockets, base: str, path: str, cookie: str, query: dict[str, str]) -> None:
        self.base = base
        self.path = path
        self.cookie = cookie
        self.query = query
        self.token = str(uuid4())
        self.values: dict[str, dict[str, Any]] = {}
        self.log: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.closed_at: float | None = None
        self._sockets = sockets
        self._news = threading.Condition()
        self._client: socketio.AsyncClient | None = None

    def connect(self) -> Tab:
        """Open the socket; the page's ``on_load`` follows by itself."""
        self._sockets.run(self._connect())
        return self

    def close(self) -> None:
        """Close the socket, as a tab that is shut does."""
        if self._client is not None:
            self._sockets.run(self._client.disconnect())

    def reconnect(self) -> None:
        """Lose the connection and come back with the same token and what was shown before."""
        self.close()
        self.connect()

    def go(self, path: str, query: dict[str, str] | None = None) -> None:
        """Navigate inside the application, keeping the socket."""
        self.path, self.query = path, query or {}
        self.send(f"{ROOT}.reflex___state____on_load_internal_state.on_load_internal")

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
        self.closed_at = None
        client = self._client = socketio.AsyncClient(reconnection=False)
        client.on("event", self._on_update, namespace=NAMESPACE)
        client.on("new_token", self._on_new_token, namespace=NAMESPACE)
        client.on("disconnect", self._on_disconnect, namespace=NAMESPACE)
        boot = {"name": f"{ROOT}.hydrate_and_load", "payload": {}, "router_data": self._router_data()}
        await client.connect(
            f"{self.base}?token={self.token}",
            socketio_path="/_event",
            namespaces=[NAMESPACE],
            transports=["websocket"],
            headers={"Origin": self.base, "Cookie": self.cookie},
            auth={"event": boot},
        )

    async def _on_update(self, update: dict[str, Any]) -> None:
        with self._news:
            self.log.append(update)
            self.events.extend(update.get("events") or [])
            for name, changes in (update.get("delta") or {}).items():
                kept = self.values.setdefault(name.rpartition(".")[2].rpartition("____")[2], {})
                kept.update({key.removesuffix(MARKER): value for key, value in changes.items()})
            self._news.notify_all()

    async def _on_new_token(self, token: str) -> None:
        self.token = token

    async def _on_disconnect(self, *_: Any) -> None:
        with self._news:
            self.closed_at = monotonic()
            self._news.notify_all()


class Sockets:
    """The tabs of one test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tabs", daemon=True)
        self._tabs: list[Tab] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for tab in self._tabs:
            tab.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def open(self, base: str, path: str, *, cookie: str = "", query: dict[str, str] | None = None) -> Tab:
        """A connected tab at ``base`` (``http://127.0.0.1:8000``) and ``path``; ``query`` holds route arguments too."""
        tab = Tab(self, base, path, cookie, query or {})
        self._tabs.append(tab)
        return tab.connect()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the tabs' loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)
