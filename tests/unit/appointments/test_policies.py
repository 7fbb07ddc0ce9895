"""Who goes first: more work never moves anybody forward, and neither being new nor coming back floods or starves."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guitara_app.appointments.policies import (
    EVENINGS,
    EXPLAINED,
    Load,
    Policy,
    Standing,
    because,
    load_words,
    shares,
    sort_key,
)

# Nobody has worked on an evening on which they were not there.
booked = {"booked_minutes": st.integers(0, 900), "booked_jobs": st.integers(0, 9)}
nothing = {"booked_minutes": st.just(0), "booked_jobs": st.just(0)}
there = st.builds(Load, st.integers(0, 5000), st.integers(0, 60), st.integers(1, EVENINGS), **nothing)
ahead = st.builds(Load, st.integers(0, 5000), st.integers(0, 60), st.integers(1, EVENINGS), **booked)
away = st.just(Load(0, 0, 0))
firms = st.lists(there | away, min_size=1, max_size=12).map(lambda found: dict(enumerate(found)))
people = st.builds(
    Standing,
    person_id=st.integers(1, 50),
    name=st.sampled_from(["Ana", "Joy", "Li O'Hara"]),
    favourite=st.booleans(),
    idle_minutes=st.integers(0, 600),
    share=st.fractions(0, 3, max_denominator=50),
)


@given(
    st.lists(ahead | away, min_size=1, max_size=12), st.data(), st.integers(1, 500), st.integers(0, 5), st.booleans()
)
def test_more_work_moves_nobody_forward(
    listed: list[Load], data: st.DataObject, more: int, jobs: int, tonight: bool
) -> None:
    firm = dict(enumerate(listed))
    busy = data.draw(st.sampled_from(sorted(firm)))
    if firm[busy].evenings == 0:
        firm[busy] = Load(0, 0, 1)
    before, load = shares(firm), firm[busy]
    if tonight:
        then = load._replace(booked_minutes=load.booked_minutes + more, booked_jobs=load.booked_jobs + jobs)
    else:
        then = load._replace(minutes=load.minutes + more, jobs=load.jobs + jobs)
    after = shares(firm | {busy: then})
    began = not tonight and (sum(one.minutes for one in listed) == 0 or sum(one.jobs for one in listed) == 0)
    for other in firm:
        # The first work there ever was is what everything is measured by from then on.
        if before[busy] >= before[other] and not began:
            assert after[busy] >= after[other]


@given(firms)
def test_whoever_is_new_or_back_stands_exactly_at_the_average(firm: dict[int, Load]) -> None:
    found = shares(firm | {-1: Load(0, 0, 0)})
    assert found[-1] == 1
    assert sum(found.values()) == len(found)


@given(firms)
def test_somebody_new_does_not_change_where_the_others_stand(firm: dict[int, Load]) -> None:
    assert {**shares(firm | {-1: Load(0, 0, 0)}), -1: 0} == {**shares(firm), -1: 0}


@given(ahead, ahead, firms)
def test_of_two_who_were_always_there_the_one_with_less_of_both_goes_first(
    one: Load, other: Load, firm: dict[int, Load]
) -> None:
    def of_both(pick: Callable[[int, int], int]) -> Load:
        both = {name: pick(getattr(one, name), getattr(other, name)) for name in Load._fields}
        return Load(**(both | {"evenings": EVENINGS}))

    found = shares(firm | {-1: of_both(min), -2: of_both(max)})
    assert found[-1] <= found[-2]


@given(firms.filter(lambda firm: any(one.minutes and one.jobs for one in firm.values())), ahead)
def test_a_job_tonight_comes_on_top_of_the_average(firm: dict[int, Load], job: Load) -> None:
    new = Load(0, 0, 0, job.booked_minutes, job.booked_jobs)
    found = shares(firm | {-1: Load(0, 0, 0), -2: new})
    assert found[-1] == 1
    assert (found[-2] > 1) == bool(job.booked_minutes or job.booked_jobs)


def test_back_from_five_days_off_after_two_busy_evenings_is_a_little_above_the_average() -> None:
    found = shares({1: Load(1400, 14, 7), 2: Load(1400, 14, 7), 3: Load(800, 8, 2)})
    # 14 evenings of 200 minutes and two of 400 are 225 on average; 5 of these for the evenings away.
    assert found[3] == Fraction(800 + 5 * 225, 7 * 225)
    assert found[1] < 1 < found[3]


@given(st.lists(people, unique_by=lambda one: one.person_id), st.sampled_from(Policy), st.randoms())
def test_the_order_is_the_same_however_they_are_listed_and_the_favourite_is_first(
    listed: list[Standing], policy: Policy, dice: object
) -> None:
    shuffled = list(listed)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # a Random
    ordered = sorted(listed, key=lambda one: sort_key(policy, one))
    assert ordered == sorted(shuffled, key=lambda one: sort_key(policy, one))
    assert [one.favourite for one in ordered] == sorted((one.favourite for one in listed), reverse=True)
    assert len({sort_key(policy, one) for one in listed}) == len(listed)


@given(people, people, st.sampled_from(Policy))
def test_each_policy_goes_by_its_measure_then_by_idleness(one: Standing, other: Standing, policy: Policy) -> None:
    one, other = one._replace(favourite=False), other._replace(favourite=False)
    first = sort_key(policy, one) < sort_key(policy, other)
    if policy is Policy.BALANCED and one.share != other.share:
        assert first == (one.share < other.share)
    elif one.idle_minutes != other.idle_minutes:
        assert first == (one.idle_minutes > other.idle_minutes)


def test_where_nobody_has_worked_yet_everybody_is_average() -> None:
    assert set(shares({1: Load(0, 0, 7), 2: Load(0, 0, 1), 3: Load(0, 0, 0)}).values()) == {1}


def test_the_reason_is_said_in_words() -> None:
    assert because(Policy.FIFO, "2 h 10", favourite=False, first=True) == "longest idle, 2 h 10"
    assert because(Policy.FIFO, "50 min", favourite=False, first=False) == "next longest idle, 50 min"
    assert because(Policy.FIFO, "50 min", favourite=True, first=True) == "client's favourite"
    worked = load_words(Load(270, 3, 5))
    assert worked == "3 jobs, 4 h 30 in 5 evenings"
    assert because(Policy.BALANCED, worked, favourite=False, first=True) == f"least work lately, {worked}"
    assert load_words(Load(45, 1, 1)) == "1 job, 45 min in 1 evening"
    assert load_words(Load(45, 1, 1, 60, 1)) == "1 job, 45 min in 1 evening and 1 booked"
    assert load_words(Load(0, 0, 0)) == "new or back, counts as average"


@pytest.mark.parametrize("policy", Policy)
def test_every_policy_is_explained(policy: Policy) -> None:
    assert EXPLAINED[policy].endswith(".")
