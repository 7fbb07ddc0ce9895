"""``/health`` names what is not well, and never waits for it."""

from __future__ import annotations

import asyncio
from time import monotonic, time

import pytest
from redis.asyncio import Redis as AsyncRedis

from guitara_app.api import health
from guitara_app.api.health import Health
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.embedded.server import free_port
from guitara_app.kit import database as kit_database
from guitara_app.kit import outbox
from guitara_app.settings import settings
from tests.integration.web.conftest import Web, until

WORKER, BEAT = "guitara:heartbeat:worker:one", "guitara:heartbeat:beat"


def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
    """What a process that is asked for the first time finds."""

    async def ask() -> dict[str, bool]:
        client = AsyncRedis.from_url(settings().live_redis_url, decode_responses=True, socket_timeout=2)
        monkeypatch.setattr(health, "_client", lambda: client)
        found = await Health().parts()
        await client.aclose()
        return {name: part.ok for name, part in found.items()}

    return asyncio.run(ask())


def test_all_is_well_with_fresh_signs_of_life(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.live_redis().mset({WORKER: time(), BEAT: time()})
    assert parts(monkeypatch) == {"database": True, "redis": True, "worker": True, "beat": True}


@pytest.mark.parametrize("sign", [None, "yesterday", "0", str(time() - 60), str(time() + 3600)])
@pytest.mark.parametrize(("key", "name"), [(WORKER, "worker"), (BEAT, "beat")])
def test_an_old_sign_is_none(
    database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch, key: str, name: str, sign: str | None
) -> None:
    outbox.live_redis().mset({WORKER: time(), BEAT: time()})
    if sign is None:
        outbox.live_redis().delete(key)
    else:
        outbox.live_redis().set(key, sign)
    assert [part for part, ok in parts(monkeypatch).items() if not ok] == [name]


def test_one_living_worker_is_enough(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.live_redis().mset({WORKER: time() - 100, "guitara:heartbeat:worker:two": time(), BEAT: time()})
    assert parts(monkeypatch)["worker"]


def test_a_dead_database_and_a_dead_redis_are_named(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUITARA_DATABASE_URL", f"postgresql://nobody:x@127.0.0.1:{free_port()}/guitara")
    monkeypatch.setenv("GUITARA_REDIS_URL", f"redis://127.0.0.1:{free_port()}")
    settings.cache_clear()
    kit_database.engine.cache_clear()
    assert not any(parts(monkeypatch).values())


def test_a_silent_part_holds_nobody_up(database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent() -> bool:
        await asyncio.sleep(60)
        return True

    async def ask() -> tuple[bool, float, int]:
        started, ticks = monotonic(), 0
        asking = asyncio.create_task(Health().parts())
        while not asking.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return (await asking)["database"].ok, monotonic() - started, ticks

    monkeypatch.setattr(health, "_database", silent)
    monkeypatch.setattr(health, "_redis", silent)
    monkeypatch.setattr(health, "_worker", silent)
    monkeypatch.setattr(health, "_beat", silent)
    well, seconds, ticks = asyncio.run(ask())
    assert not well
    assert seconds < 4
    assert ticks > 50


def test_the_route_answers_by_status_and_tells_strangers_no_more(web: Web) -> None:
    web.beat()
    until(lambda: web.client().get("/health").status_code == 200)
    body = web.client().get("/health/").json()
    assert body["status"] == "ok"
    assert {frozenset(part) for part in body["parts"].values()} == {frozenset({"ok", "ms"})}
    web.redis.delete("guitara:heartbeat:beat")
    until(lambda: web.client().get("/health").status_code == 503)
    failing = web.client().get("/health").json()
    until(lambda: not web.client().get("/health").json()["parts"]["beat"]["ok"])
    assert failing["status"] == "failing"
