"""Keeps others informed of who has a page open in this process, and closes sockets that have died."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from uuid import uuid4

import structlog
from redis.exceptions import RedisError

from guitara_app.accounts.permissions import DESK
from guitara_app.kit.metrics import CONNECTIONS
from guitara_app.kit.threads import in_thread
from guitara_app.live.present import Colleague, Present, add_colleague, as_present, leave, say
from guitara_app.live.rooms import Rooms, Seat

log = structlog.get_logger(__name__)

_LOOK_S = 1.0
_SAY_AGAIN_S = 10.0


class Presence:
    """What this process has to say."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._process = uuid4().hex
        self._said: Present | None = None
        self._said_at = float("-inf")
        self._roles: set[str] = set()

    async def run(self) -> None:
        """Until cancelled; then nobody is here."""
        try:
            while True:
                await asyncio.sleep(_LOOK_S)
                try:
                    await self._look()
                except RedisError as error:
                    log.warning("presence not told", error=type(error).__name__)
                except Exception:
                    log.exception("presence not told")
        finally:
            try:
                leave(self._process)
            except RedisError as error:
                log.info("presence not taken back", error=type(error).__name__)

    async def _look(self) -> None:
        await self._rooms.drop_dead()
        seats = self._rooms.seats()
        self._count(seats)
        mine = _present(seats)
        news = mine != self._said
        if news or time.monotonic() - self._said_at > _SAY_AGAIN_S:
            await in_thread(lambda: say(self._process, mine, news=news))
            self._said, self._said_at = mine, time.monotonic()

    def _count(self, seats: list[Seat]) -> None:
        roles = Counter(str(seat.actor.role) for seat in seats)
        roles["nobody"] = max(0, self._rooms.sockets() - len(seats))
        self._roles |= set(roles)
        for role in self._roles:
            CONNECTIONS.labels(role).set(roles[role])


def _present(seats: list[Seat]) -> Present:
    online: set[str] = set()
    desk: dict[int, Colleague] = {}
    for seat in seats:
        person, role = seat.actor.person_id or 0, seat.actor.role
        online.add(str(person))
        if role in DESK:
            at = [seat.page.topic] if seat.page else []
            add_colleague(desk, {"person_id": person, "name": seat.actor.name, "role": str(role), "at": at})
    return as_present(online, desk)
