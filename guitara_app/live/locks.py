"""Keeps a tab from standing still for ten seconds after a quick navigation.

A navigation cancels the page load before it. When that one is just taking or giving back the lock of the tab's state in
Redis, Reflex 0.10.1 forgets that it may hold it, and every event of the tab waits until the lock expires.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from reflex.istate.manager import StateManager
from reflex.istate.manager.redis import StateManagerRedis

log = structlog.get_logger(__name__)

_giving_back: set[asyncio.Task[None]] = set()


def never_orphan_locks(manager: StateManager) -> None:
    """Let a cancelled event give back the lock it was about to get, and finish giving back the one it had."""
    if not isinstance(manager, StateManagerRedis):
        return
    take, redis = manager._try_get_lock, manager.redis
    release = redis.getdel

    async def take_or_give_back(lock_key: bytes, lock_id: bytes) -> bool | None:
        taking = asyncio.ensure_future(take(lock_key, lock_id))
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            task = asyncio.create_task(_give_back(redis, taking, lock_key, lock_id))
            _giving_back.add(task)
            task.add_done_callback(_giving_back.discard)
            raise

    async def release_for_sure(name: Any) -> Any:
        return await asyncio.shield(asyncio.ensure_future(release(name)))

    manager._try_get_lock = take_or_give_back  # type: ignore[method-assign]  # one instance, on purpose
    redis.getdel = release_for_sure  # type: ignore[method-assign]  # Reflex calls it to release locks only


async def _give_back(redis: Any, taking: asyncio.Future[bool | None], lock_key: bytes, lock_id: bytes) -> None:
    try:
        if await taking and await redis.get(lock_key) == lock_id:
            await redis.delete(lock_key)
    except Exception as error:
        log.warning("lock of a state left to expire", error=type(error).__name__)
