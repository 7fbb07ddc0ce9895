"""Two who need a driver at the same moment get two different ones; nobody is asked for two trips at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import text

from guitara_app.accounts.permissions import SYSTEM
from guitara_app.appointments.services import asking, choose_driver, hand_out, search_driver, visit
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import run, transaction
from guitara_app.kit.errors import Conflict
from tests.concurrency.conftest import AtOnce
from tests.integration.guards.guard import as_owner, double_bookings, guard_off, scalar
from tests.support.firm import NOW, Firm, open_firm

ROUNDS = 6
_SEARCHING = text("UPDATE legs SET state = 'searching' WHERE id = :leg")


def trips(owner: str, firm: Firm, count: int = 2) -> list[int]:
    """The ways to as many visits at the same time, in an evening with nothing else."""
    as_owner(owner, "TRUNCATE appointments CASCADE")
    for number in range(count):
        firm.book(number, driver_needed=True)
    with transaction() as session:
        return list(session.execute(text("SELECT id FROM legs ORDER BY id")).scalars())


def search(leg: int) -> None:
    run(lambda session: search_driver(session, SYSTEM, leg, now=NOW))


@contextmanager
def eyes_shut() -> Iterator[None]:
    """Nobody's time is held, and both have looked for the last time before either writes."""
    look, both, mine = asking.driver_candidates, threading.Barrier(2), threading.local()

    def wait_for_the_other(*args: Any, only: Any = None, **more: Any) -> Any:
        found = look(*args, only=only, **more)
        if only is not None and not getattr(mine, "over", False):
            mine.over = True
            both.wait(10)
        return found

    with ExitStack() as patches:
        patches.enter_context(patch.object(visit, "lock_people", lambda *_: None))
        patches.enter_context(patch.object(visit, "relayout", lambda *_, **__: 0))
        patches.enter_context(patch.object(asking, "driver_candidates", wait_for_the_other))
        yield


def asked(owner: str, legs: list[int]) -> set[object]:
    """The drivers who have these trips."""
    return {scalar(owner, f"SELECT driver_id FROM legs WHERE id = {leg}") for leg in legs}


def both_search(at_once: AtOnce, legs: list[int]) -> None:
    assert at_once([partial(search, leg) for leg in legs]) == [None] * len(legs)


def test_two_requests_at_once_get_two_drivers(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    with guard_off(database.owner, "legs"):
        legs = trips(database.owner, firm)
        with eyes_shut():
            both_search(at_once, legs)
        assert double_bookings(database.owner, "legs") == 1, "without lock and guard both ask the same driver"
    # The guard alone already holds: whoever lost looks again.
    legs = trips(database.owner, firm)
    with eyes_shut():
        both_search(at_once, legs)
    assert asked(database.owner, legs) == set(firm.drivers)
    # And with the lock nobody loses.
    for _ in range(ROUNDS):
        legs = trips(database.owner, firm)
        both_search(at_once, legs)
        assert asked(database.owner, legs) == set(firm.drivers)
    assert double_bookings(database.owner, "legs") == 0


def test_three_requests_for_two_drivers(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    for _ in range(ROUNDS):
        legs = trips(database.owner, firm, 3)
        both_search(at_once, legs)
        assert asked(database.owner, legs) == {*firm.drivers, None}
    assert double_bookings(database.owner, "legs") == 0


def test_two_workers_hand_the_same_trip_out_once(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    for _ in range(ROUNDS):
        [leg] = trips(database.owner, firm, 1)
        with transaction() as session:
            session.execute(_SEARCHING, {"leg": leg})

        def give(leg: int = leg) -> bool:
            return run(lambda session: hand_out(session, leg, now=NOW))

        ended = at_once([give, give, give])
        assert sum(one is True for one in ended) == 1, ended
        assert scalar(database.owner, f"SELECT count(*) FROM leg_offers WHERE leg_id = {leg}") == 1


def test_two_operators_choose_the_same_driver_at_once(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    for _ in range(ROUNDS):
        legs = trips(database.owner, firm)

        def choose(leg: int) -> Callable[[], int]:
            return lambda: run(
                lambda session: choose_driver(session, firm.operator, leg, driver_id=firm.drivers[0], now=NOW) or leg
            )

        ended = at_once([choose(leg) for leg in legs])
        [won] = [one for one in ended if isinstance(one, int)]
        [lost] = [one for one in ended if isinstance(one, Conflict)]
        assert [overlap.person_id for overlap in lost.overlaps] == [firm.drivers[0]]
        assert won in legs
