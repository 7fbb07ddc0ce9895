"""The booking form's side of the server, where the policy is asked to choose."""

from __future__ import annotations

from typing import Any

import pytest

from guitara_app.accounts.permissions import Role
from guitara_app.firm.models import Setting
from guitara_app.kit.database import transaction
from guitara_app.pages.booking import state
from guitara_app.pages.booking.state import BookingState
from tests.state.conftest import OpenBrowser
from tests.support.firm import EVENING, NOW, Firm, open_firm

CONSIDER, SAVE = (f"{BookingState.get_full_name()}.{name}" for name in ("consider", "save"))


@pytest.fixture
def firm(cookies: dict[Role | None, str], monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A firm beside the accounts that sign in, at 20:00 of its evening."""
    assert cookies
    monkeypatch.setattr(state, "now", lambda: NOW)
    return open_firm()


def sent(name: str, firm: Firm, **typed: Any) -> tuple[str, dict[str, Any]]:
    draft = {
        "client_id": firm.client,
        "service_ids": [firm.service],
        "evening": f"{EVENING}",
        "start": "21:00",
        "address_id": firm.address,
        "driver_needed": False,
        "idempotency_key": "tap-1",
        **typed,
    }
    return name, {"draft": draft}


def test_the_form_says_which_policy_is_in_force_and_whom_it_would_choose(firm: Firm, browser: OpenBrowser) -> None:
    told = browser(Role.OPERATOR).call(*sent(CONSIDER, firm, automatic="2")).values
    assert told["policy"].startswith("Longest idle first: ")
    assert [(one["name"], one["because"]) for one in told["picks"]] == [
        ("Therapist 0", "longest idle, 8 h 00"),
        ("Therapist 1", "next longest idle, 8 h 00"),
    ]
    assert told["sums"]["price"] == "1,000"
    with transaction() as session:
        session.add(Setting(key="policy", value="balanced"))
    assert browser(Role.OPERATOR).call(*sent(CONSIDER, firm)).values["policy"].startswith("Balanced: ")


def test_saving_lets_the_policy_choose_once(firm: Firm, browser: OpenBrowser) -> None:
    tab = browser(Role.OPERATOR)
    for _ in range(2):
        assert tab.call(*sent(SAVE, firm, automatic="1")).values["saved"] == "tap-1"
    refused = tab.call(*sent(SAVE, firm, automatic="6", idempotency_key="tap-2")).values
    assert refused["problems"]["therapist_ids"].startswith("Only 3 of 6 can be chosen")
    assert "saved" not in refused


@pytest.mark.parametrize("typed", ["7", "-1", "many", "1.5", "100"])
def test_a_number_that_nobody_can_pick_is_refused_with_a_sentence(firm: Firm, browser: OpenBrowser, typed: str) -> None:
    refused = browser(Role.OPERATOR).call(*sent(SAVE, firm, automatic=typed)).values
    assert refused["problems"]["therapist_ids"] == "At most 6 can be chosen automatically."
