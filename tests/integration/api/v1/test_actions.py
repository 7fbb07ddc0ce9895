"""Every action that people can take has an address, asks for its right, and does what the page's button does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError
from starlette.testclient import TestClient

from guitara_app.accounts.permissions import Permission, allowed
from guitara_app.actions import DOINGS
from guitara_app.api.v1 import api
from guitara_app.api.v1.strict import loose, strict
from guitara_app.appointments.lifecycle import Action, Target, permission_of
from tests.integration.api.v1.conftest import House

Booking = Callable[..., dict[str, Any]]
PATHS = {Target.VISIT: "appointments", Target.PLACE: "assignments", Target.TRIP: "legs"}


def test_every_action_is_there_for_those_who_may(house: House) -> None:
    described = api.openapi()["paths"]
    # One sign-in for each person, not for each action: it is made to take its time.
    callers = [(actor, house.client(username)) for username, actor in house.people.items()]
    for name, doing in DOINGS.items():
        path = f"/{PATHS[doing.target]}/{{target_id}}/actions/{name}"
        assert described[path].keys() == {"post"}
        permission = permission_of(Action(name)) if name in set(Action) else Permission.RUN_VISITS
        for actor, client in callers:
            status = client.post(path.format(target_id=4711), json={}).status_code
            assert (status == 403) is not allowed(actor.role, permission), (name, actor)
            assert status in (403, 404, 422), (name, actor)


def test_a_review_is_decided(desk: TestClient, booking: Booking, house: House) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    place = visit["places"][0]["id"]
    with house.client("t0") as therapist:
        therapist.post(f"/assignments/{place}/actions/reject", json={"reason": "ill"})
    body = {"person_id": house.firm.therapists[1], "reason": "free"}
    replaced = desk.post(f"/assignments/{place}/actions/replace", json=body)
    assert replaced.status_code == 200, replaced.text
    old, new = replaced.json()["places"]
    assert (old["answer"], new["answer"], new["person_id"]) == ("rejected", "offered", house.firm.therapists[1])


def test_two_places_are_swapped_and_a_visit_reopened(desk: TestClient, booking: Booking, house: House) -> None:
    one, other = (desk.post("/appointments", json=booking(who)).json() for who in (0, 1))
    body = {"other_assignment_id": other["places"][0]["id"], "reason": "client's favourite"}
    swapped = desk.post(f"/assignments/{one['places'][0]['id']}/actions/swap", json=body)
    assert swapped.status_code == 200, swapped.text
    live = [place["person_id"] for place in swapped.json()["places"] if place["answer"] == "offered"]
    assert live == [house.firm.therapists[1]]
    desk.post(f"/appointments/{one['id']}/actions/cancel", json={"reason": "ill"})
    reopened = desk.post(
        f"/appointments/{one['id']}/actions/reopen", json={"reason": "client called again", "start": "23:00"}
    )
    assert (reopened.status_code, reopened.json()["state"]) == (200, "pending"), reopened.text
    assert reopened.json()["starts_at"] == "2026-11-23T15:00:00Z"


def test_an_action_sent_twice_counts_once(desk: TestClient, booking: Booking) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    path, key = f"/appointments/{visit['id']}/actions/cancel", {"idempotency-key": "tap-1"}
    first = desk.post(path, json={"reason": "ill"}, headers=key)
    assert first.json() == desk.post(path, json={"reason": "ill"}, headers=key).json()
    assert len(desk.get(f"/appointments/{visit['id']}/history").json()["items"]) == 2


def test_it_may_be_told_later_but_not_in_advance(desk: TestClient, booking: Booking) -> None:
    visit = desk.post("/appointments", json=booking(0)).json()
    path = f"/appointments/{visit['id']}/actions/cancel"
    ahead = desk.post(path, json={"reason": "ill", "happened_at": "2026-11-23T21:00:00+08:00"})
    assert (ahead.status_code, ahead.json()["field"]) == (422, "happened_at")
    before = desk.post(path, json={"reason": "ill", "happened_at": "2026-11-23T19:50:00+08:00"})
    assert before.status_code == 200
    entry = desk.get(f"/appointments/{visit['id']}/history").json()["items"][-1]
    assert (entry["happened_at"], entry["recorded_at"] > entry["happened_at"]) == ("2026-11-23T11:50:00Z", True)


class Line(BaseModel):
    item_id: Annotated[int, Field(ge=1, lt=2**63)]
    empty: bool


class Everything(BaseModel):
    """A form of every kind of field."""

    day: date | None = None
    clock: time | None = None
    at: datetime | None = None
    amount: Decimal | None = Field(default=None, gt=0)
    minutes: int = Field(default=15, ge=1)
    how: Literal["cash", "card"] = "cash"
    lines: list[Line] = Field(default_factory=list, max_length=2)
    note: str = Field(default="", max_length=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": 0},
        {"day": "2026-11-23T00:00:00"},
        {"clock": "21:30:15"},
        {"at": "2026-11-23T21:30:00"},
        {"amount": 5},
        {"minutes": "15"},
        {"minutes": 0},
        {"minutes": True},
        {"how": "cheque"},
        {"lines": [{"item_id": "1", "empty": True}]},
        {"lines": [{"item_id": 1, "empty": "yes"}]},
        {"lines": [{"item_id": 1, "empty": True}] * 3},
        {"note": "long"},
        {"surprise": 1},
    ],
)
def test_a_strict_form_takes_nothing_for_something_else(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        strict(Everything).model_validate(wrong)


def test_a_strict_form_says_what_the_form_says() -> None:
    sent = {
        "day": "2026-11-23",
        "clock": "00:30",
        "at": "2026-11-23T21:30:00+08:00",
        "amount": "12.50",
        "minutes": 30,
        "lines": [{"item_id": 7, "empty": True}],
    }
    form = loose(Everything, strict(Everything).model_validate(sent))
    assert (form.day, form.clock, form.amount, form.minutes) == (date(2026, 11, 23), time(0, 30), Decimal("12.50"), 30)
    assert form.lines == [Line(item_id=7, empty=True)]
    assert loose(Everything, strict(Everything)()).model_fields_set == set()
