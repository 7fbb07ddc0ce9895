"""What each route of the API takes, from the token to the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import text
from starlette.testclient import TestClient

from guitara_app.api.v1 import api
from guitara_app.api.v1.rights import pace
from guitara_app.kit.database import reading
from tests.integration.api.v1.conftest import House, house_of
from tests.integration.budgets.conftest import Said, Within, counting, same
from tests.integration.budgets.full import fill
from tests.support.firm import NOW, Firm

SPAN = "starts_at=2026-11-24T16:00:00%2B08:00&ends_at=2026-11-24T17:00:00%2B08:00"
# All of them are one function around a service whose own budget is in ``actions``; these two say what it adds.
ACTIONS = {"accept", "cancel"}

Ask = Callable[[TestClient, House, int], Any]


def get(path: str) -> Ask:
    def ask(client: TestClient, house: House, visit: int) -> Any:
        series = newest("booking_series") if "{series}" in path else 0
        firm = house.firm
        return client.get(path.format(visit=visit, client=firm.client, therapist=firm.therapists[0], series=series))

    return ask


def send(method: str, path: str, body: Callable[[House, int], dict[str, Any]] = lambda house, n: {}) -> Ask:
    """``n`` tells the first try from the second."""

    def ask(client: TestClient, house: House, visit: int) -> Any:
        numbers = {
            "visit": visit,
            "client": house.firm.client,
            "therapist": house.firm.therapists[1],
            "token": newest("api_tokens"),
            "place": place(visit),
            "series": newest("booking_series") if "{series}" in path else 0,
        }
        return client.request(method, path.format(**numbers), json=body(house, visit))

    return ask


def newest(table: str) -> int:
    with reading() as session:
        return int(session.execute(text(f"SELECT max(id) FROM {table}")).scalar_one() or 0)


def place(visit: int) -> int:
    with reading() as session:
        found = session.execute(text("SELECT max(id) FROM assignments WHERE appointment_id = :id"), {"id": visit})
        return int(found.scalar() or 0)


def booking(house: House, visit: int) -> dict[str, Any]:
    """Of somebody who is free all of the next evening."""
    firm = house.firm
    return {
        "client_id": firm.client,
        "service_ids": [firm.service],
        "therapist_ids": [firm.therapists[9]],
        "evening": "2026-11-24" if visit < 8 else "2026-11-25",
        "start": "21:00",
        "driver_needed": True,
        "address_id": firm.address,
        "off_shift_reason": "She said it's fine.",
    }


def series(house: House, visit: int) -> dict[str, Any]:
    """Of one visit, like the booking, two evenings later."""
    evening = "2026-11-26" if visit < 8 else "2026-11-27"
    anyway = {"evening": evening, "do": "anyway"}
    rule = {"frequency": "weekly", "times": 1}
    return booking(house, visit) | {"evening": evening, "rule": rule, "instead": [anyway]}


ROUTES: dict[str, Ask] = {
    "GET /me": get("/me"),
    "GET /tokens": get("/tokens"),
    "GET /services": get("/services"),
    "GET /localities": get("/localities"),
    "GET /staff": get("/staff"),
    "GET /staff/free": get(f"/staff/free?{SPAN}"),
    "GET /staff/{person_id}": get("/staff/{therapist}"),
    "GET /staff/{person_id}/sick-now": get("/staff/{therapist}/sick-now"),
    "GET /clients": get("/clients"),
    "GET /clients/{client_id}": get("/clients/{client}"),
    "GET /appointments": get("/appointments"),
    "GET /appointments/{appointment_id}": get("/appointments/{visit}"),
    "GET /appointments/{appointment_id}/history": get("/appointments/{visit}/history"),
    "GET /notifications": get("/notifications"),
    "GET /problems/{kind}": get("/problems/not-found"),
    "POST /session": send("POST", "/session", lambda house, n: {"login": "ana", "password": "correct horse battery"}),
    "POST /tokens": send("POST", "/tokens", lambda house, n: {"name": "Bookkeeping"}),
    "DELETE /tokens/{token_id}": send("DELETE", "/tokens/{token}"),
    "POST /clients": send(
        "POST", "/clients", lambda house, n: {"name": "Mr O'Hara", "phone": f"0919 123 4{min(n, 10):03}"}
    ),
    "PATCH /clients/{client_id}": send("PATCH", "/clients/{client}", lambda house, n: {"notes": f"It's {n}"}),
    "POST /appointments": send("POST", "/appointments", booking),
    "PATCH /appointments/{appointment_id}": send(
        "PATCH", "/appointments/{visit}", lambda house, n: {"reason": "asked", "notes": f"It's {n}"}
    ),
    "POST /series": send("POST", "/series", series),
    "GET /series/{series_id}": get("/series/{series}"),
    "POST /series/{series_id}/end": send("POST", "/series/{series}/end", lambda house, n: {"reason": "moved away"}),
    "POST /notifications/read": send(
        "POST", "/notifications/read", lambda house, n: {"up_to": newest("notifications")}
    ),
    "POST /assignments/{target_id}/actions/accept": send(
        "POST", "/assignments/{place}/actions/accept", lambda house, n: {"reason": "told by phone"}
    ),
    "POST /appointments/{target_id}/actions/cancel": send(
        "POST", "/appointments/{visit}/actions/cancel", lambda house, n: {"reason": "called off"}
    ),
    # Last, since there is nobody left who is signed in. What hands over a night takes a step for each job of it.
    "DELETE /session": send("DELETE", "/session"),
}
# Who could take a job is asked for each job of the night, and each is then handed over by the service of that step.
PLAN = "GET /staff/{person_id}/sick-now"
ONCE_FOR_EACH_JOB = {PLAN, "POST /staff/{person_id}/sick-now"}


@pytest.fixture
def house(firm: Firm, tmp_path: Any) -> Iterator[House]:
    """The firm with its evening, and who asks."""
    pace.cache_clear()
    with time_machine.travel(NOW + timedelta(minutes=10), tick=True):
        yield house_of(firm, tmp_path)


def said(house: House) -> dict[str, Said]:
    counted: dict[str, Said] = {}
    visit = house.firm.book(8, now=NOW) if newest("appointments") < 6 else house.firm.book(7, now=NOW)
    with house.client("ana") as client:
        for name, ask in ROUTES.items():
            # Whoever asked a moment ago is known; a stranger costs one statement more.
            client.get("/me")
            with counting() as heard:
                answer = ask(client, house, visit)
            assert answer.status_code < 300, (name, answer.text)
            counted[name] = heard
    return counted


def test_routes(house: House, within: Within) -> None:
    fill(house.firm, range(2))
    few = said(house)
    fill(house.firm, range(2, 6))
    many = said(house)
    counted = {name: same(name, few[name], many[name]) for name in many if name != PLAN}
    # Four jobs more.
    within("routes", counted | {f"{PLAN}, each job": (len(many[PLAN]) - len(few[PLAN])) // 4})


def test_no_route_is_left_out() -> None:
    described = {f"{method.upper()} {path}" for path, methods in api.openapi()["paths"].items() for method in methods}
    actions = {one for one in described if "/actions/" in one and one.rpartition("/")[2] not in ACTIONS}
    assert described - actions - ONCE_FOR_EACH_JOB == set(ROUTES) - {PLAN}
