"""The whole measurement: own servers, a firm of the promised size, one row after another."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import lookups
from bench.data import QUICK, WHOLE, Firm, fill
from bench.timing import Row
from guitara_app.embedded import Postgres, Valkey
from guitara_app.kit import database, outbox
from guitara_app.kit.errors import NotFound
from guitara_app.kit.migrate import upgrade
from guitara_app.kit.time import now
from guitara_app.settings import settings

Say = Callable[[str], None]

_LOOKUPS = {
    "conflict check": lookups.conflict_check,
    "free staff": lookups.free_staff,
    "client search": lookups.client_search,
}
_PAGES = ("booking end to end over the websocket", "push to 100 open connections")
NAMES = (*_LOOKUPS, *_PAGES)


def measure(*, only: str, quick: bool, say: Say, put: Callable[[str, str], None]) -> list[Row]:
    """Every row, or those whose name begins with ``only``. ``put`` sets an environment variable.

    Raises:
        NotFound: there is no such row.
    """
    wanted = [name for name in NAMES if name.startswith(only)]
    if not wanted:
        raise NotFound(f"There is no figure of that name. There are: {', '.join(NAMES)}.")
    size = QUICK if quick else WHOLE
    log = settings().data_dir / "bench-web.log"
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guitara-bench-") as folder, _servers(Path(folder), put) as postgres:
        say(f"Writing {size.appointments:,} appointments and {size.clients:,} clients")
        firm = fill(postgres.superuser_url, size, now=now())
        rows: list[Row] = []
        for name in wanted:
            if name in _LOOKUPS:
                say(name)
                rows += _LOOKUPS[name](firm, 100 if quick else 300)
        if any(name in _PAGES for name in wanted):
            rows += _measure_pages(firm, wanted, log, 20 if quick else 60, say)
        database.engine().dispose()
    return rows


def _measure_pages(firm: Firm, wanted: list[str], log: Path, runs: int, say: Say) -> list[Row]:
    # Only now: importing the pages takes seconds that the lookups need not wait for.
    from bench import pages

    rows: list[Row] = []
    with pages.web(log) as base:
        for name, work in zip(_PAGES, (partial(pages.booking, firm), partial(pages.push, firm)), strict=True):
            if name in wanted:
                say(name)
                rows += work(base, runs)
    return rows


@contextmanager
def _servers(folder: Path, put: Callable[[str, str], None]) -> Iterator[Postgres]:
    postgres, valkey = Postgres(folder / "postgresql"), Valkey(folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        upgrade(postgres.owner_url)
        put("GUITARA_DATABASE_URL", postgres.app_url)
        put("GUITARA_OWNER_DATABASE_URL", postgres.owner_url)
        put("GUITARA_REDIS_URL", valkey.url)
        put("GUITARA_DATA_DIR", str(folder))
        settings.cache_clear()
        database.engine.cache_clear()
        outbox.live_redis.cache_clear()
        yield postgres
    finally:
        valkey.remove()
        postgres.remove()
