"""What the demo's staff do by themselves: only what is possible, never before it can be, never for a human."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from guitara_app.actions import DOINGS
from guitara_app.appointments.lifecycle import RULES, Action, Party
from guitara_app.demo.simulator.rules import PACES, REJECTED_BECAUSE, Chance, Presence, emptied, move_for, moves_at

_START = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)  # 00:30 in Manila
_MOMENTS = st.integers(-600, 600).map(lambda minutes: _START + timedelta(minutes=minutes))
_NUMBERS = st.integers(1, 10**9)
_REFUSALS = {Action.ACCEPT: Action.REJECT, Action.ACCEPT_LEG: Action.DECLINE_LEG}


@st.composite
def _chances(draw: st.DrawFn) -> Chance:
    action, since = draw(st.sampled_from(sorted(PACES))), draw(_MOMENTS)
    answer = action in _REFUSALS
    return Chance(
        action,
        draw(_NUMBERS),
        draw(st.integers(1, 5)),
        since,
        draw(_MOMENTS),
        begins=draw(st.none() | _MOMENTS),
        minutes=draw(st.integers(0, 240)),
        due=since + timedelta(minutes=draw(st.integers(1, 60))) if answer else None,
    )


@given(_chances())
def test_a_step_is_the_one_that_is_possible_and_never_before_it_is(chance: Chance) -> None:
    move = move_for(chance)
    if move is None:
        assert chance.action in _REFUSALS
        return
    assert move.action in (chance.action, _REFUSALS.get(Action(chance.action)) if chance.due else None)
    assert move.at >= chance.since
    assert move.at >= chance.awake
    assert (move.target_id, move.person_id) == (chance.target_id, chance.person_id)
    assert bool(move.reason) == (move.action == Action.REJECT)


@given(_chances())
def test_an_answer_comes_while_it_counts(chance: Chance) -> None:
    move = move_for(chance)
    if move is not None and chance.due is not None and chance.begins is None and chance.awake <= chance.since:
        waking = timedelta(minutes=3)
        assert move.at <= max(chance.due, chance.since + waking)


@given(st.lists(_chances(), max_size=30), _MOMENTS, st.frozensets(st.integers(1, 5)))
def test_whoever_is_signed_in_is_left_alone_and_the_rest_go_in_order(
    chances: list[Chance], now: datetime, humans: frozenset[int]
) -> None:
    moves = moves_at(now, chances, humans)
    assert all(move.at <= now and move.person_id not in humans for move in moves)
    assert moves == sorted(moves)
    # Whatever is due once stays due: time only adds.
    assert set(moves) <= set(moves_at(now + timedelta(minutes=5), chances, humans))


@given(_chances())
def test_two_workers_decide_the_same(chance: Chance) -> None:
    assert move_for(chance) == move_for(chance)
    move = move_for(chance)
    assert move is None or (len(move.key) < 100 and move.key.isascii())


def test_most_say_yes_some_no_and_a_few_nothing() -> None:
    answers = [
        move_for(Chance(Action.ACCEPT, number, 7, _START, _START, due=_START + timedelta(minutes=30)))
        for number in range(1000)
    ]
    said = [move.action if move else "" for move in answers]
    assert 850 < said.count(Action.ACCEPT) < 960
    assert 20 < said.count(Action.REJECT) < 110
    assert 5 < said.count("") < 70
    assert {move.reason for move in answers if move and move.reason} == set(REJECTED_BECAUSE)


def test_what_they_do_are_steps_of_theirs() -> None:
    field = frozenset({Party.THERAPIST, Party.DRIVER})
    desk = {Action.VERIFY_PAYMENT, Action.REPLACE, Action.CHOOSE_DRIVER}
    for action in set(PACES) - set(Presence):
        assert action in DOINGS
        assert bool(RULES[Action(action)].by & field) == (action not in desk)


def test_only_what_was_carried_can_be_empty() -> None:
    told = [emptied(number, [3, 1, 2]) for number in range(200)]
    assert all(set(one) <= {1, 2, 3} for one in told)
    assert any(told)
    assert not all(told)
