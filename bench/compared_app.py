"""A page that shows one word, told of its change in three other ways, each as its makers document it.

Served as the real application is: by granian, in two processes, with the state in Redis.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import reflex as rx
from redis.asyncio import Redis
from reflex.istate.manager.token import BaseStateToken

from guitara_app.settings import settings

CHANNEL = "compared"
WORD = "compared:word"


class Modified(rx.State):
    """Changed by the server, page by page."""

    word: str = ""

    @rx.event
    def load(self) -> None:
        """Show that it is there."""
        self.word = "loaded"


class Shared(rx.SharedState):
    """One state that all pages are linked to."""

    word: str = ""

    @rx.event
    async def load(self) -> None:
        """Show what all show."""
        linked = await self._link_to("compared")
        linked.word = linked.word or "loaded"

    @rx.event
    def change(self, word: str) -> None:
        """Show something else, everywhere."""
        self.word = word


class Polled(rx.State):
    """Asked for by each page again and again."""

    word: str = ""

    @rx.event
    async def load(self) -> None:
        """Look what there is now."""
        async with _redis() as redis:
            self.word = await redis.get(WORD) or "loaded"


def _redis() -> Redis:
    return Redis.from_url(settings().live_redis_url, decode_responses=True)


async def _follow() -> None:
    """Change every page of this process whenever somebody says so."""
    async with _redis() as redis, redis.pubsub(ignore_subscribe_messages=True) as told:
        await told.subscribe(CHANNEL)
        async for message in told.listen():
            assert app.event_namespace is not None
            tokens = list(app.event_namespace._token_manager.token_to_socket)
            await asyncio.gather(*(_modify(token, message["data"]) for token in tokens), return_exceptions=True)


async def _modify(token: str, word: str) -> None:
    async with app.modify_state(BaseStateToken(ident=token, cls=Modified)) as state:
        (await state.get_state(Modified)).word = word


async def _until_stopped() -> None:
    with suppress(asyncio.CancelledError):
        await _follow()


def _page() -> rx.Component:
    shown: rx.Component = rx.el.p(Modified.word, Shared.word, Polled.word)
    return shown


app = rx.App()
for _state in (Modified, Shared, Polled):
    app.add_page(_page, route=f"/{_state.__name__.lower()}", on_load=_state.load)
app.register_lifespan_task(_until_stopped)
