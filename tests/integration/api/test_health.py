"""``/health`` names the part that is not well, also while that part is down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from guitara_app.accounts.permissions import Role
from guitara_app.embedded.server import Server
from guitara_app.kit import database, outbox
from guitara_app.kit.signs import BEAT_KEY, WORKER_KEY
from guitara_app.settings import settings
from tests.integration.api.conftest import PASSWORD, Site
from tests.integration.conftest import Until


@pytest.fixture(autouse=True)
def hearts(site: Site) -> Iterator[None]:
    """A worker and a beat, as far as health can tell."""
    beat_all()
    yield
    for key in (f"{WORKER_KEY}test", BEAT_KEY):
        outbox.live_redis().delete(key)


def beat_all(age: float = 0.0) -> None:
    for key in (f"{WORKER_KEY}test", BEAT_KEY):
        outbox.live_redis().set(key, time.time() - age)


def unwell(site: Site, path: str = "/health") -> tuple[int, set[str]]:
    """The status and the parts that are not well."""
    with site.one.client() as client:
        answer = client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body["parts"]) == {"database", "redis", "worker", "beat", "queue", "stream"}
    assert (body["status"] == "ok") is (answer.status_code == 200)
    failing = {name for name, part in body["parts"].items() if not part["ok"]}
    assert set(body["failing"]) == failing == {name for name, part in body["parts"].items() if "says" in part}
    return answer.status_code, failing


@contextmanager
def without(server: Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.mark.parametrize("path", ["/health", "/health/"])
def test_all_is_well(site: Site, until: Until, path: str) -> None:
    until(lambda: unwell(site, path) == (200, set()))


def test_too_many_waiting_tasks_are_named(site: Site, until: Until) -> None:
    with Redis.from_url(settings().broker_redis_url) as broker:
        # What others have sent there meanwhile counts as well.
        waiting = broker.rpush("notify", *range(settings().queue_limit + 1))
        try:
            until(lambda: unwell(site) == (503, {"queue"}))
            with site.one.client() as client:
                assert f"notify ({waiting})" in client.get("/health").json()["parts"]["queue"]["says"]
                assert f'guitara_queue_depth{{queue="notify"}} {waiting}' in client.get("/metrics").text
        finally:
            broker.delete("notify")
    until(lambda: unwell(site) == (200, set()))


def test_names_and_figures_are_for_those_who_may_see_them(site: Site) -> None:
    with site.one.client() as here, site.one.client(x_forwarded_for="10.1.1.1") as elsewhere:
        seen, shown = here.get("/health").json(), elsewhere.get("/health").json()
        told = here.get("/metrics").text
    assert set(shown) == {"status", "failing", "version", "parts"}
    assert list(seen["workers"]) == ["test"]
    assert seen["workers"]["test"]["ok"]
    assert set(seen["queues"]) == {"dispatch", "notify", "maintenance"}
    assert 0 <= seen["beat_age_s"] < 30
    assert set(seen) - set(shown) >= {"connections", "round_trip_ms", "stream_lag_ms", "push_ms", "cache"}
    for line in ('part_up{part="database"} 1.0', "beat_age_seconds ", 'worker_age_seconds{worker="test"}', "info{"):
        assert f"\nguitara_{line}" in told


def test_a_missing_worker_is_named(site: Site, until: Until) -> None:
    outbox.live_redis().delete(f"{WORKER_KEY}test")
    until(lambda: unwell(site) == (503, {"worker"}))
    assert unwell(site, "/health/") == (503, {"worker"})


def test_signs_of_life_go_stale(site: Site, until: Until) -> None:
    beat_all(age=40)
    until(lambda: unwell(site) == (503, {"worker", "beat"}))
    outbox.live_redis().set(BEAT_KEY, "not a time")
    until(lambda: unwell(site) == (503, {"worker", "beat"}))


def test_a_stopped_redis_is_named(site: Site, until: Until) -> None:
    cookie = site.cookie(Role.OPERATOR)
    with without(site.valkey):
        until(lambda: unwell(site) == (503, {"redis", "worker", "beat", "queue"}))
        with site.one.client(cookie=cookie) as client:
            assert client.get("/api/v1/me").status_code == 200
        with site.one.client() as client:
            refused = client.post("/auth/login", data={"username": "nobody", "password": PASSWORD})
        assert refused.status_code == 303
        assert "do+not+answer" in refused.headers["location"]
    beat_all()
    until(lambda: unwell(site) == (200, set()))


def test_a_stopped_database_is_named(site: Site, until: Until) -> None:
    cookie = site.cookie(Role.OPERATOR)
    with without(site.postgres):
        until(lambda: unwell(site) == (503, {"database"}))
        with site.two.client(cookie=cookie) as client:
            asked = client.get("/api/v1/me")
            assert asked.status_code == 503
            assert "database" in asked.json()["detail"].lower()
            home = client.get("/")
            assert home.headers["location"].startswith("/login?problem=")
            left = client.post("/auth/logout")
            assert "still+signed+in" in left.headers["location"]
            assert "set-cookie" not in left.headers
    database.engine().dispose()
    until(lambda: unwell(site) == (200, set()))
