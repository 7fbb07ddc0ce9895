"""Series over the API: booked, read and ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.integration.api.v1.conftest import House
from tests.integration.appointments.series_of import weeks_of_shifts

Booking = Callable[..., dict[str, Any]]
WEEKLY = {"frequency": "weekly", "times": 10}


@pytest.fixture(autouse=True)
def _weeks(house: House) -> None:
    weeks_of_shifts(house.firm)


def test_it_is_booked_read_and_ended(desk: TestClient, booking: Booking) -> None:
    made = desk.post("/series", json=booking(0, start="00:30", minutes=30) | {"rule": WEEKLY})
    assert made.status_code == 201, made.text
    series = made.json()
    assert made.headers["location"] == f"/api/v1/series/{series['id']}"
    assert (series["words"], series["ends"], series["weekdays"]) == ("Every Monday, 00:30", "10 visits", ["mon"])
    assert (len(series["visits"]), series["next_evening"], series["version"]) == (9, "2027-01-25", 1)
    assert series["visits"][1]["stands_for"] == "2026-11-30"
    assert series["visits"][1]["starts_at"] == "2026-11-30T16:30:00Z"
    assert desk.get(f"/series/{series['id']}").json() == series
    stale = desk.post(f"/series/{series['id']}/end", json={"reason": "moved away", "version": 7})
    assert (stale.status_code, stale.json()["type"]) == (409, "/api/v1/problems/stale")
    ended = desk.post(f"/series/{series['id']}/end", json={"reason": "moved away", "version": 1}).json()
    assert {one["state"] for one in ended["visits"]} == {"cancelled"}
    assert (ended["next_evening"], ended["version"]) == (None, 2)
    assert ended["ended_at"]
    again = desk.post(f"/series/{series['id']}/end", json={"reason": "moved away"})
    assert (again.status_code, again.json()["type"]) == (409, "/api/v1/problems/not-possible")


def test_an_evening_that_clashes_is_refused_moved_or_left(desk: TestClient, booking: Booking, house: House) -> None:
    other = desk.post("/appointments", json=booking(0, evening="2026-12-07")).json()["id"]
    asked = booking(0) | {"rule": WEEKLY}
    refused = desk.post("/series", json=asked)
    assert (refused.status_code, refused.json()["field"]) == (409, "repeat")
    assert [clash["appointment_id"] for clash in refused.json()["clashes"]] == [other]
    left = desk.post("/series", json=asked | {"otherwise": "later"}).json()
    [gap] = left["without_visit"]
    assert (gap["evening"], gap["state"]) == ("2026-12-07", "open")
    desk.post(f"/series/{left['id']}/end", json={"reason": "once more"})
    moved = {"evening": "2026-12-07", "do": "move", "therapist_ids": [house.firm.therapists[1]]}
    made = desk.post("/series", json=asked | {"instead": [moved]})
    assert made.status_code == 201, made.text
    assert len(made.json()["visits"]) == 9


def test_sent_twice_it_is_booked_once(desk: TestClient, booking: Booking) -> None:
    asked = booking(0) | {"rule": WEEKLY}
    first, second = (desk.post("/series", json=asked, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"


def test_a_visit_of_one_is_cancelled_with_the_following(desk: TestClient, booking: Booking) -> None:
    series = desk.post("/series", json=booking(0) | {"rule": WEEKLY}).json()
    visit = series["visits"][2]["id"]
    stale = desk.post(f"/appointments/{visit}/actions/cancel", json={"reason": "away", "reach": "following:9"})
    assert stale.status_code == 409
    done = desk.post(f"/appointments/{visit}/actions/cancel", json={"reason": "away", "reach": "following:1"})
    assert done.status_code == 200, done.text
    states = [one["state"] for one in desk.get(f"/series/{series['id']}").json()["visits"]]
    assert states == ["pending"] * 2 + ["cancelled"] * 7


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"frequency": "monthly"}, "rule"),
        ({"frequency": "weekly", "nth": 1}, "rule"),
        ({"frequency": "weekly", "weekdays": ["mon", "mon"]}, "rule"),
        ({"frequency": "weekly", "times": 3, "until": "2026-12-31"}, "rule"),
        ({"frequency": "weekly", "until": "2026-11-01"}, "repeat"),
        ({"frequency": "weekly", "until": "2099-11-01"}, "repeat"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(desk: TestClient, booking: Booking, rule: dict[str, Any], field: str) -> None:
    answer = desk.post("/series", json=booking(0) | {"rule": rule})
    assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/problems/invalid")
    assert answer.json()["field"] == field


def test_only_the_desk_sees_and_books_them(house: House, desk: TestClient, booking: Booking) -> None:
    number = desk.post("/series", json=booking(0) | {"rule": WEEKLY}).json()["id"]
    with house.client("t0") as therapist:
        assert therapist.get(f"/series/{number}").status_code == 403
        assert therapist.post("/series", json=booking(0) | {"rule": WEEKLY}).status_code == 403
        assert therapist.post(f"/series/{number}/end", json={"reason": "no"}).status_code == 403
    assert desk.get("/series/999").status_code == 404
