"""Two who want the opposite at the same moment: exactly one of them has it, and the other is told.

Each pair is first let loose without any lock: then both have it, or rows contradict each other until a rule of the
tables says no, or PostgreSQL has to end one of them. That is what the locks are there for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from guitara_app.accounts.permissions import SYSTEM, Actor, Role
from guitara_app.appointments.services import (
    accept,
    accept_leg,
    booking,
    cancel,
    end_session,
    extend,
    lapse,
    lapse_leg_offer,
    no_show,
    search_driver,
    start_session,
)
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, NotPossible
from tests.concurrency.conftest import AtOnce
from tests.integration.guards.guard import as_owner, double_bookings, guard_off
from tests.support.blind import without_holding, without_waiting
from tests.support.firm import NOW, Firm, manila, open_firm
from tests.support.steps import agreed, running, seat_of, take

ROUNDS = 5
Act = Callable[[], Any]


@dataclass(frozen=True)
class Pair:
    """Two acts on one visit, and the kind of event that each of them leaves when it has been done."""

    acts: tuple[Act, Act]
    kinds: tuple[str, str]
    # The second is the system's: it says nothing when it finds that there is nothing to do.
    by_system: bool = False


def accept_against_lapse(firm: Firm) -> Pair:
    visit = firm.book(0)
    seat, due = seat_of(firm, visit), NOW + timedelta(minutes=30)
    return Pair(
        (
            lambda: take(accept, firm.therapist(), seat, now=due),
            lambda: run(lambda session: lapse(session, seat, now=due)),
        ),
        ("offer_accepted", "offer_lapsed"),
        by_system=True,
    )


def start_session_against_no_show(firm: Firm) -> Pair:
    visit = agreed(firm, 0)
    seat, at = seat_of(firm, visit), manila(21, 15)
    return Pair(
        (
            lambda: take(start_session, firm.therapist(), seat, now=at),
            lambda: take(no_show, firm.operator, visit, now=at),
        ),
        ("session_started", "no_show"),
    )


def end_session_against_extend(firm: Firm) -> Pair:
    seat, at = seat_of(firm, running(firm, 0)), manila(21, 58)
    more = {"minutes": 30, "price": Decimal(250), "reason": "she called"}
    return Pair(
        (
            lambda: take(end_session, firm.therapist(), seat, now=at),
            lambda: take(extend, firm.operator, seat, now=at, **more),
        ),
        ("session_ended", "session_extended"),
    )


def accept_leg_against_lapse(firm: Firm) -> Pair:
    firm.book(0, driver_needed=True)
    with reading() as session:
        leg = session.execute(text("SELECT max(id) FROM legs")).scalar_one()
    run(lambda session: search_driver(session, SYSTEM, leg, now=NOW))
    driver, due = Actor(firm.drivers[0], Role.DRIVER, "Driver 0"), NOW + timedelta(minutes=10)
    return Pair(
        (
            lambda: take(accept_leg, driver, leg, now=due),
            lambda: run(lambda session: lapse_leg_offer(session, leg, now=due)),
        ),
        ("driver_accepted", "driver_offer_lapsed"),
        by_system=True,
    )


PAIRS = [accept_against_lapse, start_session_against_no_show, end_session_against_extend, accept_leg_against_lapse]


def done(pair: Pair) -> list[str]:
    """Which of the two the log tells of."""
    with reading() as session:
        kinds = session.execute(text("SELECT kind FROM events WHERE kind = ANY(:kinds)"), {"kinds": list(pair.kinds)})
        return sorted(kinds.scalars(), key=pair.kinds.index)


def or_broken(act: Act) -> Any:
    """What the act returns, or the rule of the tables that its rows would have broken."""
    try:
        return act()
    except IntegrityError as broken:
        return broken


def collide(database: DatabaseUrls, at_once: AtOnce, make: Callable[[Firm], Pair], firm: Firm) -> bool:
    """Whether, without a lock, both had it, or only a rule of the tables or PostgreSQL itself kept them apart."""
    begin_again(database.owner)
    pair = make(firm)
    with without_waiting() as opened:
        ended = at_once([partial(or_broken, act) for act in pair.acts])
    both_have_it = ended == [None, None] and done(pair) == list(pair.kinds)
    return both_have_it or any(isinstance(one, IntegrityError) for one in ended) or len(opened) > 2


def begin_again(owner: str) -> None:
    as_owner(owner, "TRUNCATE appointments, events CASCADE")


@pytest.mark.parametrize("make", PAIRS, ids=lambda make: make.__name__)
def test_one_of_two_opposites_happens_and_the_other_is_told(
    database: DatabaseUrls, at_once: AtOnce, make: Callable[[Firm], Pair]
) -> None:
    firm = open_firm()
    # Luck decides who looks when, so it may take more than one time.
    assert any(collide(database, at_once, make, firm) for _ in range(10)), "a lock that was taken off kept them apart"
    for _ in range(ROUNDS):
        begin_again(database.owner)
        pair = make(firm)
        ended = at_once(pair.acts)
        [kind] = done(pair)
        lost = 1 - pair.kinds.index(kind)
        assert ended[1 - lost] is None
        if lost == 1 and pair.by_system:
            assert ended[lost] is None
        else:
            assert isinstance(ended[lost], GuitaraError)
            assert ended[lost].sentence.endswith(".")


def test_a_yes_and_a_cancellation_never_leave_somebody_on_a_cancelled_visit(
    database: DatabaseUrls, at_once: AtOnce
) -> None:
    firm = open_firm()

    def both() -> tuple[Act, Act]:
        visit = firm.book(0)
        seat = seat_of(firm, visit)
        return (
            lambda: take(accept, firm.therapist(), seat),
            lambda: take(cancel, firm.operator, visit, reason="client is ill"),
        )

    with without_waiting():
        ended = at_once([partial(or_broken, act) for act in both()])
    # Nobody is refused; whichever writes last, it is over what it has not seen.
    assert not any(isinstance(one, NotPossible) for one in ended)
    for _ in range(ROUNDS):
        begin_again(database.owner)
        accepted, cancelled = at_once(both())
        assert cancelled is None
        assert accepted is None or (isinstance(accepted, NotPossible) and accepted.sentence.endswith("."))
        with reading() as session:
            assert session.execute(text("SELECT answer FROM assignments")).scalars().all() == ["released"]


def book_automatically(firm: Firm) -> int:
    return firm.book(automatic=1)


def meet_when_both_have_chosen(patches: ExitStack) -> None:
    """Nobody's time is held, and both have chosen before either writes."""
    claim, both, mine = booking.claim_time, threading.Barrier(2), threading.local()

    def wait_for_the_other(*args: Any, **more: Any) -> Any:
        found = claim(*args, **more)
        if not getattr(mine, "over", False):
            mine.over = True
            both.wait(10)
        return found

    patches.enter_context(without_holding())
    patches.enter_context(patch.object(booking, "claim_time", wait_for_the_other))


