"""Handing a night over through the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.testclient import TestClient

from tests.integration.api.v1.conftest import House

Booking = Callable[..., dict[str, Any]]


def test_the_plan_is_proposed_and_carried_out_once(house: House, desk: TestClient, booking: Booking) -> None:
    desk.post("/appointments", json=booking(0))
    path = f"/staff/{house.firm.therapists[0]}/sick-now"
    [job] = desk.get(path).json()["items"]
    assert job["call"] is False
    body = {"choices": {job["key"]: job["proposed"]}, "reason": "it's fever"}
    for _ in range(2):
        answer = desk.post(path, json=body, headers={"idempotency-key": "one"})
        assert (answer.status_code, answer.json()["given"] + answer.json()["left"]) == (200, 1)
    assert desk.get(path).json() == {"items": []}


def test_a_job_left_out_is_asked_for(house: House, desk: TestClient, booking: Booking) -> None:
    desk.post("/appointments", json=booking(0))
    path = f"/staff/{house.firm.therapists[0]}/sick-now"
    refused = desk.post(path, json={"choices": {}, "reason": "fever"})
    assert refused.status_code == 409
    assert "one more job" in refused.json()["detail"]
    assert desk.post(path, json={"choices": {}, "reason": ""}).status_code == 422
    assert desk.get("/staff/999999/sick-now").status_code == 404


def test_nobody_in_the_field_may(house: House) -> None:
    path = f"/staff/{house.firm.therapists[0]}/sick-now"
    with house.client("t0") as field:
        assert field.get(path).status_code == 403
        assert field.post(path, json={"choices": {}, "reason": "fever"}).status_code == 403
