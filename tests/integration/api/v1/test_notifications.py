"""One's own notifications over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from guitara_app.accounts.permissions import Role
from guitara_app.kit.database import run
from guitara_app.notifications.services import tell
from tests.integration.api.v1.conftest import House
from tests.support.firm import NOW

Booking = Callable[..., dict[str, Any]]


@pytest.fixture
def told(desk: TestClient, booking: Booking) -> list[int]:
    """Three visits of the first therapist and one of the second; the first one's notifications, newest first."""
    for start in ("20:45", "22:30", "23:45"):
        assert desk.post("/appointments", json=booking(0, start=start)).status_code == 201
    assert desk.post("/appointments", json=booking(1)).status_code == 201
    run(lambda session: tell(session, now=NOW, limit=100))
    return []


def listed(client: TestClient, **asked: Any) -> dict[str, Any]:
    answer = client.get("/notifications", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.usefixtures("told")
def test_one_reads_ones_own_page_by_page_and_marks_them(house: House) -> None:
    with house.client("t0") as ana, house.client("t1") as bea:
        first = listed(ana, limit=2)
        rest = listed(ana, limit=2, cursor=first["next"])
        everything = [*first["items"], *rest["items"]]
        assert [one["title"] for one in everything] == ["A job for you"] * 3
        assert (first["unread"], rest["next"]) == (3, None)
        ids = [one["id"] for one in everything]
        assert ids == sorted(ids, reverse=True)
        others = [one["id"] for one in listed(bea)["items"]]
        marked = ana.post("/notifications/read", json={"ids": [ids[0], *others]})
        assert marked.json() == {"marked": 1, "unread": 2}
        assert listed(bea)["unread"] == 1
        assert [one["id"] for one in listed(ana, unread=True)["items"]] == ids[1:]
        assert ana.post("/notifications/read", json={"up_to": ids[1]}).json() == {"marked": 2, "unread": 0}
        assert ana.post("/notifications/read", json={}).status_code == 422
        assert ana.post("/notifications/read", json={"ids": [1], "up_to": 1}).status_code == 422


@pytest.mark.usefixtures("told")
def test_what_has_not_changed_is_not_sent_again_and_a_cursor_is_its_owners(house: House) -> None:
    with house.client("t0") as ana, house.client("t1") as bea:
        answer = ana.get("/notifications", params={"limit": 1})
        again = ana.get("/notifications", params={"limit": 1}, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
        after = answer.json()["next"]
        assert bea.get("/notifications", params={"limit": 1, "cursor": after}).status_code == 422
        ana.post("/notifications/read", json={"ids": [answer.json()["items"][0]["id"]]})
        changed = ana.get("/notifications", params={"limit": 1}, headers={"if-none-match": answer.headers["etag"]})
        assert changed.status_code == 200


@pytest.mark.usefixtures("told")
def test_the_same_request_counts_once_and_strangers_are_refused(house: House) -> None:
    with house.client("t0") as ana, house.client() as nobody:
        [newest, *_] = listed(ana)["items"]
        send = {"json": {"ids": [newest["id"]]}, "headers": {"idempotency-key": "k-1"}}
        assert ana.post("/notifications/read", **send).json() == {"marked": 1, "unread": 2}
        assert ana.post("/notifications/read", **send).json() == {"marked": 1, "unread": 2}
        assert nobody.get("/notifications").status_code == 401


def test_every_role_has_notifications(house: House) -> None:
    for username in ("t0", "d0", "ana", Role.MANAGER, Role.ADMIN):
        with house.client(username) as client:
            assert listed(client) == {"items": [], "unread": 0, "next": None}
