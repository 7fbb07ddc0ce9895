"""What the handlers of a visit's page say: to the desk, to the field, and to whoever sends garbage."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.kit.database import reading, transaction
from guitara_app.pages.appointment.state import AppointmentState
from tests.state.conftest import OpenBrowser
from tests.state.events import Told
from tests.support.firm import NOW, Firm, open_firm, seat_row, visit_row

VISIT = AppointmentState.get_full_name()


def _offered() -> tuple[Firm, int, int]:
    """A firm, and a visit whose only place is offered, with a day to answer."""
    firm = open_firm()
    with transaction() as session:
        at = session.execute(text("SELECT date_trunc('hour', now()) + interval '5 hours' AS at")).scalar_one()
        end = session.execute(text("SELECT CAST(:at AS timestamptz) + interval '1 hour'"), {"at": at}).scalar_one()
        visit = visit_row(session, firm, at, end)
        seat = seat_row(session, firm, 0, at, end, visit=visit, answer="offered", due_at=at, offered_at=NOW)
        return firm, visit.id, seat.id


def _answer(seat: int) -> str:
    with reading() as session:
        return str(session.execute(text("SELECT answer FROM assignments WHERE id = :id"), {"id": seat}).scalar_one())


def _do(browser: Any, action: str, target: object, values: object, key: str = "k-1") -> Told:
    told: Told = browser.call(f"{VISIT}.do", {"action": action, "target_id": target, "key": key, "values": values})
    return told


def test_an_action_is_taken_once_however_often_it_is_sent(browser: OpenBrowser) -> None:
    _, _, seat = _offered()
    desk = browser(Role.OPERATOR)
    for _ in range(2):
        told = _do(desk, "reject", seat, {"reason": ["Mrs D'Souza's dog bit her"]})
        assert told.values["done"] == "k-1"
        assert told.says("Done.")
    assert _answer(seat) == "rejected"
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM events WHERE kind = 'offer_rejected'")).scalar_one() == 1


def test_what_is_refused_says_why_beside_its_field_and_does_not_close_the_dialog(browser: OpenBrowser) -> None:
    _, visit, seat = _offered()
    desk = browser(Role.OPERATOR)
    assert "Say why you do this for them" in _do(desk, "accept", seat, {}).values["refused"]["reason"]
    told = _do(desk, "verify_payment", visit, {"method": ["cash"], "amount": ["five hundred"]})
    assert told.values["refused"]["key"] == "k-1"
    assert told.values["refused"]["amount"]
    assert told.values["answered"] == 1
    assert "done" not in told.values
    told = _do(desk, "verify_payment", visit, {"method": ["cash"], "amount": ["500"]})
    assert "waiting" in told.values["refused"]["form"] or "pending" in told.values["refused"]["form"]
    assert _answer(seat) == "offered"


@pytest.mark.parametrize("role", [None, Role.THERAPIST, Role.DRIVER])
def test_only_the_desk_acts_from_this_page(browser: OpenBrowser, role: Role | None) -> None:
    _, visit, seat = _offered()
    for name, payload in (
        ("begin", {"action": "cancel", "target_id": visit}),
        ("do", {"action": "accept", "target_id": seat, "key": "k-1", "values": {"reason": ["mine"]}}),
    ):
        told = browser(role).call(f"{VISIT}.{name}", payload)
        assert told.says("Your account may not do this.") or told.leads_to("/login")
        assert "ask" not in told.values
    assert _answer(seat) == "offered"


def test_an_operator_is_not_let_do_what_only_managers_may(browser: OpenBrowser) -> None:
    _, visit, _ = _offered()
    values = {"to_state": ["completed"], "reason": ["because"]}
    assert "may not do this" in _do(browser(Role.OPERATOR), "force", visit, values).values["refused"]["form"]


@pytest.mark.parametrize(
    "payload",
    [
        {"action": "cancel", "target_id": {"id": 1}},
        {"action": ["cancel"], "target_id": 1},
        {"action": "cancel", "target_id": -1},
        {"action": "cancel", "target_id": 2**63},
        {"action": "x" * 41, "target_id": 1},
        {"action": "cancel"},
        {},
    ],
)
def test_garbage_opens_nothing(browser: OpenBrowser, payload: dict[str, Any]) -> None:
    told = browser(Role.OPERATOR).call(f"{VISIT}.begin", payload)
    assert "ask" not in told.values
    for broken in ({"values": "all of them"}, {"values": {"reason": "words"}}, {"key": "kéy"}, {"key": 7}):
        whole = {"key": "k-1", "values": {"reason": ["words"]}, "action": "cancel", "target_id": 1}
        told = browser(Role.OPERATOR).call(f"{VISIT}.do", whole | payload | broken)
        assert "done" not in told.values


@pytest.mark.parametrize(("action", "target"), [("dance", 1), ("cancel", 999_999), ("lapse", 1), ("accept_leg", 1)])
def test_what_there_is_not_is_said_in_words(browser: OpenBrowser, action: str, target: int) -> None:
    told = browser(Role.OPERATOR).call(f"{VISIT}.begin", {"action": action, "target_id": target})
    assert "ask" not in told.values
    assert told.says("There is no such") or told.says("not there any more")
    refused = _do(browser(Role.OPERATOR), action, target, {"reason": ["words"]}).values["refused"]
    assert refused["form"].endswith(".")


def test_the_dialog_asks_for_what_the_action_needs_best_first_with_the_reason(browser: OpenBrowser) -> None:
    firm, visit, seat = _offered()
    desk = browser(Role.OPERATOR)
    _do(desk, "reject", seat, {"reason": ["ill"]})
    ask = desk.call(f"{VISIT}.begin", {"action": "replace", "target_id": seat}).values["ask"]
    assert (ask["action"], ask["target_id"], ask["number"]) == ("replace", seat, 1)
    [who, override] = ask["fields"]
    offered = [option["value"] for option in who["options"]]
    assert {str(one) for one in firm.therapists[1:]} <= set(offered)
    assert str(firm.therapists[0]) not in offered
    assert [option["good"] for option in who["options"]] == sorted((o["good"] for o in who["options"]), reverse=True)
    assert all(option["detail"] for option in who["options"])
    assert override["kind"] == "words"
    assert desk.call(f"{VISIT}.begin", {"action": "cancel", "target_id": visit}).values["ask"]["reason_needed"] is True
