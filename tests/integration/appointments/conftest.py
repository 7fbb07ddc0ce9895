"""A firm with nobody's evening taken yet, and what its database holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading
from tests.support.firm import Firm, open_firm

_COUNTED = (
    "clients",
    "client_addresses",
    "appointments",
    "assignments",
    "legs",
    "events",
    "idempotency_keys",
    "reviews",
)


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    """People, a client, a service, shifts from 13:00 to 01:00."""
    return open_firm()


@pytest.fixture
def rows() -> Callable[..., list[Any]]:
    """Rows of a statement."""

    def read(statement: str, **values: Any) -> list[Any]:
        with reading() as session:
            return list(session.execute(text(statement), values))

    return read


@pytest.fixture
def row_counts() -> Callable[[], dict[str, int]]:
    """How many rows there are of everything a booking writes."""

    def read() -> dict[str, int]:
        with reading() as session:
            return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in _COUNTED}

    return read
