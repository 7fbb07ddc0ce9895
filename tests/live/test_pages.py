"""What a tab shows survives everything Reflex does to its state, and is never another page's or another person's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from redis import Redis

from guitara_app.accounts.permissions import Role
from guitara_app.settings import settings
from tests.live.conftest import Firm, Web, serving
from tests.support.socket_client import ASK_AGAIN, ROOT, Sockets, Tab

_PROBE = f"{ROOT}.tests___live___probe____probe_state"
_visits = count(5000)


@pytest.fixture(params=["filter", ""], ids=["unguarded", "guarded"])
def guarded_or_not(request: pytest.FixtureRequest, firm: Firm, webs: list[Web]) -> Iterator[tuple[list[Web], bool]]:
    """Web processes that send Reflex's defaults of pushed variables, and ones that do not."""
    del firm
    if not request.param:
        yield webs, True
        return
    with serving(2, without=request.param) as unguarded:
        yield unguarded, False


def _desk(sockets: Sockets, web: Web, cookie: str) -> Tab:
    tab = sockets.open(web.base, "/desk", cookie=cookie)
    tab.wait_for("desk_live", "loaded", True)
    return tab


def _blanked(tab: Tab) -> bool:
    """Whether any update since the page was shown put the board back to its default."""
    return any(
        update["delta"].get(name, {}).get("loaded_rx_state_") is False
        for update in tab.log
        for name in update.get("delta") or {}
        if name.endswith("desk_live")
    )


def test_a_reconnect_does_not_blank(firm: Firm, guarded_or_not: tuple[list[Web], bool], sockets: Sockets) -> None:
    webs, guarded = guarded_or_not
    _, cookie = firm.person(Role.OPERATOR)
    tab = _desk(sockets, webs[0], cookie)
    tab.log.clear()
    tab.close()
    firm.note("w-while-away", "desk")
    tab.connect()
    tab.wait(lambda tab: "w-while-away" in tab.get("desk_live", "waiting"))
    assert _blanked(tab) is not guarded


