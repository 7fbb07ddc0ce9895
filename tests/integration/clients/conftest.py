"""A small firm whose clients are changed and merged."""

from __future__ import annotations

import pytest

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.clients.models import Client
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import transaction
from tests.support.firm import Firm, open_firm


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    """The desk, four therapists and the client Mrs D'Souza."""
    del database
    return open_firm()


@pytest.fixture
def bea(firm: Firm) -> Actor:
    """A second operator."""
    del firm
    with transaction() as session:
        person = Person(username="bea", name="Bea Cruz", role=Role.OPERATOR)
        session.add(person)
        session.flush()
        return Actor(person.id, Role.OPERATOR, person.name)


def add(name: str, phone: str, **more: object) -> int:
    """Another client, past every service."""
    with transaction() as session:
        client = Client(name=name, phone=phone, **more)
        session.add(client)
        session.flush()
        return client.id
