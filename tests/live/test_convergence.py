"""Whatever fails on the way, in the end everybody is shown what the database holds, and nothing is lost or done twice.

Many open pages of all kinds on two web processes, people who act at random, and every fault in an order of its own.
What each page was sent is compared with a fresh reading, not with another page. ``GUITARA_SEED`` chooses what happens
(it is printed), ``GUITARA_FAULTS`` how many faults there are, or which; with ``GUITARA_WITHOUT`` a guard is taken out.
"""

from __future__ import annotations

import json
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from reflex_base.utils.format import json_dumps
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.cli.audits import run_audits
from guitara_app.firm.queries import firm_settings
from guitara_app.kit import outbox
from guitara_app.kit.database import reading
from guitara_app.kit.time import now
from guitara_app.live.readers import READERS
from guitara_app.live.scopes import Kind, Scope
from guitara_app.live.views import MAX_AGE_S
from tests.live.conftest import Firm, until
from tests.live.deeds import Evening
from tests.live.town import Town, town
from tests.support.socket_client import Sockets, Tab

_LOOKED_AFTER_S = 8
"""How much older than that something may get before it is noticed and read."""

_SETTLED_S = 25.0
"""Well below the age at which everything is read again anyway."""


@dataclass(frozen=True)
class Open:
    """An open page: whose it is and what it must show."""

    tab: Tab
    name: str
    scopes: tuple[Scope, ...]

    def __str__(self) -> str:
        state = "lost" if self.tab.closed_at else f"heard {self.tab.heard} in connection {self.tab.connections}"
        return f"{self.name} on {self.tab.path} of {self.tab.base}, {state}"


@pytest.fixture
def at_work(firm: Firm, tmp_path: Path) -> Iterator[Town]:
    with town(firm, tmp_path, without=os.environ.get("GUITARA_WITHOUT", "")) as started:
        yield started


def test_everybody_is_shown_what_the_database_holds(
    at_work: Town, sockets: Sockets, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("GUITARA_SEED") or random.SystemRandom().randrange(10**6))
    dice, evening = random.Random(seed), Evening(at_work, seed)
    pages = _open_pages(at_work, sockets)
    for page in pages:
        page.tab.wait(lambda tab, page=page: _everything_came(tab, page), 30.0, f"{page} to be there")
    hands = evening.begin(
        {page.name: page.tab for page in pages if page.tab.path == "/tonight"},
        {page.name: page.tab for page in pages if page.tab.path == "/board"},
        {page.name: page.tab for page in pages if page.tab.path.startswith("/appointments/")},
    )
    faults = _faults(dice)
    try:
        for number, fault in enumerate(faults):
            last = number + 1 == len(faults)
            # What changes while something fails and then never again has to be found out without another change.
            fault(at_work, pages, dice, evening.over if last else threading.Event())
            threading.Event().wait(dice.uniform(0.1, 0.8))
    finally:
        evening.over.set()
        for hand in hands:
            hand.join(160)
    until(at_work.rests, 60.0)
    for page in pages:
        page.tab.wait(lambda tab: tab.heard > 0, 60.0, f"{page} to be connected again")
    for part in (at_work.beat, at_work.worker):
        part.kill()

    wrong, took = _settle(pages)
    said = f"seed {seed}: {', '.join(fault.__name__[1:] for fault in faults)}; {len(evening.deeds)} answered, of which"
    said += f" {sum(not deed.words for deed in evening.deeds)} done"
    said += f" ({dict(Counter(deed.way for deed in evening.deeds))}); besides {dict(evening.other)};"
    said += f" {sum(page.tab.connections for page in pages)} connections, {took:.1f} s to settle"
    with capsys.disabled():
        print(f"\n{said}")  # noqa: T201
    assert not wrong, "\n".join([said, *wrong, *_complaints(at_work)])
    assert evening.odd == [], said
    assert evening.contradictions() == [], said
    with reading() as session:
        assert run_audits(session) == [], said


