"""What the phone's handlers let a therapist do, and what they say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.kit.database import reading, transaction
from guitara_app.kit.errors import Unavailable
from guitara_app.kit.time import now
from guitara_app.pages.tonight.state import TonightState
from tests.state.conftest import OpenBrowser
from tests.support.firm import manila, open_firm, seat_row

PAGE = TonightState.get_full_name()


def rows(statement: str, **values: Any) -> list[Any]:
    with reading() as session:
        return list(session.execute(text(statement), values))


def offered_to(role: Role) -> int:
    """A place that has been offered to somebody of that role."""
    firm = open_firm()
    [person] = rows("SELECT id FROM people WHERE username = :name", name=str(role))
    firm.therapists = [person.id]
    with transaction() as session:
        seat = seat_row(session, firm, 0, manila(21), manila(22), answer="offered", due_at=now())
        return seat.id


def tap(seat: int, action: str = "accept", key: str = "k-1", **values: Any) -> dict[str, Any]:
    return {"action": action, "target_id": seat, "key": key, "values": values}


def accepted() -> int:
    return len(rows("SELECT 1 FROM events WHERE kind = 'offer_accepted'"))


def test_the_same_tap_sent_twice_counts_once_and_is_no_error(browser: OpenBrowser) -> None:
    seat = offered_to(Role.THERAPIST)
    for _ in range(2):
        told = browser(Role.THERAPIST).call(f"{PAGE}.tap", tap(seat))
        assert told.values["told"] == {"number": 1, "key": "k-1", "words": "", "again": False}
        assert told.events == []
    assert accepted() == 1


def test_another_tap_too_late_is_told_why(browser: OpenBrowser) -> None:
    seat = offered_to(Role.THERAPIST)
    browser(Role.THERAPIST).call(f"{PAGE}.tap", tap(seat))
    told = browser(Role.THERAPIST).call(f"{PAGE}.tap", tap(seat, key="k-2")).values["told"]
    assert (told["key"], told["again"]) == ("k-2", False)
    assert told["words"].startswith("This place is accepted")


def test_a_tap_that_waited_happened_when_it_was_tapped(browser: OpenBrowser) -> None:
    seat = offered_to(Role.THERAPIST)
    before = now()
    browser(Role.THERAPIST).call(f"{PAGE}.tap", {**tap(seat), "late": 40 * 60_000})
    [event] = rows("SELECT happened_at, recorded_at FROM events WHERE kind = 'offer_accepted'")
    assert event.recorded_at >= before
    assert abs(event.happened_at - (before - timedelta(minutes=40))) < timedelta(minutes=1)


def test_a_tap_of_days_ago_is_refused_with_a_sentence(browser: OpenBrowser) -> None:
    seat = offered_to(Role.THERAPIST)
    told = browser(Role.THERAPIST).call(f"{PAGE}.tap", {**tap(seat), "late": 25 * 3_600_000}).values["told"]
    assert told["words"].startswith("That time cannot be right.")
    assert accepted() == 0


def test_a_tap_that_no_server_took_is_sent_again(browser: OpenBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise Unavailable("The database does not answer.")

    seat = offered_to(Role.THERAPIST)
    tab = browser(Role.THERAPIST)
    with monkeypatch.context() as broken:
        broken.setattr("guitara_app.pages.acting.perform", silent)
        assert tab.call(f"{PAGE}.tap", tap(seat)).values["told"]["again"]
    assert tab.call(f"{PAGE}.tap", tap(seat)).values["told"]["words"] == ""
    assert accepted() == 1


@pytest.mark.parametrize("handler", ["tap", "do"])
def test_the_desk_has_its_own_page_and_drivers_no_therapists_steps(browser: OpenBrowser, handler: str) -> None:
    seat = offered_to(Role.THERAPIST)
    for role in (Role.OPERATOR, Role.DRIVER):
        told = browser(role).call(f"{PAGE}.{handler}", tap(seat))
        said = f"{told.values.get('refused')} {told.values.get('told')}"
        assert told.says("Your account may not do this.") or "may not do this" in said
    assert accepted() == 0


def test_nobody_answers_or_asks_about_an_offer_of_somebody_else(browser: OpenBrowser) -> None:
    seat = offered_to(Role.OPERATOR)
    assert browser(Role.THERAPIST).call(f"{PAGE}.tap", tap(seat)).values["told"]["words"]
    told = browser(Role.THERAPIST).call(f"{PAGE}.begin", {"action": "reject", "target_id": seat})
    assert told.says("This is not there any more.")
    assert "ask" not in told.values
    assert accepted() == 0


def test_a_rejection_without_a_reason_stays_in_the_dialog(browser: OpenBrowser) -> None:
    seat = offered_to(Role.THERAPIST)
    asked = browser(Role.THERAPIST).call(f"{PAGE}.begin", {"action": "reject", "target_id": seat})
    assert (asked.values["ask"]["reason_needed"], asked.values["ask"]["reasons"][0]) == (True, "I am ill")
    told = browser(Role.THERAPIST).call(f"{PAGE}.do", tap(seat, "reject"))
    assert told.values["refused"]["reason"].startswith("Give a reason")
    told = browser(Role.THERAPIST).call(f"{PAGE}.do", tap(seat, "reject", reason=["I am ill"]))
    assert told.values["done"] == "k-1"
    assert rows("SELECT answer FROM assignments WHERE id = :id", id=seat)[0].answer == "rejected"
