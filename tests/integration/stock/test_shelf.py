"""The shelf by hand: each change is a movement, the counters follow it, and crossing a line is told once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound
from guitara_app.stock.queries import items, movements
from guitara_app.stock.rules import Level, level
from guitara_app.stock.services import Carried, carry, correct, discard, refill, restock
from tests.integration.stock.conftest import Shelf, events, sound, stocked
from tests.support.firm import NOW, Firm
from tests.support.steps import refused, seat_of, take


def test_each_change_by_hand_is_in_the_ledger(firm: Firm, shelf: Shelf) -> None:
    take(restock, firm.operator, shelf.oil, quantity=5, reason="Ana's delivery")
    take(correct, firm.operator, shelf.oil, available=12, empty=3, reason="counted")
    take(refill, firm.operator, shelf.oil, quantity=2)
    take(discard, firm.operator, shelf.oil, quantity=1, empty=True, reason="cracked")
    take(discard, firm.operator, shelf.oil, quantity=4, reason="expired")
    assert shelf.of(shelf.oil) == (10, 0, 0)
    with reading() as session:
        lines = [(one.kind, one.available, one.in_use, one.empty, one.reason) for one in movements(session, shelf.oil)]
    assert lines == [
        ("discard", -4, 0, 0, "expired"),
        ("discard", 0, 0, -1, "cracked"),
        ("refill", 2, 0, -2, ""),
        ("correct", -3, 0, 3, "counted"),
        ("restock", 5, 0, 0, "Ana's delivery"),
        ("opening", 10, 0, 0, ""),
    ]
    sound()


def test_what_cannot_be(firm: Firm, shelf: Shelf) -> None:
    for service, more in (
        (restock, {"quantity": 0}),
        (restock, {"quantity": -3}),
        (restock, {"quantity": 10**9}),
        (refill, {"quantity": 1}),
        (discard, {"quantity": 11, "reason": "lost"}),
        (discard, {"quantity": 1}),
        (correct, {"available": -1, "empty": 0, "reason": "counted"}),
        (correct, {"available": 10, "empty": 0, "reason": "counted"}),
        (correct, {"available": 9, "empty": 0}),
    ):
        refused(Invalid, service, firm.operator, shelf.oil, **more)
    for number in (0, -1, 999_999, 2**63):
        refused(NotFound, restock, firm.operator, number, quantity=1)
    for role in (Role.THERAPIST, Role.DRIVER):
        refused(NotAllowed, restock, Actor(firm.therapists[0], role, "T"), shelf.oil, quantity=1)
    assert shelf.of(shelf.oil) == (10, 0, 0)


def test_the_same_delivery_sent_twice_counts_once(firm: Firm, shelf: Shelf) -> None:
    for _ in range(2):
        take(restock, firm.operator, shelf.oil, quantity=5, idempotency_key="tap")
    assert shelf.of(shelf.oil) == (15, 0, 0)


def test_getting_low_and_low_are_told_once_for_each_crossing(firm: Firm) -> None:
    shelf = stocked(firm, oil=8, minimum=4)
    told: list[tuple[int, int]] = []
    for _ in range(5):
        take(discard, firm.operator, shelf.oil, quantity=1, reason="broken")
        told.append((len(events("stock_getting_low")), len(events("stock_low"))))
    assert told == [(0, 0), (1, 0), (1, 0), (1, 1), (1, 1)]
    take(restock, firm.operator, shelf.oil, quantity=10)
    take(discard, firm.operator, shelf.oil, quantity=10, reason="broken")
    assert (len(events("stock_getting_low")), len(events("stock_low"))) == (1, 2)
    with reading() as session:
        assert {row.name: row.level for row in items(session)}["Lavender Oil"] is Level.LOW


@pytest.mark.parametrize(
    ("available", "minimum", "found"),
    [(4, 4, Level.LOW), (5, 4, Level.GETTING_LOW), (6, 4, Level.GETTING_LOW), (7, 4, Level.ENOUGH), (0, 0, Level.LOW),
     (1, 0, Level.ENOUGH), (7, 5, Level.GETTING_LOW), (8, 5, Level.ENOUGH)],
)  # fmt: skip
def test_what_is_low(available: int, minimum: int, found: Level) -> None:
    assert level(available, minimum) is found


NUMBERS = st.integers(-2, 6)
CHANGES = st.one_of(
    st.tuples(st.just("restock"), NUMBERS),
    st.tuples(st.just("refill"), NUMBERS),
    st.tuples(st.sampled_from(["discard", "discard empty"]), NUMBERS),
    st.tuples(st.just("take"), st.integers(1, 6)),
    st.tuples(st.sampled_from(["give back", "use up"]), st.integers(1, 6)),
    st.tuples(st.just("correct"), st.integers(0, 12)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(CHANGES, max_size=12))
def test_the_sum_changes_only_by_what_a_movement_says(firm: Firm, changes: list[tuple[str, int]]) -> None:
    visit = firm.book(0) if not hasattr(firm, "visit") else firm.visit
    firm.visit = visit  # type: ignore[attr-defined]  # one visit for all examples
    shelf = getattr(firm, "shelf", None) or stocked(firm)
    firm.shelf = shelf  # type: ignore[attr-defined]
    seat = seat_of(firm, visit)
    available, in_use, empty = shelf.of(shelf.oil)
    for kind, many in changes:
        before = (available, in_use, empty)
        if kind in ("take", "give back", "use up"):
            out = min(many, in_use)
            signed = many if kind == "take" else -out
            if signed:
                moved = [Carried(visit, seat, shelf.oil, signed, kind == "use up")]
                run(lambda session, moved=moved: carry(session, moved, by=firm.operator, now=NOW))
            took = min(many, available)
            available += -took if kind == "take" else out if kind == "give back" else 0
            in_use += took if kind == "take" else -out
            empty += out if kind == "use up" else 0
        else:
            by_hand: dict[str, Any] = {
                "restock": (restock, {"quantity": many}),
                "refill": (refill, {"quantity": many}),
                "discard": (discard, {"quantity": many, "reason": "x"}),
                "discard empty": (discard, {"quantity": many, "empty": True, "reason": "x"}),
                "correct": (correct, {"available": many, "empty": empty, "reason": "x"}),
            }
            service, more = by_hand[kind]
            try:
                take(service, firm.operator, shelf.oil, **more)
            except GuitaraError:
                assert shelf.of(shelf.oil) == before
                continue
            available += {"restock": many, "refill": many, "discard": -many}.get(kind, 0)
            empty += {"refill": -many, "discard empty": -many}.get(kind, 0)
            available = many if kind == "correct" else available
        assert shelf.of(shelf.oil) == (available, in_use, empty)
        assert min(available, in_use, empty) >= 0
    sound()
