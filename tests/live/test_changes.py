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

pytestmark = pytest.mark.xdist_group("live")

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
    assert set(sent) == {"scope_rx_state_", "ended_rx_state_"}


@pytest.mark.parametrize("without", ["lock", ""], ids=["unguarded", "guarded"])
def test_a_change_that_lands_while_the_snapshot_is_read(firm: Firm, sockets: Sockets, without: str) -> None:
    with serving(2, without=without) as webs:
        _, cookie = firm.person(Role.OPERATOR)
        topic = f"appointment:{next(_visits)}"
        number = topic.partition(":")[2]
        firm.note("old", topic)
        # Another tab is in the room already, so that the push is made at once.
        first = sockets.open(webs[0].base, f"/visit/{number}", cookie=cookie, query={"number": number})
        first.wait(lambda tab: "old" in tab.get("appointment_live", "detail", {}).get("notes", ""))

        firm.hold_next_read(topic)
        firm.wires.incr(outbox.VERSION_PREFIX + topic)  # the cached view counts as old, so the newcomer's is read
        late = sockets.open(webs[0].base, f"/visit/{number}", cookie=cookie, query={"number": number})
        firm.wait_held(topic)
        firm.note("new", topic)
        if without:
            first.wait(lambda tab: tab.get("appointment_live", "detail")["notes"] == "old new")
        firm.let_go(topic)

        late.wait_for("appointment_live", "loaded", True)
        if without:
            late.never(lambda tab: tab.get("appointment_live", "detail")["notes"] == "old new", 1.0)
        else:
            for tab in (first, late):
                tab.wait(lambda tab: tab.get("appointment_live", "detail")["notes"] == "old new")


def test_commits_in_another_order_than_their_ids(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tabs = [_desk(sockets, web, cookie) for web in webs]
    early_has_its_id, late_has_committed = threading.Event(), threading.Event()

    def early() -> int:
        with database.transaction() as session:
            event = record(session, "note", by=SYSTEM, now=now(), topics=["desk"], data={"note": "w-early"})
            early_has_its_id.set()
            assert late_has_committed.wait(10)
            return event.id

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(early)
        assert early_has_its_id.wait(10)
        with database.transaction() as session:
            late_id = record(session, "note", by=SYSTEM, now=now(), topics=["desk"], data={"note": "w-late"}).id
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


def test_a_burst_is_merged_and_its_first_change_leaves_at_once(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tab = _desk(sockets, webs[0], cookie)
    tab.never(lambda tab: False, 0.2)
    seen = len(tab.log)
    firm.note("w-burst-first", "desk")
    took = tab.wait(_shows("w-burst-first"), 1.0)
    for number in range(40):
        firm.note(f"w-burst-{number}", "desk")
    tab.wait(_shows("w-burst-39"), 2.0)
    assert took < 0.1
    assert len(tab.log) - seen < 20


def test_many_who_join_share_one_read(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    topic = f"appointment:{next(_visits)}"
    number = topic.partition(":")[2]
    firm.note("shared", topic)
    before = firm.reads(topic)
    tabs = [
        sockets.open(webs[at % 2].base, f"/visit/{number}", cookie=cookie, query={"number": number}) for at in range(30)
    ]
    for tab in tabs:
        tab.wait(lambda tab: tab.get("appointment_live", "detail", {}).get("notes") == "shared")
    assert firm.reads(topic) - before == len(webs)
