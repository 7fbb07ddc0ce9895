"""What the board's handlers say to whoever calls them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.queries import board
from guitara_app.handover.queries import handover
from guitara_app.kit.database import reading, transaction
from guitara_app.kit.time import now
from guitara_app.pages.board.handover import HandoverState
from guitara_app.pages.board.state import BoardState
from tests.state.conftest import OpenBrowser
from tests.support.firm import open_firm

BOARD, NOTE = BoardState.get_full_name(), HandoverState.get_full_name()


def draft(**more: Any) -> dict[str, Any]:
    return {"draft": {"idempotency_key": "k-1", "text": "Mrs D'Souza's key", "based_on": 0} | more}


def note() -> tuple[str, int]:
    with reading() as session:
        found = handover(session, now=now())
    return found["text"], found["version"]


def test_a_note_is_saved_and_the_form_told_which(browser: OpenBrowser) -> None:
    told = browser(Role.OPERATOR).call(f"{NOTE}.save", draft())
    assert told.values["saved"] == "k-1"
    assert told.says("The hand-over note is saved.")
    assert note() == ("Mrs D'Souza's key", 1)


def test_a_form_nobody_typed_in_saves_nothing(browser: OpenBrowser) -> None:
    told = browser(Role.OPERATOR).call(f"{NOTE}.save", {"draft": {"idempotency_key": "k-1"}})
    assert told.values["problem"] == "You have not changed the note yet."
    assert told.values["answered"] == 1
    assert note() == ("", 0)


def test_whoever_was_slower_is_told_beside_what_they_typed(browser: OpenBrowser) -> None:
    browser(Role.OPERATOR).call(f"{NOTE}.save", draft())
    told = browser(Role.MANAGER).call(f"{NOTE}.save", draft(text="Mine", idempotency_key="k-2"))
    assert "Somebody else has changed the note" in told.values["problem"]
    assert "saved" not in told.values
    assert note() == ("Mrs D'Souza's key", 1)


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.DRIVER])
def test_the_field_leaves_no_notes(browser: OpenBrowser, role: Role) -> None:
    assert browser(role).call(f"{NOTE}.save", draft()).says("Your account may not do this.")
    assert note() == ("", 0)


def test_taking_on_what_is_settled_says_so(browser: OpenBrowser) -> None:
    told = browser(Role.OPERATOR).call(f"{BOARD}.claim", {"key": "over-12"})
    assert told.says("This has been settled: nobody needs to handle it any more.")


def test_the_board_shows_the_latest_that_ended_and_all_on_demand(browser: OpenBrowser) -> None:
    firm, at = open_firm(), now()
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO appointments (client_id, address_id, business_date, starts_at, ends_at, state,"
                " driver_needed, car_needed, price, booked_at, booked_by_id, closed_at, version)"
                " SELECT :client, :address, (CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Manila'"
                "  - interval '6 hours')::date, :now, CAST(:now AS timestamptz) + interval '1 hour', 'completed',"
                " false, false, 500, :now, :desk, CAST(:now AS timestamptz) + n * interval '1 second', 1"
                " FROM generate_series(1, 60) n"
            ),
            {"client": firm.client, "address": firm.address, "now": at, "desk": firm.operator.person_id},
        )
    told = browser(Role.OPERATOR).call(f"{BOARD}.show_all_ended")
    with reading() as session:
        on_board = board(session, now=at)
    assert (len(on_board["ended"]), on_board["ended_count"]) == (50, 60)
    shown = told.values["ended"]
    assert told.values["all_ended"] is True
    assert len(shown) == 60
    assert [card["id"] for card in shown] == sorted((card["id"] for card in shown), reverse=True)
