"""The API in this process, on a real database with a small firm, and somebody of every role to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import time_machine
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from guitara_app import tables  # noqa: F401  rows point at tables that no test itself imports
from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.rules import hash_password
from guitara_app.accounts.services import SignedIn, sign_in
from guitara_app.api.gate import Gate
from guitara_app.api.v1 import api
from guitara_app.api.v1.rights import pace
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import run, transaction
from tests.support.firm import NOW, Firm, open_firm

PASSWORD = "correct horse battery"


@dataclass
class House:
    """The firm, and who can ask."""

    firm: Firm
    people: dict[str, Actor]
    app: ASGIApp

    def token(self, username: str) -> str:
        """A session of somebody, to be sent as a bearer token."""
        found = run(lambda session: sign_in(session, username, PASSWORD, now=NOW))
        assert isinstance(found, SignedIn)
        return found.token

    def client(self, username: str = "", **headers: str) -> TestClient:
        """A program of somebody, or of nobody."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if username:
            given["authorization"] = f"Bearer {self.token(username)}"
        return TestClient(
            self.app,
            base_url="http://127.0.0.1:8000/api/v1",
            headers=given,
            client=("127.0.0.1", 50000),
            raise_server_exceptions=False,
        )


@lru_cache(maxsize=1)
def _hashed() -> str:
    return hash_password(PASSWORD)


def house_of(firm: Firm, folder: Path) -> House:
    """The API before this firm; a manager and an admin besides, and a password for everybody."""
    people: dict[str, Actor] = {}
    with transaction() as session:
        for role in (Role.MANAGER, Role.ADMIN):
            session.add(Person(username=role, name=f"One {role}", role=role))
        session.flush()
        for person in session.query(Person):
            person.password_hash = _hashed()
            people[person.username] = Actor(person.id, Role(person.role), person.name)
    return House(firm, people, Gate(Starlette(routes=[Mount("/api/v1", api)]), folder))


@pytest.fixture
def house(database: DatabaseUrls, tmp_path: Path) -> Iterator[House]:
    """At 20:00 of the firm's evening."""
    made = house_of(open_firm(), tmp_path)
    pace.cache_clear()
    with time_machine.travel(NOW, tick=True):
        yield made


@pytest.fixture
def desk(house: House) -> Iterator[TestClient]:
    """The operator's program."""
    with house.client("ana") as client:
        yield client


@pytest.fixture
def booking(house: House) -> Callable[..., dict[str, Any]]:
    """A booking of these therapists (by index) as JSON."""

    def made(*therapists: int, start: str = "21:00", **more: Any) -> dict[str, Any]:
        return {
            "client_id": house.firm.client,
            "service_ids": [house.firm.service],
            "therapist_ids": [house.firm.therapists[index] for index in therapists],
            "evening": "2026-11-23",
            "start": start,
            "driver_needed": False,
            "address_id": house.firm.address,
        } | more

    return made
