"""The forms' side of the server where a visit comes again: what is listed, what is to be decided, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.series_requests import Reach, SeriesChange
from guitara_app.appointments.services import change_series
from guitara_app.kit.database import reading, run
from guitara_app.pages.booking import changing, state
from guitara_app.pages.booking.changing import ChangeState
from guitara_app.pages.booking.state import BookingState
from tests.integration.appointments.series_of import evening, series, weeks_of_shifts
from tests.state.conftest import OpenBrowser
from tests.support.firm import EVENING, NOW, Firm, open_firm

CONSIDER, SAVE = (f"{BookingState.get_full_name()}.{name}" for name in ("consider", "save"))
LOOK, CHANGE = (f"{ChangeState.get_full_name()}.{name}" for name in ("consider", "save"))


@pytest.fixture
def firm(cookies: dict[Role | None, str], monkeypatch: pytest.MonkeyPatch) -> Firm:
    """At 20:00 of an evening; everybody works every evening."""
    assert cookies
    for module in (state, changing):
        monkeypatch.setattr(module, "now", lambda: NOW)
    made = open_firm()
    weeks_of_shifts(made)
    return made


def sent(name: str, firm: Firm, **typed: Any) -> tuple[str, dict[str, Any]]:
    draft = {
        "client_id": firm.client,
        "service_ids": [firm.service],
        "therapist_ids": [firm.therapists[0]],
        "evening": f"{EVENING}",
        "start": "21:00",
        "address_id": firm.address,
        "driver_needed": False,
        "repeat": "weekly",
        "repeat_times": "6",
        "idempotency_key": "tap-1",
        **typed,
    }
    return name, {"draft": draft}


def visits() -> list[Any]:
    with reading() as session:
        return list(
            session.execute(text("SELECT * FROM appointments WHERE series_id IS NOT NULL ORDER BY series_date"))
        )


def test_evenings_are_listed_and_nothing_is_saved_before_each_is_decided(firm: Firm, browser: OpenBrowser) -> None:
    firm.book(0, evening=evening(2))
    tab = browser(Role.OPERATOR)
    shown = tab.call(*sent(CONSIDER, firm)).values
    assert shown["series"]["words"] == "Every Monday, 21:00, 6 visits"
    assert shown["series"]["summary"] == "5 free, 1 to decide."
    [row] = shown["series"]["rows"]
    assert (row["field"], row["state"]) == (f"on-{evening(2)}", "clash")
    assert "repeat" not in shown.get("problems", {})
    refused = tab.call(*sent(SAVE, firm)).values
    assert refused["problems"]["repeat"] == "Choose what becomes of one evening below."
    assert visits() == []
    # What is no choice, or none that is offered, decides nothing.
    for typed in ("{", '{"do":"anyway"}', '{"do":"move","start":"21:00:00"}', '{"do":"burn"}'):
        assert "repeat" in tab.call(*sent(SAVE, firm, **{row["field"]: typed})).values["problems"]
    skip = row["options"][-2]["value"]
    for _ in range(2):
        told = tab.call(*sent(SAVE, firm, **{row["field"]: skip}))
        assert told.values["saved"] == "tap-1"
    assert len(visits()) == 5


def test_outside_the_shift_needs_the_reason(firm: Firm, browser: OpenBrowser) -> None:
    typed = {"start": "03:00", "on-2026-11-23": '{"do":"anyway"}', "repeat_times": "1"}
    tab = browser(Role.OPERATOR)
    refused = tab.call(*sent(SAVE, firm, **typed)).values
    assert refused["problems"]["off_shift_reason"].startswith("Give the reason")
    assert tab.call(*sent(SAVE, firm, **typed, off_shift_reason="She said it's fine.")).values["saved"] == "tap-1"


@pytest.mark.parametrize(
    "typed",
    [
        {"repeat_times": "many"},
        {"repeat_times": "0"},
        {"repeat_times": "600"},
        {"repeat_every": "1.5"},
        {"repeat_ends": "until", "repeat_until": ""},
        {"repeat_ends": "until", "repeat_until": "2026-11-01"},
        {"repeat": "monthly", "repeat_nth": "x"},
        {"repeat_days": [9]},
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_with_a_sentence(
    firm: Firm, browser: OpenBrowser, typed: dict[str, Any]
) -> None:
    refused = browser(Role.OPERATOR).call(*sent(SAVE, firm, **typed)).values
    assert refused["problems"]["repeat"].endswith(".")
    assert visits() == []


def test_monthly_goes_by_the_first_evening_unless_said_otherwise(firm: Firm, browser: OpenBrowser) -> None:
    tab = browser(Role.OPERATOR)

    def words(**typed: str) -> str:
        return str(tab.call(*sent(CONSIDER, firm, repeat="monthly", **typed)).values["series"]["words"])

    assert words() == "Every month on the fourth Monday, 21:00, 6 visits"
    assert words(repeat_nth="1", repeat_day="5") == "Every month on the first Friday, 21:00, 6 visits"
    assert words(repeat_ends="never").endswith("goes on until it is ended")


def changed(name: str, visit: int, **typed: Any) -> tuple[str, dict[str, Any]]:
    draft = {"visit_id": visit, "idempotency_key": "tap-2", "reason": "Client asked", "reach": "following", **typed}
    return name, {"draft": draft}


def test_a_change_reaches_the_following_and_the_second_is_told(firm: Firm, browser: OpenBrowser) -> None:
    number = series(firm)
    third = visits()[2]
    firm.book(0, evening=evening(4), start=visits()[0].starts_at.time().replace(hour=22))
    tab = browser(Role.OPERATOR)
    typed = {"start": "22:00", "seen": {"start": "21:00:00", "reach": 1}}
    shown = tab.call(*changed(LOOK, third.id, **typed)).values
    assert [one["label"] for one in shown["reaches"]] == [
        "Only this one", "This and the following (4)", "All to come (6)"
    ]  # fmt: skip
    [row] = shown["series"]["rows"]
    assert row["field"] == f"on-{evening(4)}"
    refused = tab.call(*changed(CHANGE, third.id, **typed)).values
    assert refused["problems"]["repeat"] == "Choose what becomes of one evening below."
    keep = next(one["value"] for one in row["options"] if one["label"] == "Leave this one as it is")
    # Somebody else is quicker.
    theirs = SeriesChange(reach=Reach.ALL, change=ChangeRequest(notes="From Ana"))
    run(lambda session: change_series(session, firm.operator, third.id, request=theirs, reason="x", now=NOW))
    refused = tab.call(*changed(CHANGE, third.id, **typed, **{row["field"]: keep})).values
    assert refused["problems"]["reach"].startswith("Ana O'Hara changed this series at 20:00")
    assert "saved" not in refused
    typed["seen"]["reach"] = 2  # type: ignore[index]
    told = tab.call(*changed(CHANGE, third.id, **typed, **{row["field"]: keep}))
    assert told.values["saved"] == "tap-2"
    assert told.says("Changed 3 visits of the series, 1 left as before.")
    assert len({one.series_id for one in visits()}) == 2
    assert number in {one.series_id for one in visits()}