def chosen() -> list[int]:
    with reading() as session:
        return list(session.execute(text("SELECT person_id FROM assignments ORDER BY id")).scalars())


def test_the_policy_asked_twice_at_once_chooses_two_different_people(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    acts = [partial(book_automatically, firm)] * 2
    with guard_off(database.owner, "assignments"):
        with ExitStack() as patches:
            meet_when_both_have_chosen(patches)
            at_once(acts)
        assert double_bookings(database.owner) == 1, "without lock and guard both are given the best"
    # The guard alone already holds: whoever lost chooses again.
    with ExitStack() as patches:
        meet_when_both_have_chosen(patches)
        at_once(acts)
    assert sorted(chosen()) == firm.therapists[:2]
    for _ in range(ROUNDS):
        begin_again(database.owner)
        at_once(acts)
        assert sorted(chosen()) == firm.therapists[:2]


def test_of_two_who_want_the_last_one_free_one_is_told_when_there_are_more(
    database: DatabaseUrls, at_once: AtOnce
) -> None:
    firm = open_firm()
    with transaction() as session:
        session.execute(text("DELETE FROM shifts WHERE person_id = ANY(:others)"), {"others": firm.therapists[1:]})
    for _ in range(ROUNDS):
        begin_again(database.owner)
        ended = at_once([partial(book_automatically, firm)] * 2)
        [refused] = [one for one in ended if isinstance(one, NotPossible)]
        assert refused.sentence.startswith("Nobody is free at 21:00. Free instead: ")
        assert chosen() == firm.therapists[:1]
