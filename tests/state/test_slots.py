"""The dialog's side of the server: what it is told of slots, and how a move is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
import time_machine

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.kit.database import reading
from guitara_app.pages.booking.slots import SlotState
from tests.state.conftest import OpenBrowser
from tests.support.firm import NOW, Firm, open_firm

FIND, MOVE = (f"{SlotState.get_full_name()}.{name}" for name in ("find", "move"))


@pytest.fixture
def firm(cookies: dict[Role | None, str]) -> Iterator[Firm]:
    """A firm beside the accounts that sign in, at the time of its evening."""
    assert cookies
    with time_machine.travel(NOW, tick=True):
        yield open_firm()


def asked(draft: dict[str, Any], key: str = "k1", **question: Any) -> tuple[str, dict[str, Any]]:
    return FIND, {"draft": draft, "question": question, "key": key}


def chosen(visit: int, slot: dict[str, Any], told: dict[str, Any], reason: str) -> tuple[str, dict[str, Any]]:
    return MOVE, {
        "chosen": {
            "visit_id": visit,
            "evening": slot["evening"],
            "start": slot["starts"][0]["value"],
            "therapist_ids": slot["people"],
            "car_needed": False,
            "reason": reason,
            "key": "tap-1",
            "seen": told["seen"],
        }
    }


def test_a_slot_is_found_and_the_visit_moved_once(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0, start=time(21))
    tab = browser(Role.OPERATOR)
    told = tab.call(*asked({"visit_id": visit}, earliest="22:00", latest="00:30")).values
    assert (told["answers"], told["team"]) == ("k1", "Therapist 0.")
    [slot] = told["slots"]
    assert (slot["label"], slot["until"]) == ("Mon 23 Nov 22:00", "Tue 00:00")
    assert slot["starts"][-1] == {
        "value": "00:00",
        "clock": "Tue 00:00",
        "label": "Mon 23 Nov, night \u2192 Tue 00:00",
    }
    without = tab.call(*chosen(visit, slot, told, " ")).values
    assert "reason" in without["refused"]
    for _ in range(2):
        assert tab.call(*chosen(visit, slot, told, "Client's ill")).values["done"] == "tap-1"
    with reading() as session:
        assert fields_of(session, visit).start == time(22)


def test_what_was_taken_meanwhile_is_named(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0, start=time(21))
    tab = browser(Role.OPERATOR)
    told = tab.call(*asked({"visit_id": visit}, earliest="22:00")).values
    other = firm.book(0, start=time(22))
    refused = tab.call(*chosen(visit, told["slots"][0], told, "asked")).values
    assert f"#{other}" in refused["refused"]
    assert "done" not in refused


def test_a_new_visit_is_looked_for_as_far_as_it_is_typed(firm: Firm, browser: OpenBrowser) -> None:
    tab = browser(Role.OPERATOR)
    assert tab.call(*asked({"visit_id": ""})).values["problem"] == "Choose at least one service that is on sale."
    told = tab.call(*asked({"visit_id": "", "service_ids": [firm.service], "driver_needed": True}, who="any")).values
    assert [slot["driver"] for slot in told["slots"]] == ["Driver 0 (car)"]
    # What only a form can send is refused where it is wrong.
    crossed = tab.call(*asked({"service_ids": [firm.service]}, earliest="00:30", latest="20:00")).values
    assert "latest start" in crossed["problem"]


def test_only_the_desk_may_look(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0)
    for role in (Role.THERAPIST, Role.DRIVER, None):
        assert "slots" not in browser(role).call(*asked({"visit_id": visit})).values
