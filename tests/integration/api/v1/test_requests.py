"""What holds for every request: once for each key, tags, problems, pace and size."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from guitara_app.api.pace import Pace
from guitara_app.api.tags import mark_of, matches, tag_of
from guitara_app.api.v1 import rights
from guitara_app.kit.answers import purge_answers
from guitara_app.kit.database import run
from tests.integration.api.v1.conftest import House
from tests.integration.conftest import Scratch

Booking = Callable[..., dict[str, Any]]
KEY = {"idempotency-key": "b3c9a3a6-3f0c"}


def test_the_same_request_twice_books_once(desk: TestClient, booking: Booking) -> None:
    first = desk.post("/appointments", json=booking(0), headers=KEY)
    turned = dict(reversed(booking(0).items()))
    again = desk.post("/appointments", json=turned, headers=KEY)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (None, "true")
    assert len(desk.get("/appointments").json()["items"]) == 1


def test_a_key_of_another_request_is_refused(desk: TestClient, booking: Booking) -> None:
    visit = desk.post("/appointments", json=booking(0), headers=KEY).json()
    for path, body in (
        ("/appointments", booking(1)),
        (f"/appointments/{visit['id']}/actions/cancel", {"reason": "ill"}),
    ):
        answer = desk.post(path, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["type"]) == (422, "/api/v1/problems/key-reused")
    assert [visit["state"] for visit in desk.get("/appointments").json()["items"]] == ["pending"]


def test_a_key_is_its_owners(house: House, desk: TestClient, booking: Booking) -> None:
    desk.post("/appointments", json=booking(0), headers=KEY)
    with house.client("manager") as other:
        assert other.post("/appointments", json=booking(1), headers=KEY).status_code == 201


def test_a_refused_request_may_be_sent_again(desk: TestClient, booking: Booking) -> None:
    first = desk.post("/appointments", json=booking(0)).json()
    wanted = booking(0, start="21:15")
    assert desk.post("/appointments", json=wanted, headers=KEY).status_code == 409
    desk.post(f"/appointments/{first['id']}/actions/cancel", json={"reason": "ill"})
    assert desk.post("/appointments", json=wanted, headers=KEY).status_code == 201


def test_ten_at_once_with_one_key_book_once(house: House, booking: Booking) -> None:
    token = house.token("ana")

    def post(_number: int) -> Any:
        with house.client(authorization=f"Bearer {token}") as client:
            return client.post("/appointments", json=booking(0), headers=KEY).json()["id"]

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(post, range(10)))) == 1


def test_kept_answers_are_forgotten(desk: TestClient, booking: Booking, scratch: Scratch) -> None:
    desk.post("/appointments", json=booking(0), headers=KEY)
    scratch.sql("UPDATE kept_answers SET made_at = now() - interval '25 hours'")
    assert run(lambda session: purge_answers(session, now=scratch.one("SELECT now()"))) == 1


@pytest.mark.parametrize(
    "path",
    ["/me", "/services", "/localities", "/staff", "/clients?q=souza", "/appointments", "/tokens", "/openapi.json"],
)
def test_everything_read_has_a_tag(desk: TestClient, path: str) -> None:
    answer = desk.get(path)
    assert answer.status_code == 200
    tag = answer.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = desk.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert desk.get(path, headers={"if-none-match": '"other"'}).content == answer.content


def test_a_tag_changes_with_what_it_stands_for(desk: TestClient, booking: Booking) -> None:
    before = desk.get("/appointments").headers["etag"]
    visit = desk.post("/appointments", json=booking(0)).json()
    assert desk.get("/appointments", headers={"if-none-match": before}).status_code == 200
    own = desk.get(f"/appointments/{visit['id']}").headers["etag"]
    assert mark_of(own) > 0
    desk.post(f"/assignments/{visit['places'][0]['id']}/actions/accept", json={"reason": "phone is dead"})
    assert desk.get(f"/appointments/{visit['id']}", headers={"if-none-match": own}).status_code == 200


def test_tags() -> None:
    tag = tag_of("x", mark=12)
    assert mark_of(tag) == 12
    assert mark_of("x") == mark_of('"x-1"') == mark_of("") == 0
    assert not matches("", tag)
    assert not matches(tag_of("y", mark=12), tag)


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/me/", 404, "not-found"),
        ("GET", "/appointments/7", 404, "not-found"),
        ("GET", "/appointments/9007199254740991", 404, "not-found"),
        ("GET", "/appointments/9007199254740992", 422, "unreadable"),
        ("GET", "/problems/%0A", 404, "not-found"),
        ("GET", "/appointments/seven", 422, "unreadable"),
        ("GET", "/clients/7777", 404, "not-found"),
        ("GET", "/staff/7777", 404, "not-found"),
        ("PUT", "/appointments", 405, "wrong-method"),
        ("POST", "/appointments", 422, "unreadable"),
        ("POST", "/appointments/7/actions/cancel", 422, "unreadable"),
        ("POST", "/appointments/7/actions/dance", 404, "not-found"),
    ],
)
def test_every_refusal_is_a_problem(desk: TestClient, method: str, path: str, status: int, kind: str) -> None:
    answer = desk.request(method, path)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert (problem["type"], problem["status"]) == (f"/api/v1/problems/{kind}", status)
    assert problem["title"]
    assert problem["detail"].endswith((".", "openapi.json."))
    assert desk.get(problem["type"].removeprefix("/api/v1")).json()["type"] == problem["type"]


def test_a_wrong_method_names_the_right_ones(desk: TestClient) -> None:
    assert desk.put("/appointments").headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"{", 422), (b"\xff\xfe", 422), (b"[" * 100_000, 400), (b"null", 422), (b"1", 422), (b"x" * 1_000_001, 413)],
)
def test_what_is_no_request_is_a_problem_too(desk: TestClient, content: bytes, status: int) -> None:
    answer = desk.post("/appointments", content=content, headers={"content-type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == status


def test_what_nobody_foresaw_says_no_more_than_that(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret details")

    monkeypatch.setattr("guitara_app.api.v1.catalog.active_services", broken)
    with house.client("ana") as client:
        answer = client.get("/services")
    assert (answer.status_code, answer.json()["type"]) == (500, "/api/v1/problems/broken")
    assert "secret" not in answer.text


def test_whoever_asks_too_fast_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Pace(6)
    monkeypatch.setattr(rights, "pace", lambda: slow)
    with house.client("ana") as client, house.client("manager") as other:
        answers = [client.get("/me") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 10
        assert answers[2].json()["type"] == "/api/v1/problems/too-many"
        assert other.get("/me").status_code == 200


def test_nobody_is_told_to_sign_in(house: House) -> None:
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": "Basic eDp4"}, {"cookie": "sid=x"}):
        with house.client(**headers) as client:
            answer = client.get("/appointments")
        assert (answer.status_code, answer.json()["type"]) == (401, "/api/v1/problems/sign-in-first")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_another_sites_page_cannot_send_anything(house: House, booking: Booking) -> None:
    with house.client("ana", origin="https://evil.example") as client:
        answer = client.post("/appointments", json=booking(0))
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")


def test_staff_and_who_of_them_is_free(desk: TestClient, booking: Booking, house: House) -> None:
    desk.post("/appointments", json=booking(0))
    members = desk.get("/staff", params={"role": "therapist", "on_shift": True}).json()["items"]
    assert [member["name"] for member in members] == [f"Therapist {number}" for number in range(4)]
    assert desk.get(f"/staff/{members[0]['id']}").json() == members[0]
    span = {"starts_at": "2026-11-23T21:30:00+08:00", "ends_at": "2026-11-23T22:30:00+08:00"}
    *free, taken = desk.get("/staff/free", params=span).json()["items"]
    assert all(choice["free"] and choice["reason"] for choice in free)
    assert (taken["person_id"], taken["free"]) == (house.firm.therapists[0], False)
    assert "D'Souza" in taken["reason"]
    assert len(desk.get("/staff/free", params={**span, "only_free": True}).json()["items"]) == 3
    span["ends_at"] = span["starts_at"]
    assert desk.get("/staff/free", params=span).json()["field"] == "ends_at"
