"""The whole measurement: a copy of the large firm on servers of its own, one row after another."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import changes, lookups, race
from bench.firm import Firm, free_slots, open_firm
from bench.timing import Row
from guitara_app.cli.large import large_folder, make_large
from guitara_app.demo.sizes import LARGE, TENTH
from guitara_app.embedded import Postgres, Valkey
from guitara_app.kit import database, outbox
from guitara_app.kit.errors import NotFound
from guitara_app.kit.time import now
from guitara_app.settings import settings

Say = Callable[[str], None]
Put = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _Effort:
    """How much is measured."""

    lookups: int
    clicks: int
    connections: int
    attempts: int


_WHOLE = _Effort(lookups=300, clicks=40, connections=500, attempts=100_000)
_QUICK = _Effort(lookups=100, clicks=12, connections=100, attempts=4_000)
_LOOKUPS = {
    "conflict check": lookups.conflict_check,
    "candidates": lookups.free_staff,
    "client search": lookups.client_search,
}
_PAGES = ("dashboard", "book", "push")
NAMES = (*_LOOKUPS, *_PAGES, "change", "race")


def measure(*, only: str, quick: bool, say: Say, put: Put) -> list[Row]:
    """Every row, or those whose name begins with ``only``. ``put`` sets an environment variable.

    Raises:
        NotFound: there is no such row.
        NotPossible: another command works with the large firm.
    """
    wanted = [name for name in NAMES if name.startswith(only)]
    if not wanted:
        raise NotFound(f"There is no figure of that name. There are: {', '.join(NAMES)}.")
    effort, size = (_QUICK, TENTH) if quick else (_WHOLE, LARGE)
    log = settings().data_dir.absolute() / "bench-web.log"
    rows: list[Row] = []
    with large_folder() as folder, _servers(folder, put) as postgres:
        make_large(postgres, size, now=now(), say=say, anew=True)
        say("telling this evening")
        firm = open_firm(postgres.superuser_url, size, pages=effort.connections)
        slots = free_slots(firm)
        for name in wanted:
            if name in _LOOKUPS:
                say(name)
                rows += _LOOKUPS[name](firm, effort.lookups)
        if any(name in _PAGES for name in wanted):
            rows += _measure_pages(firm, wanted, log, effort, say)
        if "change" in wanted:
            say("change")
            rows += changes.changing(firm, slots, effort.clicks)
        if "race" in wanted:
            say(f"race of {effort.attempts:,} attempts")
            rows += race.race(firm, postgres.owner_url, postgres.superuser_url, effort.attempts)
        database.engine().dispose()
    return rows


def _measure_pages(firm: Firm, wanted: list[str], log: Path, effort: _Effort, say: Say) -> list[Row]:
    # Only now: importing the pages takes seconds that the lookups need not wait for.
    from bench import desk, pages

    rows: list[Row] = []
    slots = free_slots(firm)
    with pages.web(log) as base:
        if "dashboard" in wanted or "book" in wanted:
            with desk.desk(firm, base) as page:
                if "dashboard" in wanted:
                    say("dashboard")
                    rows += desk.dashboard(page, base, effort.clicks)
                if "book" in wanted:
                    say("book")
                    rows += desk.booking(page, firm, effort.clicks)
        if "push" in wanted:
            say(f"push to {effort.connections} connections")
            rows += pages.push(firm, base, slots, effort.clicks)
    return rows


@contextmanager
def _servers(folder: Path, put: Put) -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="guitara-bench-") as scratch:
        postgres, valkey = Postgres(folder / "postgresql"), Valkey(Path(scratch) / "valkey")
        try:
            postgres.start()
            valkey.start()
            put("GUITARA_DATABASE_URL", postgres.app_url)
            put("GUITARA_OWNER_DATABASE_URL", postgres.owner_url)
            put("GUITARA_REDIS_URL", valkey.url)
            put("GUITARA_DATA_DIR", scratch)
            settings.cache_clear()
            database.engine.cache_clear()
            outbox.live_redis.cache_clear()
            yield postgres
        finally:
            valkey.remove()
            postgres.stop()
