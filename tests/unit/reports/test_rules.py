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
            Facts(on_shift=shift, worked=work, jobs=1, earned=paid, refused=2, waits=waits),
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
        load_of(1, "A", "therapist", Facts(on_shift=100, worked=90)),
        load_of(2, "B", "therapist", Facts(on_shift=100, worked=30)),
        load_of(3, "C", "therapist", Facts()),
        load_of(4, "D", "driver", Facts(on_shift=100, worked=10)),
    ]
    assert deviations(rows) == {1: 30, 2: -30, 4: 0}
    assert (utilisation(rows[0]), utilisation(rows[2])) == (90.0, None)
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
