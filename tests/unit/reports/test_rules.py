"""Figures of work against a clock that walks through the evening minute by minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guitara_app.kit.errors import Invalid
from guitara_app.reports.rules import (
    MOST_DAYS,
    Facts,
    check_range,
    deviations,
    load_of,
    response,
    total,
    until_now,
    utilisation,
)

ZERO = datetime(2026, 11, 23, 23, 0, tzinfo=ZoneInfo("Asia/Manila"))
MINUTE = timedelta(minutes=1)

pieces = st.lists(st.tuples(st.integers(0, 180), st.integers(1, 90)), max_size=5)


def spans(found: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    return [(ZERO + begin * MINUTE, ZERO + (begin + length) * MINUTE) for begin, length in found]


def grid(found: list[tuple[int, int]]) -> set[int]:
    return {begin + number for begin, length in found for number in range(length)}


@given(shifts=pieces, worked=pieces, travel=pieces)
def test_every_minute_counts_once_and_idle_is_what_is_left(
    shifts: list[tuple[int, int]], worked: list[tuple[int, int]], travel: list[tuple[int, int]]
) -> None:
    row = load_of(1, "Liza", "therapist", Facts(spans(shifts), spans(worked), spans(travel)))
    assert (row["on_shift"], row["worked"], row["travel"]) == (len(grid(shifts)), len(grid(worked)), len(grid(travel)))
    assert row["idle"] == len(grid(shifts) - grid(worked) - grid(travel))
    if grid(shifts):
        assert utilisation(row) == round(100 * len(grid(worked)) / len(grid(shifts)), 1)
    else:
        assert utilisation(row) is None


@given(
    people=st.lists(
        st.tuples(
            st.integers(0, 600), st.integers(0, 600), st.decimals(0, 9999, places=2), st.lists(st.integers(0, 99))
        )
    )
)
def test_the_total_is_the_sum_of_the_rows(people: list[tuple[int, int, Decimal, list[int]]]) -> None:
    rows = [
        load_of(
            number,
            "O'Hara",
            "therapist",
            Facts(spans([(0, shift)]) if shift else [], spans([(0, work)]) if work else [], [], 1, paid, 2, waits),
        )
        for number, (shift, work, paid, waits) in enumerate(people)
    ]
    row = total(rows)
    assert row["on_shift"] == sum(shift for shift, _, _, _ in people)
    assert row["worked"] == sum(work for _, work, _, _ in people)
    assert row["earned"] == sum((paid for _, _, paid, _ in people), Decimal(0))
    assert (row["jobs"], row["refused"]) == (len(people), 2 * len(people))
    assert (response(row) is None) is (not any(waits for _, _, _, waits in people))


def test_the_average_is_of_those_of_the_same_role_who_were_there() -> None:
    rows = [
        load_of(1, "A", "therapist", Facts(spans([(0, 100)]), spans([(0, 90)]))),
        load_of(2, "B", "therapist", Facts(spans([(0, 100)]), spans([(0, 30)]))),
        load_of(3, "C", "therapist", Facts()),
        load_of(4, "D", "driver", Facts(spans([(0, 100)]), spans([(0, 10)]))),
    ]
    assert deviations(rows) == {1: 30, 2: -30, 4: 0}
    assert rows[3]["earned"] is None
    assert rows[3]["travel"] is None


def test_what_lies_ahead_does_not_count_yet() -> None:
    assert until_now(ZERO, ZERO + 60 * MINUTE, ZERO + 30 * MINUTE) == [(ZERO, ZERO + 30 * MINUTE)]
    assert until_now(ZERO, None, ZERO + 30 * MINUTE) == [(ZERO, ZERO + 30 * MINUTE)]
    assert until_now(ZERO, None, ZERO) == []
    # Two parts come to what they are together.
    seconds = timedelta(seconds=40)
    assert until_now(ZERO + seconds, ZERO + 3 * MINUTE + seconds, ZERO + 9 * MINUTE) == [(ZERO, ZERO + 3 * MINUTE)]
    assert until_now(ZERO + MINUTE, ZERO + 2 * MINUTE, ZERO) == []


@pytest.mark.parametrize(("first", "last", "field"), [(0, -1, "last"), (0, 1, "last"), (-MOST_DAYS, 0, "first")])
def test_evenings_that_cannot_be_counted_are_refused(first: int, last: int, field: str) -> None:
    tonight = date(2026, 11, 23)
    with pytest.raises(Invalid) as caught:
        check_range(tonight + timedelta(days=first), tonight + timedelta(days=last), tonight)
    assert caught.value.field == field
    check_range(tonight - timedelta(days=MOST_DAYS - 1), tonight, tonight)
