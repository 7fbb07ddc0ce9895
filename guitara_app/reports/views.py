"""What pages and files are given of how work was shared."""

from __future__ import annotations

from decimal import Decimal

# Reports are kept as JSON, and pydantic reads no other on Python 3.11.
from typing_extensions import TypedDict


class LoadRow(TypedDict):
    """One person's figures: times in whole minutes, money in pesos, ``waits`` the seconds each answer took.

    ``travel`` and ``earned`` are None for drivers, whose work is the driving itself.
    """

    person_id: int
    name: str
    role: str
    on_shift: int
    worked: int
    jobs: int
    travel: int | None
    idle: int
    earned: Decimal | None
    refused: int
    waits: list[int]


class Workload(TypedDict):
    """Everybody's figures from evening ``first`` to evening ``last``, as they were at ``read_at``."""

    first: str
    last: str
    read_at: str
    rows: list[LoadRow]


class VisitBehind(TypedDict):
    """One visit or trip that somebody's figures are made of."""

    visit_id: int
    evening: str
    what: str
    worked: int
    travel: int | None
    earned: Decimal | None
    answer: str
    wait: int | None
