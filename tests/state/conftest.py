"""The application as it is put together, without a server around it, and somebody of every role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from reflex.app import App

from guitara_app.accounts.models import LoginSession, Person
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.rules import new_token, token_hash
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import transaction
from guitara_app.kit.time import now
from tests.state.events import Browser

OpenBrowser = Callable[..., Browser]


@pytest.fixture(scope="session")
def app() -> App:
    from guitara_app.guitara_app import app

    return app


@pytest.fixture
def cookies(database: DatabaseUrls) -> dict[Role | None, str]:
    """A session of each role; None is nobody's."""
    found: dict[Role | None, str] = {None: ""}
    with transaction() as session:
        cars = {Role.DRIVER: "car"}
        people = {role: Person(username=role, name=f"One {role}", role=role, vehicle=cars.get(role)) for role in Role}
        session.add_all(people.values())
        session.flush()
        for role, person in people.items():
            token = new_token()
            expires_at = now() + timedelta(days=1)
            session.add(LoginSession(person_id=person.id, token_hash=token_hash(token), expires_at=expires_at))
            found[role] = f"sid={token}"
    return found


@pytest.fixture
def browser(app: App, cookies: dict[Role | None, str]) -> OpenBrowser:
    """A tab of somebody of that role, or of nobody."""
    return lambda role=None, path="/board": Browser(app, cookies[role], path)