def _open_pages(at_work: Town, sockets: Sockets) -> list[Open]:
    with reading() as session:
        today = firm_settings(session).calendar.business_date(now())
        visits = session.execute(
            text(
                "SELECT id, client_id FROM appointments WHERE business_date = :day"
                " AND state NOT IN ('cancelled', 'expired', 'completed') ORDER BY starts_at DESC LIMIT 6"
            ),
            {"day": today},
        ).all()
        busy = session.execute(
            text(
                "SELECT p.username, max(j.at) FROM people p JOIN"
                " (SELECT person_id, upper(occupied) AS at FROM assignments"
                " UNION ALL SELECT driver_id, upper(occupied) FROM legs) j ON j.person_id = p.id"
                " WHERE j.at > :at GROUP BY 1 ORDER BY 2 DESC"
            ),
            {"at": now()},
        ).all()
    pages: list[Open] = []

    def page(name: str, path: str, *scopes: Scope, **query: str) -> None:
        base = at_work.webs[len(pages) % 2].base
        tab = sockets.open(base, path, cookie=at_work.cookie(name), query=query, returns=True)
        inbox = Scope.inbox(at_work.staff[name].person_id or 0)
        pages.append(Open(tab, name, (*scopes, inbox)))

    def person(name: str) -> int:
        return at_work.staff[name].person_id or 0

    for name in ("ana", "ana", "bea", "marga", "ramon"):
        page(name, "/board", Scope.desk())
    for name, visit in zip(("ana", "bea", "marga", "bea", "ana", "ramon"), visits, strict=False):
        page(name, f"/appointments/{visit.id}", Scope.appointment(visit.id), number=str(visit.id))
    for name, visit in zip(("bea", "marga", "ana"), visits, strict=False):
        page(name, f"/clients/{visit.client_id}", Scope.client(visit.client_id), number=str(visit.client_id))
    for name, path in (("ana", "/drivers"), ("marga", "/closing"), ("bea", "/drivers")):
        page(name, path, Scope.road())
    page("marga", "/shifts", Scope.shifts(today))
    page("ramon", "/profile", Scope.profile(person("ramon")))
    page("bea", "/notifications")
    therapists, drivers = at_work.of(Role.THERAPIST), at_work.of(Role.DRIVER)
    for name in [one.username for one in busy if one.username in therapists][:8]:
        page(name, "/tonight", Scope.person(person(name)))
    for name in [one.username for one in busy if one.username in drivers][:5]:
        page(name, "/tonight", Scope.person(person(name)), Scope.queue())
    for name in (therapists[0], drivers[0]):
        page(name, "/hours", Scope.hours(person(name)))
        page("marga", f"/shifts/{person(name)}", Scope.hours(person(name)), number=str(person(name)))
    return pages


def _complaints(at_work: Town) -> list[str]:
    """What the web processes said went wrong."""
    lines = [(web.base, line) for web in at_work.webs for line in web.log.read_text(errors="replace").splitlines()]
    return [f"{base} {line}" for base, line in lines if "warning" in line or "error" in line.lower()][-60:]


Fault = Callable[[Town, Sequence[Open], random.Random, threading.Event], None]


def _faults(dice: random.Random) -> list[Fault]:
    """Each kind at least once, in any order."""
    kinds: list[Fault] = [
        _sockets_cut,
        _web_paused,
        _web_killed,
        _redis_emptied,
        _redis_flushed,
        _database_restarted,
        _worker_killed,
    ]
    wanted = os.environ.get("GUITARA_FAULTS", "")
    if wanted and not wanted.isdecimal():
        return [kind for name in wanted.split(",") for kind in kinds if kind.__name__ == f"_{name}"]
    many = int(wanted or len(kinds))
    chosen: list[Fault] = []
    while len(chosen) < many:
        chosen += dice.sample(kinds, len(kinds))
    return chosen[:many]


