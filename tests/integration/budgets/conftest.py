"""Statements are counted, and compared with what ``budgets.json`` allows: by what is read, asked, done or run.

Each is counted among few rows and among three times as many: who asks once for each row is found either way. Whoever
needs one statement more writes it down there; nobody grows by accident. With GUITARA_WRITE_BUDGETS set the file is
written anew from what was counted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from guitara_app.accounts import recognition
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import engine, transaction
from tests.integration.stock.conftest import stocked
from tests.support.firm import Firm, open_firm

FILE = Path(__file__).parent / "budgets.json"
_BESIDE = ("SET ", "SAVEPOINT", "RELEASE", "ROLLBACK TO")

Said = list[str]
Within = Callable[[str, dict[str, int]], None]


@contextmanager
def counting() -> Iterator[Said]:
    """The statements that are sent meanwhile; settings of a transaction and savepoints are not counted."""
    said: Said = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(_BESIDE):
            said.append(" ".join(statement.split())[:160])

    event.listen(engine(), "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine(), "before_cursor_execute", hear)


def same(name: str, few: Said, many: Said) -> int:
    """How many statements it takes at most, however many rows there are; a search may be done sooner among many."""
    more = sorted((Counter(many) - Counter(few)).elements())
    assert len(many) <= len(few), f"{name}: {len(few)} statements among few rows, {len(many)} among many:\n{more}"
    return len(few)


@pytest.fixture(scope="session")
def within() -> Within:
    """Compare what was counted with one part of the file; each name has its number, and each number its name."""

    def compare(part: str, counted: dict[str, int]) -> None:
        budgets: dict[str, dict[str, int]] = json.loads(FILE.read_text()) if FILE.exists() else {}
        if os.environ.get("GUITARA_WRITE_BUDGETS"):
            budgets[part] = dict(sorted(counted.items()))
            FILE.write_text(json.dumps(dict(sorted(budgets.items())), indent=2) + "\n")
        allowed = budgets[part]
        assert set(counted) == set(allowed), "what has no budget, or is there no more"
        over = {name: (many, allowed[name]) for name, many in counted.items() if many > allowed[name]}
        assert over == {}, "needs (statements, allowed)"

    return compare


@pytest.fixture(autouse=True)
def known_all_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who calls is not asked for again in the middle of what is counted, however slow the machine."""
    monkeypatch.setattr(recognition, "REMEMBERED_S", 3600.0)


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    """Ten therapists, three drivers, a shelf."""
    firm = open_firm(therapists=10, drivers=3)
    stocked(firm)
    with transaction() as session:
        # Whatever crosses a minimum tells of it: so little must not be there.
        session.execute(text("UPDATE items SET available = available + 1000"))
    return firm
