"""Whatever can be read: asked for again it is not sent again, and once anybody has changed it, it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from guitara_app.accounts.recognition import forget_person
from guitara_app.accounts.services import change_details, disable, make_token
from guitara_app.api.v1 import api
from guitara_app.appointments import services as visits
from guitara_app.clients.rules import ClientChange, NewClient
from guitara_app.clients.services import create, edit
from guitara_app.kit.database import run
from guitara_app.notifications.services import tell
from guitara_app.settings import PROJECT
from tests.integration.api.v1.conftest import House
from tests.integration.appointments.series_of import series, weeks_of_shifts
from tests.support.firm import NOW

SPAN = "starts_at=2026-11-23T21:00:00%2B08:00&ends_at=2026-11-23T22:00:00%2B08:00"
Change = Callable[[Session, House], object]


class Read(NamedTuple):
    """What to ask for, with the numbers of the house in it, and everybody who changes it, one after another."""

    path: str
    changes: tuple[Change, ...]


def write(statement: str) -> Change:
    """What no service changes yet."""
    return lambda session, house: session.execute(text(statement))


def seat(session: Session) -> int:
    return int(session.execute(text("SELECT max(id) FROM assignments")).scalar_one())


def booked(index: int, start: time = time(21)) -> Change:
    """By the booking page, or another program."""
    return lambda session, house: visits.book(
        session, house.firm.operator, house.firm.request(index, start=start), now=NOW
    )


def accepted(session: Session, house: House) -> None:
    """By the therapist's phone."""
    visits.accept(session, house.firm.therapist(0), seat(session), now=NOW)


def overtaken(session: Session, house: House) -> None:
    """By a worker, when nobody has answered in time."""
    visits.lapse(session, seat(session), now=NOW + timedelta(minutes=50))


def renamed(session: Session, house: House) -> None:
    edit(session, house.firm.operator, house.firm.client, ClientChange(name="Mrs O'Hara"), version=1, now=NOW)


def own_name(name: str) -> Change:
    def change(session: Session, house: House) -> None:
        ana = house.people[name]
        change_details(session, ana, name="Ma. Teresa O'Neil", email="", now=NOW)
        # What the web process does when it is told that somebody's rights or name changed; see tests/live.
        forget_person(ana.person_id or 0)

    return change


READS = {
    "/me": Read("/me", (own_name("ana"),)),
    "/tokens": Read(
        "/tokens", (lambda session, house: make_token(session, house.people["ana"], "Bookkeeping", days=9, now=NOW),)
    ),
    "/services": Read("/services", (write("UPDATE services SET price = 501"),)),
    "/localities": Read("/localities", (write("UPDATE localities SET name = 'Pasig City'"),)),
    "/staff": Read(
        "/staff",
        (
            own_name("t0"),
            lambda session, house: disable(
                session, house.people["admin"], house.firm.therapists[3], reason="Left.", now=NOW
            ),
        ),
    ),
    "/staff/free": Read(f"/staff/free?{SPAN}", (booked(0), booked(1))),
    "/staff/{person_id}": Read("/staff/{therapist}", (own_name("t0"),)),
    "/staff/{person_id}/sick-now": Read("/staff/{therapist}/sick-now", (booked(0),)),
    "/clients": Read(
        "/clients",
        (
            renamed,
            lambda session, house: create(
                session, house.firm.operator, NewClient(name="Mr Cruz", phone="0918 123 4567"), now=NOW
            ),
        ),
    ),
    "/clients/{client_id}": Read("/clients/{client}", (renamed,)),
    "/appointments": Read("/appointments", (booked(1), booked(0), accepted, renamed)),
    "/appointments/{appointment_id}": Read("/appointments/{visit}", (accepted, renamed)),
    "/appointments/{appointment_id}/history": Read("/appointments/{visit}/history", (overtaken,)),
    # By the worker, who tells of the booking.
    "/notifications": Read("/notifications", (lambda session, house: tell(session, now=NOW, limit=500),)),
}
NEVER_CHANGES = {"/problems/{kind}": "/problems/not-found"}
# Made in its own test: it wants weeks of shifts.
OF_A_SERIES = "/series/{series_id}"
NOBODY_WAS_TOLD = {"/notifications": "t0"}


