"""A firm whose people can be told, and what they were told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run, transaction
from guitara_app.notifications.services import Telling, tell
from tests.support.firm import NOW, Firm, open_firm


@dataclass
class Office:
    """The firm, and the one who tells."""

    firm: Firm

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement."""
        with reading() as session:
            return list(session.execute(text(statement), values))

    def write(self, statement: str, **values: Any) -> None:
        """Change something past every service."""
        with transaction() as session:
            session.execute(text(statement), values)

    def do(self, service: Callable[..., Any], *given: Any, now: datetime = NOW, **more: Any) -> Any:
        """Take an action in a transaction of its own."""
        return run(lambda session: service(session, *given, now=now, **more))

    def tell(self, *, now: datetime = NOW, mail: bool = False, limit: int = 500) -> Telling:
        """Tell of what nobody has been told of."""
        return run(lambda session: tell(session, now=now, limit=limit, mail=mail))

    def told(self, person: int) -> list[tuple[str, str]]:
        """Titles and lines somebody was told, in order."""
        found = self.rows("SELECT title, body FROM notifications WHERE person_id = :p ORDER BY id", p=person)
        return [(row.title, row.body) for row in found]

    def untold(self) -> int:
        """How many events wait."""
        return int(self.rows("SELECT count(*) AS n FROM untold_events")[0].n)

    def seat(self, visit: int, index: int = 0) -> int:
        """The place of one of the therapists."""
        found = self.rows(
            "SELECT id FROM assignments WHERE appointment_id = :v AND person_id = :p ORDER BY id DESC",
            v=visit,
            p=self.firm.therapists[index],
        )
        return int(found[0].id)


@pytest.fixture
def office(database: DatabaseUrls) -> Office:
    """Four therapists, two drivers, one operator."""
    return Office(open_firm())
