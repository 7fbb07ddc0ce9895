"""Somebody who manages, and a private folder for receipts."""

from __future__ import annotations

from pathlib import Path

import pytest

from guitara_app import settings as settings_module
from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import transaction
from tests.support.firm import Firm, open_firm

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 10


@pytest.fixture
def firm(database: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Firm:
    monkeypatch.setenv("GUITARA_DATA_DIR", str(tmp_path))
    settings_module.settings.cache_clear()
    return open_firm()


@pytest.fixture
def manager(firm: Firm) -> Actor:
    with transaction() as session:
        person = Person(username="mona", name="Mona D'Cruz", role=Role.MANAGER)
        session.add(person)
        session.flush()
    return Actor(person.id, Role.MANAGER, person.name)