def _sockets_cut(_town: Town, pages: Sequence[Open], dice: random.Random, over: threading.Event) -> None:
    for page in dice.sample(list(pages), len(pages) // 3):
        page.tab.cut()
    for page in dice.sample(list(pages), 4):
        page.tab.vanish()
    over.set()


def _web_paused(at_work: Town, pages: Sequence[Open], dice: random.Random, over: threading.Event) -> None:
    """Longer than the stream keeps what it was told meanwhile."""
    web = dice.choice(at_work.webs)
    web.freeze()
    try:
        threading.Event().wait(outbox.KEPT_MS / 1000)
        # What is compared does see what is old: nobody could have told these pages.
        board = next(page for page in pages if page.tab.base == web.base and page.tab.path == "/board")
        assert _first(_read(Scope.desk(), now()), dict(_shown(board.tab, Scope.desk())))
        over.set()
        threading.Event().wait(1.0)
    finally:
        web.thaw()


def _web_killed(at_work: Town, _pages: Sequence[Open], dice: random.Random, over: threading.Event) -> None:
    web = dice.choice(at_work.webs)
    web.kill()
    web.launch()
    over.set()
    web.wait()


def _redis_emptied(at_work: Town, pages: Sequence[Open], dice: random.Random, over: threading.Event) -> None:
    away = threading.Event()
    cutting = threading.Timer(0.5, lambda: [page.tab.cut() for page in dice.sample(list(pages), 5)])
    cutting.start()
    at_work.restart_redis_empty(away)
    cutting.join()
    over.set()


def _redis_flushed(at_work: Town, pages: Sequence[Open], dice: random.Random, over: threading.Event) -> None:
    at_work.flush_redis()
    for page in dice.sample(list(pages), 5):
        page.tab.cut()
    threading.Event().wait(0.3)
    over.set()
    at_work.flush_redis()


def _database_restarted(at_work: Town, pages: Sequence[Open], dice: random.Random, over: threading.Event) -> None:
    for page in dice.sample(list(pages), 5):
        page.tab.cut()
    over.set()
    at_work.restart_database()


def _worker_killed(at_work: Town, _pages: Sequence[Open], _dice: random.Random, over: threading.Event) -> None:
    at_work.worker.kill()
    over.set()
    at_work.worker.launch()


def _everything_came(tab: Tab, page: Open) -> bool:
    return all(_shown(tab, scope).get("loaded") for scope in page.scopes)


def _shown(tab: Tab, scope: Scope) -> dict[str, Any]:
    """What the tab shows of this scope; nothing when what it holds is another's."""
    held = tab.values.get(_STATES[scope.kind], {})
    return held if held.get("scope") == scope.topic else {}


_STATES = {kind: f"{kind}_live" for kind in Kind}


def _settle(pages: Sequence[Open]) -> tuple[list[str], float]:
    """What is still wrong after a while, and how long it took to come right. Nothing may change any more."""
    began, readings = monotonic(), {scope: _Readings(scope) for page in pages for scope in page.scopes}
    wrong = _differences(pages, readings)
    while wrong and monotonic() - began < _SETTLED_S:
        threading.Event().wait(0.5)
        wrong = _differences(pages, readings)
    return wrong, monotonic() - began


def _differences(pages: Sequence[Open], readings: Mapping[Scope, _Readings]) -> list[str]:
    found = []
    for page in pages:
        for scope in page.scopes:
            first = readings[scope].first_difference(dict(_shown(page.tab, scope)))
            if first:
                found.append(f"{page}, {scope.topic}: {first}")
    return found


class _Readings:
    """What a page of this scope may show: read after the last change, but perhaps a while ago by the clock."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._read: dict[datetime, dict[str, Any]] = {}

    def first_difference(self, shown: dict[str, Any]) -> str:
        """Where it differs from what the database holds; empty if it is what it holds."""
        latest = now().replace(microsecond=0)
        for seconds in range(int(MAX_AGE_S) + _LOOKED_AFTER_S):
            read = self._at(latest - timedelta(seconds=seconds))
            if all(shown.get(name) == value for name, value in read.items()):
                return ""
        right = self._at(latest)
        return _first(right, {name: shown.get(name) for name in right}) or "nothing"

    def _at(self, moment: datetime) -> dict[str, Any]:
        # To the second: a bar of the night grows by its second decimal every few of them.
        if moment not in self._read:
            self._read[moment] = _read(self._scope, moment)
        return self._read[moment]


def _read(scope: Scope, moment: datetime) -> dict[str, Any]:
    with reading() as session:
        values = {**READERS[scope.kind](session, scope.key, moment), "loaded": True}
    read: dict[str, Any] = json.loads(json_dumps(values))
    return read


def _first(right: Any, shown: Any, where: str = "") -> str:
    """The first place where the two differ, and how."""
    if isinstance(right, dict) and isinstance(shown, dict):
        pairs = [(f"{where}.{key}", right.get(key), shown.get(key)) for key in right.keys() | shown.keys()]
    elif isinstance(right, list) and isinstance(shown, list) and len(right) == len(shown):
        pairs = [
            (f"{where}[{number}]", one, other) for number, (one, other) in enumerate(zip(right, shown, strict=True))
        ]
    elif right == shown:
        return ""
    else:
        return f"{where} is {str(shown)[:300]}, and should be {str(right)[:300]}"
    return next((found for place, one, other in pairs if (found := _first(one, other, place))), "")
