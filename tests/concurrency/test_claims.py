"""Several desks reach for the same entry of needs-me-now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries import board
from guitara_app.appointments.services import claim
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import NotPossible
from tests.concurrency.conftest import AtOnce
from tests.support.firm import NOW, Firm, open_firm

LATER = NOW + timedelta(minutes=31)


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    return open_firm()


def operators(count: int) -> list[Actor]:
    with transaction() as session:
        people = [Person(username=f"o{n}", name=f"Op O'{n}", role=Role.OPERATOR) for n in range(count)]
        session.add_all(people)
        session.flush()
        return [Actor(person.id, Role.OPERATOR, person.name) for person in people]


def test_of_many_who_claim_at_once_one_handles_it_and_the_others_are_told_who(firm: Firm, at_once: AtOnce) -> None:
    firm.book(0)
    desks = operators(6)
    with reading() as session:
        [row] = board(session, now=LATER)["attention"]

    def claiming(actor: Actor) -> Any:
        return lambda: run(lambda session: claim(session, actor, row["key"], now=LATER)) or actor

    ended = at_once([claiming(actor) for actor in desks])

    [winner] = [one for one in ended if isinstance(one, Actor)]
    refusals = [one for one in ended if isinstance(one, NotPossible)]
    assert len(refusals) == len(desks) - 1
    assert all(winner.name in refusal.sentence for refusal in refusals)
    with reading() as session:
        [row] = board(session, now=LATER)["attention"]
    assert row["handler_id"] == winner.person_id
