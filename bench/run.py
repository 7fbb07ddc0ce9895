"""The whole measurement: a copy of the large firm on servers of its own, one row after another."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import changes, lookups, race
from bench.firm import Firm, free_slots, open_firm
from bench.timing import Figure, Row
from guitara_app.cli.large import large_folder, make_large
from guitara_app.demo.sizes import LARGE, TENTH, Size
from guitara_app.embedded import Postgres, Valkey
from guitara_app.kit import database
from guitara_app.kit.errors import NotFound, Unavailable
from guitara_app.kit.time import now
from guitara_app.settings import settings
from loadtest.effort import Effort
from loadtest.firm import COMMIT_TIMES, point_at

Say = Callable[[str], None]
Put = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class _HowMuch:
    """How much is measured."""

    lookups: int
    clicks: int
    connections: int
    more_connections: tuple[int, ...]
    load: Effort
    attempts: int


_WHOLE = _HowMuch(300, 40, 500, (1_000, 2_000), Effort(500, 60), attempts=100_000)
_QUICK = _HowMuch(100, 12, 100, (200,), Effort(100, 20), attempts=4_000)
_LOOKUPS = {
    "conflict check": lookups.conflict_check,
    "candidates": lookups.free_staff,
    "slot search": lookups.slot_search,
    "client search": lookups.client_search,
    "workload": lookups.report,
}
_PAGES = ("dashboard", "calendar", "book", "push", "notifications", "transition", "connections", "timeline")
NAMES = (*_LOOKUPS, *_PAGES, "compared", "load", "change", "race")


def measure(*, only: str, quick: bool, say: Say, put: Put) -> list[Figure]:
    """Every row, or those whose name begins with ``only``. ``put`` sets an environment variable.

    Raises:
        NotFound: there is no such row.
        NotPossible: another command works with the large firm.
    """
    wanted = [name for name in NAMES if name.startswith(only)]
    if "compared" in wanted and "push" not in wanted:
        wanted.append("push")  # what it is compared with
    if not wanted:
        raise NotFound(f"There is no figure of that name. There are: {', '.join(NAMES)}.")
    effort, size = (_QUICK, TENTH) if quick else (_WHOLE, LARGE)
    log = settings().data_dir.absolute() / "bench-web.log"
    rows: list[Figure] = []
    with large_folder() as folder, _servers(folder, put) as (postgres, valkey):
        make_large(postgres, size, now=now(), say=say, anew=True)
        say("telling this evening")
        firm = open_firm(postgres.superuser_url, size, pages=effort.connections)
        for name in wanted:
            if name in _LOOKUPS:
                say(name)
                rows += _LOOKUPS[name](firm, effort.lookups)
        if any(name in _PAGES for name in wanted):
            rows += _measure_pages(firm, wanted, log, effort, say, postgres.superuser_url)
        if "compared" in wanted:
            say("compared with what Reflex offers")
            rows += _compare(effort, rows, log)
        if "load" in wanted:
            rows += _measure_load(postgres, valkey, size, effort, say)
        if "change" in wanted:
            say("change")
            rows += changes.changing(firm, free_slots(firm, tomorrow=True), effort.clicks)
        if "race" in wanted:
            say(f"race of {effort.attempts:,} attempts")
            rows += race.race(firm, postgres.owner_url, postgres.superuser_url, effort.attempts)
        database.engine().dispose()
    return rows


def _measure_pages(
    firm: Firm, wanted: list[str], log: Path, effort: _HowMuch, say: Say, superuser_url: str
) -> list[Figure]:
    # Only now: importing the pages takes seconds that the lookups need not wait for.
    from bench import boards, desk, evening, notices, pages, timeline

    rows: list[Figure] = []
    with pages.web(log) as base:
        if "dashboard" in wanted or "book" in wanted:
            with desk.desk(firm, base) as page:
                if "dashboard" in wanted:
                    say("dashboard")
                    rows += desk.dashboard(page, base, effort.clicks)
                if "book" in wanted:
                    say("book")
                    rows += desk.booking(page, firm, effort.clicks)
        if "calendar" in wanted:
            say("calendar")
            rows += desk.calendar(firm, base, effort.clicks // 2)
        if "push" in wanted:
            say(f"push to {effort.connections} connections")
            rows += boards.push(firm, base, free_slots(firm), effort.clicks, log.parent)
        if "notifications" in wanted:
            say("1,000 notifications")
            rows += notices.notifications(firm, base, effort.clicks)
        if "transition" in wanted:
            say("transitions")
            evening.free_drivers(superuser_url)
            with evening.worker(log.with_name("bench-worker.log")):
                rows += evening.transitions(firm, base, free_slots(firm), effort.clicks)
        if "connections" in wanted:
            say(f"up to {max(effort.more_connections):,} connections")
            steps = effort.more_connections
            rows += boards.connections(firm, base, free_slots(firm), superuser_url, steps, log.parent)
        if "timeline" in wanted:
            say("timeline")
            rows += timeline.timeline(firm, base, superuser_url, effort.clicks)
    return rows


def _compare(effort: _HowMuch, rows: list[Figure], log: Path) -> list[Figure]:
    from bench.compared import compared

    name = f"push to {effort.connections} open connections"
    ours = next((one for one in rows if isinstance(one, Row) and one.name == name), None)
    return list(compared(effort.connections, ours, log.with_name("bench-compared.log")))


def _measure_load(postgres: Postgres, valkey: Valkey, size: Size, effort: _HowMuch, say: Say) -> list[Figure]:
    from bench.under_load import under_load

    if postgres.process is None or valkey.process is None:
        raise Unavailable("PostgreSQL or Valkey has ended.")
    servers = {"PostgreSQL": postgres.process.pid, "Valkey": valkey.process.pid}
    with tempfile.TemporaryDirectory(prefix="guitara-load-") as scratch:
        return under_load(Path(scratch), size, servers, effort.load, say)


@contextmanager
def _servers(folder: Path, put: Put) -> Iterator[tuple[Postgres, Valkey]]:
    with tempfile.TemporaryDirectory(prefix="guitara-bench-") as scratch:
        postgres, valkey = Postgres(folder / "postgresql", more=COMMIT_TIMES), Valkey(Path(scratch) / "valkey")
        try:
            postgres.start()
            valkey.start()
            point_at(postgres, valkey, Path(scratch), put)
            yield postgres, valkey
        finally:
            valkey.remove()
            postgres.stop()