def asked(house: House, path: str, visit: int) -> str:
    firm = house.firm
    return path.format(therapist=firm.therapists[0], client=firm.client, visit=visit)


def same(client: TestClient, path: str) -> str:
    """It is not sent again; its tag."""
    first = client.get(path)
    assert first.status_code == 200, first.text
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert {one.headers["cache-control"] for one in (first, again)} == {"private, no-cache"}
    assert {one.headers["vary"] for one in (first, again)} == {"Authorization, Cookie"}
    return first.headers["etag"]


@pytest.mark.parametrize("described", READS)
def test_what_anybody_changed_is_sent_again(house: House, described: str) -> None:
    visit = house.firm.book(0, start=time(22, 30))
    read = READS[described]
    path = asked(house, read.path, visit)
    with house.client(NOBODY_WAS_TOLD.get(described, "ana")) as client:
        for change in read.changes:
            tag = same(client, path)
            run(lambda session, change=change: change(session, house))
            after = client.get(path, headers={"if-none-match": tag})
            assert after.status_code == 200
            assert after.headers["etag"] != tag


def test_a_series_of_which_a_visit_changed_is_sent_again(house: House) -> None:
    weeks_of_shifts(house.firm)
    number = series(house.firm, 0)
    with house.client("ana") as client:
        path = OF_A_SERIES.format(series_id=number)
        tag = same(client, path)
        visit = client.get(path).json()["visits"][0]["id"]
        run(lambda session: visits.cancel(session, house.firm.operator, visit, now=NOW, reason="Mrs D'Souza is ill"))
        after = client.get(path, headers={"if-none-match": tag})
    assert (after.status_code, after.headers["etag"] != tag) == (200, True)


def test_what_another_process_changed_is_sent_again(house: House) -> None:
    booking = (
        "from guitara_app import tables\n"
        "from guitara_app.accounts.permissions import Actor, Role\n"
        "from guitara_app.appointments.requests import BookingRequest\n"
        "from guitara_app.appointments.services import book\n"
        "from guitara_app.kit.database import run\n"
        "from tests.support.firm import NOW\n"
        f"actor = Actor({house.firm.operator.person_id}, Role.OPERATOR, 'Ana')\n"
        f"request = BookingRequest.model_validate_json({house.firm.request(2).model_dump_json()!r})\n"
        "run(lambda session: book(session, actor, request, now=NOW))\n"
    )
    with house.client("ana") as client:
        tags = {path: same(client, path) for path in ("/appointments", f"/staff/free?{SPAN}")}
        subprocess.run([sys.executable, "-c", booking], check=True, cwd=PROJECT, env=dict(os.environ), timeout=60)
        for path, tag in tags.items():
            assert client.get(path, headers={"if-none-match": tag}).status_code == 200


def test_one_reader_s_tag_is_no_other_s(house: House) -> None:
    house.firm.book(0)
    with house.client("ana") as desk, house.client("t0") as own, house.client("t1") as other:
        whole, some, none = (same(client, "/appointments") for client in (desk, own, other))
        assert len({whole, some, none}) == 3
        assert other.get("/appointments", headers={"if-none-match": whole}).json()["items"] == []


@pytest.mark.parametrize("path", ["/appointments", "/appointments/9", "/nothing"])
def test_a_refusal_is_nobody_else_s_either(house: House, path: str) -> None:
    with house.client() as client:
        answer = client.get(path)
    assert answer.status_code in (401, 404)
    assert answer.headers["cache-control"] == "private, no-cache"


def test_nothing_that_can_be_read_is_left_out(desk: TestClient) -> None:
    described: dict[str, Any] = api.openapi()["paths"]
    assert {path for path, methods in described.items() if "get" in methods} == {*READS, *NEVER_CHANGES, OF_A_SERIES}
    for path in NEVER_CHANGES.values():
        same(desk, path)
