"""One process measures for all; nothing it saw is lost when Redis or the database was away."""

from __future__ import annotations

import time

import pytest
from redis.exceptions import ConnectionError as Away

from guitara_app.kit.database import reading, run
from guitara_app.kit.metrics import CACHE_READS, HANDLER_SECONDS, SLOW
from guitara_app.kit.outbox import VERSION_PREFIX
from guitara_app.kit.time import now
from guitara_app.monitoring import keeping
from guitara_app.monitoring import sampler as sampling
from guitara_app.monitoring.figures import Point
from guitara_app.monitoring.parts import Database
from guitara_app.monitoring.queries import alert_rows
from guitara_app.monitoring.sampler import Sampler
from guitara_app.monitoring.system import seen_from_outside, system
from tests.integration.monitoring.conftest import Site
from tests.unit.monitoring.points import point


def alerts() -> list[str]:
    with reading() as session:
        return [row["words"] for row in alert_rows(session, now=now()) if not row["closed"]]


def test_an_interval_is_measured_kept_and_told(site: Site, sampler: Sampler) -> None:
    site.well()
    site.redis.lpush("celery", "in another database of this server")
    HANDLER_SECONDS.labels("test.handler").observe(0.02)
    CACHE_READS.labels("boards", "yes").inc(3)
    SLOW.labels("handler", "test.handler").inc()
    before = int(site.redis.get(f"{VERSION_PREFIX}system") or 0)

    measured = sampler.step()

    assert measured is not None
    assert (measured.events, measured.view_hits, measured.slow) == (1, 3, 1)
    assert (measured.workers, measured.queued, measured.failing) == (1, 0, [])
    assert measured.beat_age_s is not None and measured.beat_age_s < 5
    assert measured.connections is not None and measured.connections >= 1
    assert keeping.history(site.redis) == [measured]
    assert int(site.redis.get(f"{VERSION_PREFIX}system") or 0) > before
    with reading() as session:
        seen = system(session, now=now())
    assert seen["fresh"]
    assert {"kind": "handler", "name": "test.handler", "times": 1} in seen["slow"]
    assert [part["tone"] for part in seen["parts"]] == [*["good"] * 4, "", ""]
    assert {**seen, "parts": seen["parts"][:4]} == seen_from_outside(site.redis, now=now())


def test_one_of_two_measures_and_the_other_takes_over(site: Site, sampler: Sampler) -> None:
    other = Sampler()
    for _ in range(3):
        assert sampler.step() is not None
        assert other.step() is None
    assert len(keeping.history(site.redis)) == 3
    # As after a crash: nobody asks any more to keep the lease.
    site.redis.delete("monitor:lease")
    assert other.step() is None, "the first look is where it counts from"
    assert sampler.step() is None
    assert other.step() is not None
    assert len(keeping.history(site.redis)) == 4


def test_a_lease_runs_out_by_itself(site: Site, sampler: Sampler) -> None:
    assert 0 < int(site.redis.pttl("monitor:lease")) <= 15_000
    assert not keeping.hold(site.redis, "somebody else", 5)
    keeping.let_go(site.redis, "somebody else")
    assert not keeping.hold(site.redis, "somebody else", 5)


def silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> None:
        raise Away("refused")

    monkeypatch.setattr(sampling, "live_redis", nobody)


@pytest.mark.parametrize("lost", [False, True])
def test_what_was_seen_while_redis_was_away_is_kept_and_told_of(
    site: Site, sampler: Sampler, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    with monkeypatch.context() as away:
        silence(away)
        idle = Sampler()
        assert idle.step() is None, "who did not measure before does not begin now"
        for _ in range(3):
            seen = sampler.step()
            assert seen is not None and seen.failing == ["redis"]
        assert keeping.history(site.redis) == []
    if lost:
        keeping.let_go(site.redis, sampler._token)
        assert keeping.hold(site.redis, "somebody else", 60)
        assert sampler.step() is None
    else:
        assert sampler.step() is not None
        assert alerts() == ["Redis does not answer, or did not for a while."]
    assert [one.failing for one in keeping.history(site.redis)][:3] == [["redis"]] * 3


def test_a_database_that_was_silent_is_told_of_when_it_is_back(
    site: Site, sampler: Sampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(Database, "look", lambda self: (False, None))
        for _ in range(3):
            seen = sampler.step()
            assert seen is not None and seen.failing == ["database"]
        assert seen_from_outside(site.redis, now=now())["alerts"][0]["words"].startswith("The database")
        assert alerts() == []
    assert sampler.step() is not None
    assert alerts() == ["The database does not answer, or did not for a while."]


def test_an_hour_is_kept_and_no_more(site: Site) -> None:
    started = time.time()
    keeping.keep(site.redis, [point(at=started + number) for number in range(1000)], None)
    kept = keeping.history(site.redis)
    assert len(kept) == 720
    assert kept[-1] == point(at=started + 999)
    assert kept == sorted(kept, key=lambda one: one.at)
    assert [one.at for one in keeping.history(site.redis, minutes=0.5)] == [one.at for one in kept[-30:]]
    for key in site.redis.scan_iter("monitor:*"):
        assert 0 < int(site.redis.ttl(key)) <= 3600


def test_figures_of_another_release_are_left_alone(site: Site) -> None:
    keeping.keep(site.redis, [point(at=1.0)], None)
    key = f"monitor:history:{len(Point._fields)}"
    site.redis.lpush(key, "[1, 2]", "garbage")
    assert keeping.history(site.redis) == [point(at=1.0)]


def test_without_figures_everything_says_so(site: Site) -> None:
    seen = run(lambda session: system(session, now=now()))
    assert (seen["measured"], seen["fresh"], seen["alerts"]) == ("", False, [])
    assert [(part["name"], part["words"]) for part in seen["parts"]] == [
        ("Backup", "none yet"),
        ("Forgetting", "not yet"),
    ]
