"""The change form's side of the server: what stands there, what a draft makes of it, and how a save is answered."""

from __future__ import annotations

from typing import Any

import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.queries.fields import fields_of
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import change
from guitara_app.kit.database import reading, run
from guitara_app.pages.booking.changing import ChangeState
from guitara_app.pages.booking.draft import ChangeDraft
from tests.state.conftest import OpenBrowser
from tests.support.firm import NOW, Firm, open_firm

CONSIDER, SAVE = (f"{ChangeState.get_full_name()}.{name}" for name in ("consider", "save"))


@pytest.fixture
def firm(cookies: dict[Role | None, str]) -> Firm:
    """A firm beside the accounts that sign in."""
    assert cookies
    return open_firm()


def stands(visit: int) -> dict[str, Any]:
    with reading() as session:
        return fields_of(session, visit).model_dump(mode="json")


def sent(name: str, visit: int, **typed: Any) -> tuple[str, dict[str, Any]]:
    return name, {"draft": {"visit_id": visit, "idempotency_key": "tap-1", **typed}}


def test_the_form_opens_with_what_stands_there_and_changes_nothing_by_itself(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0, notes="It's the 2nd door", minutes=75)
    told = browser(Role.OPERATOR).call(*sent(CONSIDER, visit)).values
    assert told["base"]["of"] == f"change-{visit}"
    values = told["base"]["values"]
    assert (values["start"], values["minutes"], values["price"]) == ("21:00", "75", "")
    assert (values["notes"], values["therapist_ids"]) == ("It's the 2nd door", [firm.therapists[0]])
    assert (told.get("changed", ""), told.get("effects", []), told.get("clashes", [])) == ("", [], [])
    assert told["client"]["name"] == "Mrs D'Souza"
    assert told["services"]


def test_a_change_needs_a_reason_and_then_is_saved_once(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0)
    tab = browser(Role.OPERATOR)
    typed = {"notes": "Ring twice", "seen": {"notes": ""}}
    refused = tab.call(*sent(SAVE, visit, **typed)).values
    assert "reason" in refused["problems"]
    assert "saved" not in refused
    for _ in range(2):
        told = tab.call(*sent(SAVE, visit, **typed, reason="Client asked"))
        assert told.values["saved"] == "tap-1"
        assert told.says(f"Changed visit #{visit}")
    assert stands(visit)["notes"] == "Ring twice"


def test_a_colleague_who_was_quicker_is_named_field_by_field(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0)
    before = stands(visit)
    theirs = ChangeRequest(notes="Bring oil", car_needed=False, minutes=90)
    run(lambda session: change(session, firm.operator, visit, request=theirs, reason="called", now=NOW))
    tab = browser(Role.MANAGER)
    typed = {"notes": "Ring twice", "seen": {"notes": before["notes"]}, "reason": "Client asked"}
    told = tab.call(*sent(SAVE, visit, **typed)).values
    [clash] = told["clashes"]
    assert (clash["field"], clash["by"], clash["stands"], clash["mine"]) == (
        "notes",
        "Ana O'Hara",
        "Bring oil",
        "Ring twice",
    )
    assert "Ana O'Hara" in told["problems"]["form"]
    assert told["base"]["values"]["minutes"] == "90"
    assert "saved" not in told
    # Mine is kept: it is a change of theirs now, and what they made of another field stays.
    kept = tab.call(*sent(SAVE, visit, **(typed | {"seen": {"notes": "Bring oil"}}))).values
    assert kept["saved"] == "tap-1"
    assert (stands(visit)["notes"], stands(visit)["minutes"]) == ("Ring twice", 90)


def test_what_cannot_be_read_is_refused_at_its_field(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0)
    tab = browser(Role.OPERATOR)
    bad: dict[str, dict[str, Any]] = {
        "start": {"start": "late"},
        "minutes": {"minutes": "ninety"},
        "address_line": {"address_id": ""},
    }
    for field, typed in bad.items():
        told = tab.call(*sent(SAVE, visit, reason="x", **typed)).values
        assert field in told["problems"], told
        assert "saved" not in told
    assert "form" in tab.call(*sent(SAVE, 2**62, reason="x")).values["problems"]
    # What somebody claims to have seen is theirs to claim, but must be readable.
    assert ChangeDraft(seen={"price": "much", "state": 1}).seen_fields(fields(visit)) == fields(visit)


def fields(visit: int) -> Any:
    with reading() as session:
        return fields_of(session, visit)


def test_only_the_desk_may_look(firm: Firm, browser: OpenBrowser) -> None:
    visit = firm.book(0)
    for role in (Role.THERAPIST, Role.DRIVER):
        for name in (CONSIDER, SAVE):
            assert "base" not in browser(role).call(*sent(name, visit)).values
