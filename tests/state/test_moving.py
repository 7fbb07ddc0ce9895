"""Moving a visit in the calendar, as its page asks the server: proposed, refused with other ways, saved, undone."""

from __future__ import annotations

from typing import Any

import pytest
from reflex.app import App
from reflex.istate.manager.memory import StateManagerMemory

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import change
from guitara_app.kit.database import reading, run
from guitara_app.pages.calendar import state as calendar_state
from guitara_app.pages.calendar.state import CalendarState
from guitara_app.pages.planning import moving
from tests.state.events import Browser, Told
from tests.support.firm import NOW, Firm, open_firm

SEEN = {"seen_starts": "2026-11-23T21:00", "seen_ends": "2026-11-23T22:00"}


class Tab:
    """One tab of somebody with the calendar open."""

    def __init__(self, app: App, cookie: str) -> None:
        self._browser = Browser(app, cookie, "/calendar", states=StateManagerMemory())

    def call(self, name: str, **sent: Any) -> Told:
        return self._browser.call(f"{CalendarState.get_full_name()}.{name}", sent)

    def move(self, visit: int, starts: str, *, reason: str = "It's better", key: str = "tap-1", **more: Any) -> Told:
        return self.call("move", move={"visit_id": visit, "starts": starts, **SEEN, **more}, reason=reason, key=key)


@pytest.fixture(autouse=True)
def evening(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the firm's evening."""
    for module in (moving, calendar_state):
        monkeypatch.setattr(module, "now", lambda: NOW)


@pytest.fixture
def firm(cookies: dict[Role | None, str]) -> Firm:
    assert cookies
    return open_firm()


@pytest.fixture
def tab(app: App, cookies: dict[Role | None, str], firm: Firm) -> Tab:
    assert firm
    return Tab(app, cookies[Role.MANAGER])


def start(visit: int) -> str:
    with reading() as session:
        return f"{fields_of(session, visit).start:%H:%M}"


def test_a_move_is_proposed_saved_once_and_undone(firm: Firm, tab: Tab) -> None:
    visit = firm.book(0)
    move = {"visit_id": visit, "starts": "2026-11-24T00:00", **SEEN}
    proposal = tab.call("propose", move=move).values["proposal"]
    assert (proposal["number"], proposal["visit_id"], proposal["problems"]) == (1, visit, [])
    assert start(visit) == "21:00"
    told = tab.move(visit, "2026-11-24T00:00").values
    assert (told["done"], told["proposal"]["visit_id"], told["undo"]["visit_id"]) == ("tap-1", 0, visit)
    assert told["undo"]["words"].startswith(f"Mrs D'Souza, #{visit}, to Mon 23 Nov, night")
    assert start(visit) == "00:00"
    # What comes after the dialog has closed opens nothing any more.
    assert "proposal" not in tab.call("consider", move=move).values
    undone = tab.call("take_back")
    assert undone.says("Undone: the move of Mrs D")
    assert start(visit) == "21:00"
    assert tab.call("take_back").says("There is nothing to undo any more.")


def test_no_reason_no_move(firm: Firm, tab: Tab) -> None:
    visit = firm.book(0)
    told = tab.move(visit, "2026-11-23T22:00", reason="  ").values
    assert told["proposal"]["problems"] == ["Say why: it is kept."]
    assert ("done" in told, start(visit)) == (False, "21:00")


def test_what_is_in_the_way_is_said_with_what_could_be_done_instead(firm: Firm, tab: Tab) -> None:
    visit, other = firm.book(0), firm.book(0, start=NOW.replace(hour=23).time())
    told = tab.move(visit, "2026-11-23T22:30").values
    assert f"(#{other})" in told["proposal"]["problems"][0]
    assert {one["kind"] for one in told["proposal"]["others"]} == {"time", "people"}
    assert start(visit) == "21:00"
    one = next(one for one in told["proposal"]["others"] if one["kind"] == "people")
    saved = tab.call("move", move=one["move"], reason="It's better", key="tap-2").values
    assert saved["done"] == "tap-2"
    assert start(visit) == "22:30"


def test_the_second_of_two_is_told_and_may_move_it_all_the_same(firm: Firm, tab: Tab) -> None:
    visit = firm.book(0)
    tab.call("propose", move={"visit_id": visit, "starts": "2026-11-23T22:00", **SEEN})
    theirs = ChangeRequest(start=NOW.replace(hour=23).time())
    run(lambda session: change(session, firm.operator, visit, request=theirs, reason="called", now=NOW))
    told = tab.move(visit, "2026-11-23T22:00").values["proposal"]
    assert (told["overtaken"][0]["by"], told["overtaken"][0]["stands"]) == ("Ana O'Hara", "23:00")
    assert (told["problems"], start(visit)) == ([], "23:00")
    saved = tab.call("move", move=told["anew"], reason="It's better", key="tap-2").values
    assert (saved["done"], start(visit)) == ("tap-2", "22:00")


def test_an_undo_never_overwrites_what_a_colleague_did_since(firm: Firm, tab: Tab) -> None:
    visit = firm.book(0)
    tab.move(visit, "2026-11-23T22:00")
    theirs = ChangeRequest(start=NOW.replace(hour=23).time())
    run(lambda session: change(session, firm.operator, visit, request=theirs, reason="called", now=NOW))
    assert tab.call("take_back").says("Hara changed it at 20:00 to 23:00.")
    assert start(visit) == "23:00"


def test_a_move_to_where_it_is_changes_nothing(firm: Firm, tab: Tab) -> None:
    visit = firm.book(0)
    told = tab.move(visit, "2026-11-23T21:00")
    assert told.says("It stands like that already.")
    assert "undo" not in told.values


def test_how_full_the_week_is_comes_with_the_name_of_the_week(firm: Firm, tab: Tab) -> None:
    firm.book(0)
    told = tab.call("fill", on="2026-11-25").values["slots"]
    assert told["topic"] == f"week:{NOW.date().toordinal()}"
    nine = next(row for row in told["rows"] if row["starts"] <= "2026-11-23T21:00" < row["ends"])
    assert nine["therapists"] == 3
    assert "slots" not in tab.call("fill", on="2026-02-31").values


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.DRIVER, Role.OPERATOR, None])
def test_who_does_not_plan_is_shown_nothing(
    app: App, cookies: dict[Role | None, str], firm: Firm, role: Role | None
) -> None:
    visit = firm.book(0)
    tab = Tab(app, cookies[role])
    assert "slots" not in tab.call("fill", on="2026-11-25").values
    if role is not Role.OPERATOR:
        assert "proposal" not in tab.call("propose", move={"visit_id": visit, **SEEN}).values
        tab.move(visit, "2026-11-23T22:00")
        assert start(visit) == "21:00"