def test_a_reconnect_to_the_other_process(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    tab = _desk(sockets, webs[0], cookie)
    tab.log.clear()
    tab.close()
    firm.note("w-moved", "desk")
    tab.base = webs[1].base
    tab.connect()
    tab.wait(lambda tab: "w-moved" in tab.get("desk_live", "waiting"))
    assert not _blanked(tab)


def test_idle_expiry_does_not_blank(firm: Firm, guarded_or_not: tuple[list[Web], bool], sockets: Sockets) -> None:
    webs, guarded = guarded_or_not
    _, cookie = firm.person(Role.OPERATOR)
    tab = _desk(sockets, webs[0], cookie)
    firm.note("w-idle", "desk")
    tab.wait(lambda tab: "w-idle" in tab.get("desk_live", "waiting"))
    tab.log.clear()
    with Redis.from_url(settings().state_redis_url) as states:
        gone = [key for key in states.scan_iter(f"*{tab.token}*") if b"socket_record" not in key]
        assert gone
        states.delete(*gone)
    tab.send(f"{_PROBE}.touch")
    tab.wait_for("probe_state", "touched", 1)
    # Reflex resends what the event at hand has loaded; this one loads everything.
    tab.log.clear()
    tab.send(f"{ROOT}.hydrate")
    tab.wait(
        lambda tab: any("rx_router_session_rx_state_" in update["delta"].get(ROOT, {}) for update in tab.log),
        what="the whole state is sent again",
    )
    assert _blanked(tab) is not guarded
    if guarded:
        assert "w-idle" in tab.get("desk_live", "waiting")
        firm.note("w-after-idle", "desk")
        tab.wait(lambda tab: "w-after-idle" in tab.get("desk_live", "waiting"))


def test_reset_does_not_blank(firm: Firm, guarded_or_not: tuple[list[Web], bool], sockets: Sockets) -> None:
    webs, guarded = guarded_or_not
    _, cookie = firm.person(Role.OPERATOR)
    tab = _desk(sockets, webs[0], cookie)
    tab.log.clear()
    tab.send(f"{_PROBE}.reset_all")
    tab.send(f"{_PROBE}.touch")
    tab.wait(lambda tab: tab.get("probe_state", "touched"))
    assert _blanked(tab) is not guarded


def test_navigation_to_another_visit(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    one, two = str(next(_visits)), str(next(_visits))
    firm.note("one", f"appointment:{one}")
    firm.note("two", f"appointment:{two}")
    stays = sockets.open(webs[0].base, f"/visit/{one}", cookie=cookie, query={"number": one})
    tab = sockets.open(webs[0].base, f"/visit/{one}", cookie=cookie, query={"number": one})
    tab.wait_for("appointment_live", "scope", f"appointment:{one}")
    tab.go(f"/visit/{two}", {"number": two})
    tab.wait_for("appointment_live", "scope", f"appointment:{two}")
    firm.note("again", f"appointment:{one}")
    stays.wait(lambda tab: "again" in tab.get("appointment_live", "detail")["notes"])
    tab.never(lambda tab: tab.get("appointment_live", "scope") != f"appointment:{two}", 0.3)
    assert tab.get("appointment_live", "detail")["notes"] == "two"
    tab.go("/desk")
    tab.wait_for("desk_live", "loaded", True)
    firm.note("again", f"appointment:{two}")
    tab.never(lambda tab: "again" in tab.get("appointment_live", "detail")["notes"], 0.3)


def test_navigation_away_while_the_snapshot_is_read(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    _, cookie = firm.person(Role.OPERATOR)
    slow, next_one = str(next(_visits)), str(next(_visits))
    firm.note("slow", f"appointment:{slow}")
    firm.note("next", f"appointment:{next_one}")
    firm.hold_next_read(f"appointment:{slow}")
    tab = sockets.open(webs[0].base, f"/visit/{slow}", cookie=cookie, query={"number": slow})
    firm.wait_held(f"appointment:{slow}")
    tab.go(f"/visit/{next_one}", {"number": next_one})
    tab.wait_for("appointment_live", "scope", f"appointment:{next_one}")
    firm.let_go(f"appointment:{slow}")
    firm.note("more", f"appointment:{slow}")
    tab.never(lambda tab: tab.get("appointment_live", "scope") != f"appointment:{next_one}", 0.5)


@pytest.mark.parametrize("without", ["locks", "quick-locks"], ids=["unguarded", "guarded"])
def test_a_quick_second_navigation_is_not_held_up(firm: Firm, sockets: Sockets, without: str) -> None:
    with serving(2, without=without) as webs:
        _, cookie = firm.person(Role.OPERATOR)
        tab = _desk(sockets, webs[0], cookie)
        one, two = str(next(_visits)), str(next(_visits))
        tab.wait_for("state", "is_hydrated", True)
        tab.never(lambda tab: tab.closed_at is not None, 1.0)  # the page is loaded and its lock given back
        tab.go(f"/visit/{one}", {"number": one})
        tab.go(f"/visit/{two}", {"number": two})
        if without == "locks":
            tab.never(lambda tab: tab.get("appointment_live", "loaded"), 3.0)
        else:
            tab.wait_for("appointment_live", "scope", f"appointment:{two}", 8.0)  # the lock would be held for 10 s


def test_only_who_may_see_it_is_sent_it(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    therapist, cookie = firm.person(Role.THERAPIST)
    other, _ = firm.person(Role.THERAPIST)
    visit = str(next(_visits))
    firm.note("secret", f"appointment:{visit}")
    tab = sockets.open(webs[0].base, "/me", cookie=cookie)
    tab.wait_for("person_live", "scope", f"person:{therapist}")
    tab.go(f"/visit/{visit}", {"number": visit})
    tab.wait(lambda tab: tab.events, what="a notice that says no")
    tab.go("/desk")
    firm.note("secret-too", "desk", f"appointment:{visit}", f"person:{other}")
    firm.note("mine", f"person:{therapist}")
    tab.wait_for("person_live", "evening", "mine")
    assert "appointment_live" not in tab.values
    assert "desk_live" not in tab.values


def test_nobody_is_sent_nothing(firm: Firm, webs: list[Web], sockets: Sockets) -> None:
    tab = sockets.open(webs[0].base, "/desk")
    tab.wait(lambda tab: any("login" in str(event) for event in tab.events))
    firm.note("w-secret", "desk")
    tab.never(lambda tab: "desk_live" in tab.values, 0.3)


@pytest.fixture
def away(firm: Firm, webs: list[Web], sockets: Sockets) -> tuple[Firm, Tab, str]:
    """A tab that has shown the board and has gone on to a visit, whose number is there too."""
    _, cookie = firm.person(Role.OPERATOR)
    tab, visit = _desk(sockets, webs[0], cookie), str(next(_visits))
    firm.note(f"w-{visit}", "desk")
    tab.wait(lambda tab: f"w-{visit}" in tab.get("desk_live", "waiting"))
    _go_to(tab, visit)
    return firm, tab, visit


def _go_to(tab: Tab, visit: str) -> None:
    tab.go(f"/visit/{visit}", {"number": visit})
    tab.wait_for("appointment_live", "scope", f"appointment:{visit}")
    tab.log.clear()


def _sent(tab: Tab, state: str) -> list[set[str]]:
    """The variables of each message about the state."""
    return [
        {variable.removesuffix("_rx_state_") for variable in variables}
        for update in tab.log
        for name, variables in (update.get("delta") or {}).items()
        if name.endswith(state)
    ]


def _back_at_the_desk(tab: Tab) -> set[str]:
    tab.log.clear()
    tab.go("/desk")
    tab.wait(lambda tab: bool(_sent(tab, "desk_live")), what="a word about the board")
    return _sent(tab, "desk_live")[0]


def test_a_page_that_is_as_it_was_left_is_told_only_that(away: tuple[Firm, Tab, str]) -> None:
    firm, tab, visit = away
    assert _back_at_the_desk(tab) == {"scope", "rev", "after"}
    firm.note(f"w-since-{visit}", "desk")
    tab.wait(lambda tab: f"w-since-{visit}" in tab.get("desk_live", "waiting"))
    assert not tab.misfits


def test_a_page_that_has_something_else_than_it_was_sent_finds_out(away: tuple[Firm, Tab, str]) -> None:
    _, tab, _ = away
    tab.values["desk_live"]["rev"] -= 1
    _back_at_the_desk(tab)
    assert tab.misfits


def test_a_page_that_is_not_as_it_was_left_is_sent_whole(away: tuple[Firm, Tab, str]) -> None:
    firm, tab, visit = away
    firm.note(f"w-meanwhile-{visit}", "desk")
    assert {"loaded", "waiting"} <= _back_at_the_desk(tab)
    assert f"w-meanwhile-{visit}" in tab.get("desk_live", "waiting")


def test_a_visit_is_sent_whole_when_another_was_looked_at_since(away: tuple[Firm, Tab, str]) -> None:
    _, tab, first = away
    _go_to(tab, str(next(_visits)))
    tab.go(f"/visit/{first}", {"number": first})
    tab.wait_for("appointment_live", "scope", f"appointment:{first}")
    assert "loaded" in _sent(tab, "appointment_live")[0]


def test_a_page_that_asks_again_is_sent_whole(away: tuple[Firm, Tab, str]) -> None:
    _, tab, visit = away
    _back_at_the_desk(tab)
    tab.values["desk_live"] = {}
    tab.send(ASK_AGAIN)
    tab.wait(lambda tab: f"w-{visit}" in tab.get("desk_live", "waiting", ()))
