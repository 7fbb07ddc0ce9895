"""Visits over the API: booked, read, listed page by page, and what each role is shown of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.integration.api.v1.conftest import House

Booking = Callable[..., dict[str, Any]]


def test_a_visit_is_booked_and_read_again(desk: TestClient, booking: Booking, house: House) -> None:
    made = desk.post("/appointments", json=booking(0, start="00:30", minutes=30, price="650.50", notes="O'Hara's gate"))
    assert made.status_code == 201, made.text
    visit = made.json()
    assert (visit["state"], visit["evening"], visit["price"]) == ("pending", "2026-11-23", "650.50")
    assert visit["starts_at"] == "2026-11-23T16:30:00Z"
    assert made.headers["location"] == f"/api/v1/appointments/{visit['id']}"
    assert desk.get(f"/appointments/{visit['id']}").json() == visit
    [entry] = desk.get(f"/appointments/{visit['id']}/history").json()["items"]
    assert (entry["what"], entry["by"]) == ("booked", "Ana O'Hara")


def test_a_taken_time_names_the_job_in_the_way(desk: TestClient, booking: Booking, house: House) -> None:
    first = desk.post("/appointments", json=booking(0)).json()
    answer = desk.post("/appointments", json=booking(0, start="21:30"))
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert (problem["type"], problem["field"]) == ("/api/v1/problems/conflict", "therapist_ids")
    [clash] = problem["clashes"]
    assert clash["appointment_id"] == first["id"]
    assert (clash["person_id"], clash["person"]) == (house.firm.therapists[0], "Therapist 0")
    assert (clash["from"], clash["to"]) == (first["starts_at"], first["ends_at"])
    assert "D'Souza" in clash["job"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"evening": "2026-02-30"}, "evening"),
        ({"evening": 0}, "evening"),
        ({"start": "9:00"}, "start"),
        ({"therapist_ids": ["7"]}, "therapist_ids.0"),
        ({"price": 500}, "price"),
        ({"minutes": 60.5}, "minutes"),
        ({"driver_needed": "no"}, "driver_needed"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_does_not_fit_the_schema_says_where(
    desk: TestClient, booking: Booking, wrong: dict[str, Any], field: str
) -> None:
    answer = desk.post("/appointments", json=booking(0, **wrong))
    assert answer.status_code == 422
    assert (answer.json()["type"], answer.json()["field"]) == ("/api/v1/problems/unreadable", field)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"evening": "2026-11-22"}, "evening"),
        ({"start": "13:00"}, "start"),
        ({"client_id": None}, "client_id"),
        ({"new_client": {"name": "Mrs Reyes", "phone": "0918 765 4321"}}, "client_id"),
        ({"car_needed": True}, "car_needed"),
        ({"minutes": 1440}, "minutes"),
        ({"start": "01:30"}, "off_shift_reason"),
    ],
)
def test_what_cannot_be_says_why(desk: TestClient, booking: Booking, wrong: dict[str, Any], field: str) -> None:
    answer = desk.post("/appointments", json=booking(0, **wrong))
    assert answer.status_code == 422
    assert (answer.json()["type"], answer.json()["field"]) == ("/api/v1/problems/invalid", field)
    assert desk.get("/appointments").json()["items"] == []


def test_pages_show_every_visit_once_while_others_are_booked(desk: TestClient, booking: Booking) -> None:
    starts = ["20:30", "21:45", "23:00"]
    made = [
        desk.post("/appointments", json=booking(who, start=start)).json()["id"] for start in starts for who in (0, 1)
    ]
    first = desk.get("/appointments", params={"limit": 2}).json()
    late = desk.post("/appointments", json=booking(2, start="20:15")).json()["id"]
    new = desk.post("/appointments", json=booking(3, start="22:00")).json()["id"]
    seen = [visit["id"] for visit in first["items"]]
    after = first["next"]
    while after:
        page = desk.get("/appointments", params={"limit": 2, "cursor": after}).json()
        seen += [visit["id"] for visit in page["items"]]
        after = page["next"]
    assert seen == [*made[:4], new, *made[4:]]
    assert late not in seen
    backwards = desk.get("/appointments", params={"limit": 100, "order": "latest"}).json()
    assert [visit["id"] for visit in backwards["items"]] == [*made[:3:-1], new, *made[3::-1], late]
    assert backwards["next"] is None


def test_a_cursor_is_good_for_its_own_list_only(desk: TestClient, booking: Booking, house: House) -> None:
    for start in ("20:30", "21:45"):
        desk.post("/appointments", json=booking(0, start=start))
    after = desk.get("/appointments", params={"limit": 1}).json()["next"]
    assert after
    forged = ("A" if after[20] != "A" else "B").join((after[:20], after[21:]))
    for params in ({"order": "latest", "cursor": after}, {"cursor": forged}, {"cursor": "x"}, {"cursor": "____"}):
        answer = desk.get("/appointments", params=params)
        assert (answer.status_code, answer.json()["field"]) == (422, "cursor")
    with house.client("manager") as other:
        assert other.get("/appointments", params={"limit": 1, "cursor": after}).status_code == 422


def test_filters_find_what_they_say(desk: TestClient, booking: Booking, house: House) -> None:
    early = desk.post("/appointments", json=booking(0, start="20:30")).json()["id"]
    late = desk.post("/appointments", json=booking(1, start="00:15", minutes=30)).json()["id"]
    desk.post(f"/appointments/{early}/actions/cancel", json={"reason": "ill"})

    def found(**params: Any) -> list[int]:
        answer = desk.get("/appointments", params=params)
        assert answer.status_code == 200, answer.text
        return [visit["id"] for visit in answer.json()["items"]]

    assert found() == found(evening="2026-11-23") == found(client_id=house.firm.client) == [early, late]
    assert found(evening="2026-11-24") == found(client_id=1 + house.firm.client) == []
    assert found(state="cancelled") == found(person_id=house.firm.therapists[0]) == [early]
    assert found(state=["pending", "cancelled"]) == [early, late]
    assert found(starts_from="2026-11-24T00:00:00+08:00") == [late]
    assert found(starts_before="2026-11-24T00:00:00+08:00") == [early]
    assert desk.get("/appointments", params={"evenning": "2026-11-23"}).status_code == 422


def test_a_therapist_sees_the_own_visits_and_no_other_clients_door(
    desk: TestClient, booking: Booking, house: House
) -> None:
    own = desk.post("/appointments", json=booking(0, 1)).json()["id"]
    client = {"name": "Mrs Reyes", "phone": "0918 765 4321"}
    address = {"line": "77 Hidden Lane", "locality_id": house.firm.locality, "notes": "brown dog"}
    other = desk.post(
        "/appointments",
        json=booking(2, client_id=None, new_client=client, address_id=None, new_address=address, notes="quiet"),
    ).json()["id"]
    with house.client("t0") as mine:
        listing = mine.get("/appointments")
        [visit] = listing.json()["items"]
        assert (visit["view"], visit["id"], visit["others"]) == ("own", own, ["Therapist 1"])
        assert visit["door"]["phone"] == "+639171234567"
        for path in (f"/appointments/{other}", f"/appointments/{other}/history", f"/appointments/{own}/history"):
            assert mine.get(path).status_code in (403, 404)
        said = listing.text + mine.get(f"/appointments/{own}").text
        assert [word for word in ("Reyes", "9187654321", "Hidden", "brown dog", "quiet") if word in said] == []
        for path in ("/clients?q=reyes", "/staff", f"/clients/{house.firm.client}"):
            assert mine.get(path).status_code == 403
        assert mine.get("/appointments", params={"person_id": house.firm.therapists[2]}).status_code == 422
        [place] = visit["places"]
        refused = mine.post(f"/assignments/{place['id']}/actions/reject", json={"reason": "ill"})
        assert refused.json()["door"] is None
        assert "9171234567" not in mine.get(f"/appointments/{own}").text
        assert mine.post(f"/appointments/{own}/actions/cancel", json={"reason": "x"}).status_code == 403
    with house.client("t3") as stranger:
        assert stranger.get("/appointments").json()["items"] == []
        assert stranger.post(f"/assignments/{place['id']}/actions/accept", json={}).status_code == 404


def test_an_answer_on_behalf_needs_a_reason_and_is_kept(desk: TestClient, booking: Booking) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    path = f"/assignments/{visit['places'][0]['id']}/actions/accept"
    answer = desk.post(path, json={})
    assert (answer.status_code, answer.json()["field"]) == (422, "reason")
    accepted = desk.post(path, json={"reason": "phone is dead"})
    assert accepted.json()["state"] == "therapist_confirmed"
    again = desk.post(path, json={"reason": "phone is dead"})
    assert (again.status_code, again.json()["type"]) == (409, "/api/v1/problems/not-possible")
    entry = desk.get(f"/appointments/{visit['id']}/history").json()["items"][-1]
    assert (entry["on_behalf_of"], entry["reason"]) == ("Therapist 0", "phone is dead")


def test_a_change_is_checked_like_booking_and_asks_anew(desk: TestClient, booking: Booking, house: House) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    other = desk.post("/appointments", json=booking(1, start="22:30")).json()
    path = f"/appointments/{visit['id']}"
    desk.post(f"/assignments/{visit['places'][0]['id']}/actions/accept", json={"reason": "phone is dead"})
    noted = desk.patch(path, json={"notes": "ring twice", "reason": "client asked"}).json()
    assert (noted["notes"], noted["state"]) == ("ring twice", "therapist_confirmed")
    moved = desk.patch(path, json={"start": "22:30", "reason": "client asked"})
    assert moved.status_code == 200, moved.text
    assert (moved.json()["starts_at"], moved.json()["state"]) == ("2026-11-23T14:30:00Z", "pending")
    assert moved.headers["etag"] == desk.get(path).headers["etag"]
    taken = desk.patch(path, json={"therapist_ids": [house.firm.therapists[1]], "reason": "client asked"})
    assert (taken.status_code, taken.json()["clashes"][0]["appointment_id"]) == (409, other["id"])
    assert desk.patch(path, json={"notes": "x"}).json()["field"] == "reason"


def test_a_change_of_what_has_changed_is_refused_and_says_what(
    desk: TestClient, booking: Booking, house: House
) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    path = f"/appointments/{visit['id']}"
    tag = desk.get(path).headers["etag"]
    with house.client("t0") as therapist:
        therapist.post(f"/assignments/{visit['places'][0]['id']}/actions/accept", json={})
    late = {"start": "23:00", "reason": "client asked"}
    answer = desk.patch(path, json=late, headers={"if-match": tag})
    assert (answer.status_code, answer.json()["type"]) == (412, "/api/v1/problems/changed")
    [happened] = answer.json()["changed"]
    assert happened["who"] == "Therapist 0"
    assert desk.get(path).json()["starts_at"] == visit["starts_at"]
    fresh = desk.get(path).headers["etag"]
    assert desk.patch(path, json=late, headers={"if-match": f"{tag}, {fresh}"}).status_code == 200


def test_two_who_change_at_once_with_the_same_tag(house: House, desk: TestClient, booking: Booking) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    path = f"/appointments/{visit['id']}"
    tag = desk.get(path).headers["etag"]
    tokens = [house.token("ana"), house.token("manager")]

    def patch(number: int) -> int:
        with house.client(authorization=f"Bearer {tokens[number % 2]}", if_match=tag) as client:
            return client.patch(path, json={"notes": f"note {number}", "reason": "client asked"}).status_code

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(patch, range(6))) == [200, 412, 412, 412, 412, 412]


def test_the_policy_chooses_and_says_why(desk: TestClient, booking: Booking, house: House) -> None:
    wanted = booking(automatic=2)
    del wanted["therapist_ids"]
    visit = desk.post("/appointments", json=wanted).json()
    assert [(place["person_id"], place["chosen_because"]) for place in visit["places"]] == [
        (house.firm.therapists[0], "Chosen automatically: longest idle, 8 h 00"),
        (house.firm.therapists[1], "Chosen automatically: next longest idle, 8 h 00"),
    ]
    assert visit["price"] == "1000.00"
    [entry] = desk.get(f"/appointments/{visit['id']}/history").json()["items"]
    assert entry["because"] == (
        "Chosen automatically: Therapist 0 (longest idle, 8 h 00), Therapist 1 (next longest idle, 8 h 00)"
    )
    free = desk.get("/staff/free", params={"starts_at": visit["starts_at"], "ends_at": visit["ends_at"]}).json()
    assert (free["policy"], free["policy_says"][:19]) == ("fifo", "Longest idle first:")


def test_too_few_for_the_policy_is_not_possible_and_says_when_there_are_more(
    desk: TestClient, booking: Booking, house: House
) -> None:
    desk.post("/appointments", json=booking(0, 1, 2))
    answer = desk.post("/appointments", json=booking(automatic=2))
    assert (answer.status_code, answer.json()["field"]) == (409, "therapist_ids")
    assert answer.json()["detail"].startswith("Only 1 of 2 can be chosen: nobody else is free at 21:00. Free instead: ")
    nobody = desk.post("/appointments", json=booking())
    assert (nobody.status_code, nobody.json()["detail"]) == (422, "Choose who goes.")


def test_a_change_to_somebody_whom_no_number_can_be_is_refused(desk: TestClient, booking: Booking) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    answer = desk.patch(f"/appointments/{visit['id']}", json={"reason": "asked", "therapist_ids": [2**31]})
    assert (answer.status_code, answer.json()["field"]) == (422, "therapist_ids")
