"""A change reaches every tab that shows it, in both web processes, whenever it lands."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from guitara_app.accounts.permissions import SYSTEM, Role
from guitara_app.kit import database, outbox
from guitara_app.kit.events import record
from guitara_app.kit.time import now
from tests.live.conftest import Firm, Web, serving
from tests.support.socket_client import Sockets, Tab

_visits = count(1000)


def _desk(sockets: Sockets, web: Web, cookie: str) -> Tab:
    tab = sockets.open(web.base, "/desk", cookie=cookie)
    tab.wait_for("desk_live", "loaded", True)
    return tab


def _shows(note: str) -> object:
    return lambda tab: note in tab.get("desk_live", "waiting", [])


def test_both_processes_push_each_change(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tabs = [_desk(sockets, web, cookie) for web in webs for _ in range(2)]
    for number in range(5):
        firm.note(f"w{number}", "desk")
        for tab in tabs:
            tab.wait(_shows(f"w{number}"), 1.0)
    assert {tab.get("desk_live", "scope") for tab in tabs} == {"desk"}


def test_a_change_sends_only_the_column_it_touches(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tab = _desk(sockets, webs[0], cookie)
    seen = len(tab.log)
    firm.note("x-only", "desk")
    tab.wait(lambda tab: "x-only" in tab.get("desk_live", "ended"))
    (sent,) = [
        changes
        for update in tab.log[seen:]
        for name, changes in update.get("delta", {}).items()
        if name.endswith("desk_live")
    ]
    assert set(sent) == {f"{name}_rx_state_" for name in ("scope", "rev", "after", "ended")}


@pytest.mark.parametrize("without", ["lock", ""], ids=["unguarded", "guarded"])
def test_a_change_that_lands_while_the_snapshot_is_read(firm: Firm, sockets: Sockets, without: str) -> None:
    with serving(2, without=without) as webs:
        _, cookie = firm.person(Role.OPERATOR)
        topic = f"appointment:{next(_visits)}"
        number = topic.partition(":")[2]
        firm.note("old", topic)
        firm.hold_next_read(topic)
        early = sockets.open(webs[0].base, f"/visit/{number}", cookie=cookie, query={"number": number})
        firm.wait_held(topic)
        firm.note("new", topic)
        # Another tab comes: with the lock it waits for the first one's read, without it reads for itself.
        late = sockets.open(webs[0].base, f"/visit/{number}", cookie=cookie, query={"number": number})
        if without:
            late.wait(_notes("old new"))
        firm.let_go(topic)

        early.wait_for("appointment_live", "loaded", True)
        if without:
            early.never(_notes("old new"), 1.0)
        else:
            for tab in (early, late):
                tab.wait(_notes("old new"))


def test_commits_in_another_order_than_their_ids(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tabs = [_desk(sockets, web, cookie) for web in webs]
    early_has_its_id, late_has_committed = threading.Event(), threading.Event()

    def early() -> int:
        with database.transaction() as session:
            event = record(session, "note", by=SYSTEM, now=now(), topics=["desk"], data={"note": "w-early"})
            early_has_its_id.set()
            assert late_has_committed.wait(10)
            return event.event_id

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(early)
        assert early_has_its_id.wait(10)
        with database.transaction() as session:
            late_id = record(session, "note", by=SYSTEM, now=now(), topics=["desk"], data={"note": "w-late"}).event_id
        for tab in tabs:
            tab.wait(_shows("w-late"), 1.0)
        late_has_committed.set()
        assert waiting.result() < late_id
    for tab in tabs:
        tab.wait(_shows("w-early"), 1.0)


def test_a_publisher_killed_between_commit_and_publish(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tabs = [_desk(sockets, web, cookie) for web in webs]
    firm.note_unpublished("w-orphan", "desk")
    tabs[0].never(_shows("w-orphan"), 0.5)
    assert outbox.sweep(database.engine(), older_than_s=0) >= 1
    for tab in tabs:
        tab.wait(_shows("w-orphan"), 1.0)
    assert outbox.sweep(database.engine(), older_than_s=0) == 0


def test_a_burst_is_merged(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tab = _desk(sockets, webs[0], cookie)
    tab.never(lambda tab: False, 0.2)
    seen = len(tab.log)
    firm.note("w-burst-first", "desk")
    tab.wait(_shows("w-burst-first"))
    for number in range(40):
        firm.note(f"w-burst-{number}", "desk")
    tab.wait(_shows("w-burst-39"))
    assert len(tab.log) - seen < 20


def test_a_hundred_who_join_after_a_change_share_one_read(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    topic = f"appointment:{next(_visits)}"
    number = topic.partition(":")[2]
    firm.note("before", topic)
    first = [sockets.open(web.base, f"/visit/{number}", cookie=cookie, query={"number": number}) for web in webs]
    for tab in first:
        tab.wait(_notes("before"))
    for tab in first:
        tab.close()
    before = firm.reads(topic)
    firm.note("after", topic)

    def join(at: int) -> Tab:
        return sockets.open(webs[at % 2].base, f"/visit/{number}", cookie=cookie, query={"number": number})

    with ThreadPoolExecutor(20) as pool:
        tabs = list(pool.map(join, range(100)))
    for tab in tabs:
        tab.wait(_notes("before after"))
    assert firm.reads(topic) - before == len(webs)
    # And when they all watch, the next change is read once for each process, and for nobody who comes back.
    firm.note("again", topic)
    for tab in tabs:
        tab.wait(_notes("before after again"))
    for tab in tabs[:20]:
        tab.go("/desk")
        tab.wait_for("desk_live", "loaded", True)
        tab.go(f"/visit/{number}", {"number": number})
    for tab in tabs[:20]:
        tab.wait_for("appointment_live", "scope", topic)
    assert firm.reads(topic) - before == 2 * len(webs)


def _notes(words: str) -> object:
    return lambda tab: tab.get("appointment_live", "detail", {}).get("notes") == words
