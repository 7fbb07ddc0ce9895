"""A shelf: oil for every Shiatsu, a kit that comes back, and another service that takes something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.catalog.models import Service
from guitara_app.cli.audits import run_audits
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, transaction
from guitara_app.stock.models import Item, ServiceMaterial, StockMovement
from tests.support.firm import NOW, Firm, open_firm


@dataclass
class Shelf:
    """Numbers of the items, and the service that needs the other one."""

    oil: int
    kit: int
    spray: int
    foot: int

    def of(self, item: int) -> tuple[int, int, int]:
        """Available, in use, empty."""
        with reading() as session:
            found = session.get_one(Item, item)
        return found.available, found.in_use, found.empty


def put(session: Any, name: str, kind: str, many: int, minimum: int = 0) -> int:
    item = Item(name=name, unit="piece", kind=kind, available=many, minimum=minimum)
    session.add(item)
    session.flush()
    session.add(StockMovement(item_id=item.id, kind="opening", available_change=many, moved_at=NOW))
    return item.id


def stocked(firm: Firm, *, oil: int = 10, minimum: int = 0) -> Shelf:
    with transaction() as session:
        foot = Service(name="Foot", minutes=60, price=500)
        session.add(foot)
        session.flush()
        shelf = Shelf(
            put(session, "Lavender Oil", "container", oil, minimum),
            put(session, "Hot Stone Kit", "reusable", 5),
            put(session, "Nurse's Spray", "container", 5),
            foot.id,
        )
        for service, item in ((firm.service, shelf.oil), (firm.service, shelf.kit), (foot.id, shelf.spray)):
            session.add(ServiceMaterial(service_id=service, item_id=item))
    return shelf


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    return open_firm()


@pytest.fixture
def shelf(firm: Firm) -> Shelf:
    return stocked(firm)


def sound() -> None:
    """The counters are the sum of the movements, and nothing is lost in a bag."""
    with reading() as session:
        assert [found for found in run_audits(session) if found.audit != "events told"] == []


def events(kind: str) -> list[Any]:
    with reading() as session:
        return list(session.execute(text("SELECT * FROM events WHERE kind = :kind ORDER BY id"), {"kind": kind}))
