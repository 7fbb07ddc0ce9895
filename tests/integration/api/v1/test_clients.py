"""Clients over the API."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from tests.integration.api.v1.conftest import House

NEW = {"name": "Mrs O'Hara", "phone": "0918 765 4321", "email": "Maria@Example.com"}


def add(desk: TestClient, **more: Any) -> dict[str, Any]:
    made = desk.post("/clients", json=NEW | more)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    assert made.headers["location"] == f"/api/v1/clients/{found['id']}"
    return found


def test_a_client_is_added_found_and_read(desk: TestClient) -> None:
    client = add(desk)
    assert (client["phone"], client["email"]) == ("+639187654321", "maria@example.com")
    for words in ("o'hara", "ohara", "4321", "0918 765", "maria@"):
        assert [line["id"] for line in desk.get("/clients", params={"q": words}).json()["items"]] == [client["id"]]
    assert desk.get(f"/clients/{client['id']}").json() == client
    taken = desk.post("/clients", json=NEW)
    assert (taken.status_code, taken.json()["field"]) == (422, "phone")


def test_everybody_is_listed_page_by_page(desk: TestClient, house: House) -> None:
    made = [add(desk, name=f"Zoe {number}", phone=f"0918 765 43{number}", email="")["id"] for number in range(20, 25)]
    seen: list[int] = []
    after: str | None = ""
    while after is not None:
        page = desk.get("/clients", params={"limit": 2} | ({"cursor": after} if after else {})).json()
        seen += [line["id"] for line in page["items"]]
        after = page["next"]
    assert seen == [house.firm.client, *made]
    first = desk.get("/clients", params={"limit": 2}).json()["next"]
    assert desk.get("/clients", params={"limit": 2, "q": "zoe", "cursor": first}).status_code == 422


def test_fields_are_changed_one_by_one(desk: TestClient, house: House) -> None:
    client = add(desk)
    change = {
        "notes": "ring twice",
        "email": None,
        "other_phones": ["0917 000 1111"],
        "preferred_therapist_id": house.firm.therapists[0],
        "preferred_pressure": "hard",
    }
    changed = desk.patch(f"/clients/{client['id']}", json=change)
    assert changed.status_code == 200, changed.text
    expected = client | change | {"other_phones": ["+639170001111"], "version": client["version"] + 1}
    assert changed.json() == expected
    assert changed.headers["etag"] == desk.get(f"/clients/{client['id']}").headers["etag"]
    assert desk.patch(f"/clients/{client['id']}", json={}).json() == expected


def test_a_tag_that_has_passed_refuses_and_says_what_changed(desk: TestClient, house: House) -> None:
    path = f"/clients/{add(desk)['id']}"
    tag = desk.get(path).headers["etag"]
    with house.client("manager") as other:
        assert other.patch(path, json={"name": "Mrs Reyes"}, headers={"if-match": tag}).status_code == 200
    answer = desk.patch(path, json={"notes": "mine"}, headers={"if-match": tag})
    assert (answer.status_code, answer.json()["type"]) == (412, "/api/v1/problems/changed")
    [happened] = answer.json()["changed"]
    assert (happened["what"], happened["who"]) == ("changed name", "One manager")
    assert desk.get(path).json()["notes"] == ""
    fresh = desk.get(path).headers["etag"]
    assert desk.patch(path, json={"notes": "mine"}, headers={"if-match": fresh}).status_code == 200
    for anything in ('"made-up"', "garbage"):
        assert desk.patch(path, json={"notes": "again"}, headers={"if-match": anything}).status_code == 412


def test_with_a_version_only_the_same_fields_clash(desk: TestClient, house: House) -> None:
    client = add(desk)
    path, version = f"/clients/{client['id']}", client["version"]
    with house.client("manager") as other:
        other.patch(path, json={"name": "Mrs Reyes"})
    assert desk.patch(path, json={"notes": "mine", "version": version}).status_code == 200
    answer = desk.patch(path, json={"name": "Mrs Cruz", "version": version})
    assert (answer.status_code, answer.json()["type"]) == (409, "/api/v1/problems/stale")
    [taken] = answer.json()["fields"]
    assert (taken["field"], taken["by"], taken["stands"]) == ("name", "One manager", "Mrs Reyes")


def test_a_therapist_changes_no_client(house: House) -> None:
    with house.client("t0") as client:
        assert client.patch(f"/clients/{house.firm.client}", json={"notes": "x"}).status_code == 403
        assert client.post("/clients", json=NEW).status_code == 403
