"""The application as it is put together, without a server around it, and somebody of every role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from reflex.app import App

from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Role
from guitara_app.accounts.rules import hash_password
from guitara_app.accounts.services import SignedIn, sign_in
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import run, transaction
from guitara_app.kit.time import now
from tests.state.events import Browser

PASSWORD = "correct horse"

OpenBrowser = Callable[..., Browser]


@pytest.fixture(scope="session")
def app() -> App:
    from guitara_app.guitara_app import app

    return app


@pytest.fixture
def cookies(database: DatabaseUrls) -> dict[Role | None, str]:
    """A session of each role; None is nobody's."""
    hashed = hash_password(PASSWORD)
    with transaction() as session:
        for role in Role:
            vehicle = "car" if role == Role.DRIVER else None
            session.add(Person(username=role, name=f"One {role}", role=role, vehicle=vehicle, password_hash=hashed))
    found: dict[Role | None, str] = {None: ""}
    for role in Role:
        signed_in = run(lambda session, role=role: sign_in(session, role, PASSWORD, now=now()))
        assert isinstance(signed_in, SignedIn)
        found[role] = f"sid={signed_in.token}"
    return found


@pytest.fixture
def browser(app: App, cookies: dict[Role | None, str]) -> OpenBrowser:
    """A tab of somebody of that role, or of nobody."""
    return lambda role=None, path="/board": Browser(app, cookies[role], path)
