"""How many statements each page and service may need: as few as it takes, and no more when there is more to show.

The budgets stand in ``query_budgets.json``. Whoever needs one statement more says so there; nobody grows by accident.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries import board, detail, own_night, preview
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import accept, book, cancel, change, reject
from guitara_app.clients.queries import card, search
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import engine, reading, run
from tests.support.firm import NOW, Firm, open_firm

BUDGETS: dict[str, int] = json.loads((Path(__file__).parent / "query_budgets.json").read_text())
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    return open_firm(therapists=8)


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that are sent meanwhile, settings of the transaction aside."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("SET "):
            said.append(" ".join(statement.split())[:200])

    event.listen(engine(), "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine(), "before_cursor_execute", hear)


def read(work: Callable[[Session], object]) -> list[str]:
    with reading() as session, counting() as said:
        work(session)
    return said


def does(work: Callable[[Session], object]) -> list[str]:
    with counting() as said:
        run(work)
    return said


def within(name: str, said: list[str]) -> None:
    listed = "\n".join(said)
    assert len(said) <= BUDGETS[name], f"{name} needs {len(said)} statements, not {BUDGETS[name]}:\n{listed}"


def fill_evening(firm: Firm, visits: int) -> list[int]:
    """So many visits tonight, each of another therapist."""
    return [firm.book(number, start=time(20, 30), driver_needed=number % 2 == 0) for number in range(visits)]


def seat_of(visit: int) -> int:
    with reading() as session:
        found = detail(session, visit, now=NOW)
    assert found is not None
    return int(found["places"][0]["assignment_id"])


def test_pages_need_no_more_for_more_visits(firm: Firm) -> None:
    pages: dict[str, Callable[[Session], object]] = {
        "board": lambda session: board(session, now=LATER),
        "night of a therapist": lambda session: own_night(session, firm.therapists[0], now=LATER),
        "night of a driver": lambda session: own_night(session, firm.drivers[0], now=LATER),
        # Their time is taken, so the form looks for others too.
        "booking form": lambda session: preview(session, firm.request(1, start=time(20, 45)), now=LATER),
        "client card": lambda session: card(session, firm.client),
        "client search": lambda session: search(session, "souza"),
    }
    fill_evening(firm, 2)
    few = {name: read(work) for name, work in pages.items()}
    for number in range(8):
        firm.book(number, start=time(22, 45))
    for name, work in pages.items():
        said = read(work)
        within(name, said)
        assert len(said) == len(few[name]), f"{name} asks once for each visit:\n" + "\n".join(said)


def test_a_visit_with_its_history(firm: Firm) -> None:
    (visit,) = fill_evening(firm, 1)
    within("visit", read(lambda session: detail(session, visit, now=LATER)))


def test_booking_and_what_follows(firm: Firm) -> None:
    request = firm.request(0, start=time(21), driver_needed=True, idempotency_key="one")
    within("book", does(lambda session: book(session, firm.operator, request, now=NOW)))
    group = firm.request(1, 2, 3, start=time(21), driver_needed=True)
    within("book a group of three", does(lambda session: book(session, firm.operator, group, now=NOW)))
    first, second, third = (firm.book(number, start=time(21)) for number in (4, 5, 6))
    therapist = Actor(firm.therapists[4], Role.THERAPIST, "Therapist 4")
    within("accept", does(lambda session: accept(session, therapist, seat_of(first), now=LATER)))
    other = Actor(firm.therapists[5], Role.THERAPIST, "Therapist 5")
    within("reject", does(lambda session: reject(session, other, seat_of(second), reason="Fever.", now=LATER)))
    moved = ChangeRequest(start=time(22))
    within(
        "change the time",
        does(lambda session: change(session, firm.operator, third, request=moved, reason="Late.", now=LATER)),
    )
    replaced = ChangeRequest(therapist_ids=[firm.therapists[7]])
    within(
        "change the therapist",
        does(lambda session: change(session, firm.operator, third, request=replaced, reason="Asked.", now=LATER)),
    )
    within("cancel", does(lambda session: cancel(session, firm.operator, third, reason="Called off.", now=LATER)))


def test_every_budget_is_somebodys() -> None:
    written = Path(__file__).read_text()
    assert [name for name in BUDGETS if f'"{name}"' not in written] == []
