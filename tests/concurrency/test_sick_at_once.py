"""Two who fall ill at once, and a booking that comes in between."""

from __future__ import annotations

from datetime import time
from functools import partial
from typing import Any

from guitara_app.appointments.queries.sick_night import sick_night
from guitara_app.appointments.services import cancel, sick_now
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Conflict
from tests.concurrency.conftest import AtOnce
from tests.integration.guards.guard import double_bookings, scalar
from tests.support.firm import NOW, Firm, open_firm

ROUNDS = 6


def plan(person: int) -> dict[str, int]:
    with reading() as session:
        return {job.key: job.proposed for job in sick_night(session, person, now=NOW).jobs}


def hand_over(firm: Firm, person: int, choices: dict[str, int]) -> Any:
    return run(
        lambda session: sick_now(session, firm.operator, person, choices=choices, reason="it's fever", now=NOW).given
    )


def test_two_fall_ill_and_the_same_person_is_to_take_both(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm(therapists=2 * ROUNDS + 1)
    both = firm.therapists[-1]
    for first in range(0, 2 * ROUNDS, 2):
        ill = [firm.therapists[first], firm.therapists[first + 1]]
        at = time(21)
        visits = [firm.book(first, start=at), firm.book(first + 1, start=at)]
        choices = [dict.fromkeys(plan(person), both) for person in ill]
        ended = at_once([partial(hand_over, firm, person, chosen) for person, chosen in zip(ill, choices, strict=True)])
        assert sorted(type(one).__name__ for one in ended) == ["Conflict", "int"], ended
        assert double_bookings(database.owner) == 0
        for visit in visits:
            run(lambda session, visit=visit: cancel(session, firm.operator, visit, reason="again", now=NOW))
    assert scalar(database.owner, "SELECT count(*) FROM time_off") == ROUNDS


def test_a_booking_meets_a_handed_over_night(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm(therapists=3)
    firm.book(0, start=time(21))
    choices = dict.fromkeys(plan(firm.therapists[0]), firm.therapists[1])
    ended = at_once([lambda: hand_over(firm, firm.therapists[0], choices), lambda: firm.book(1, start=time(21))])
    assert len([one for one in ended if isinstance(one, Conflict)]) == 1, ended
    assert double_bookings(database.owner) == 0
    taken = "SELECT count(*) FROM assignments WHERE person_id = {} AND answer = 'offered'"
    assert scalar(database.owner, taken.format(firm.therapists[1])) == 1


def test_the_same_tap_twice_at_once_hands_over_once(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm(therapists=3)
    firm.book(0, start=time(21))
    choices = plan(firm.therapists[0])

    def tap() -> Any:
        return run(
            lambda session: (
                sick_now(
                    session,
                    firm.operator,
                    firm.therapists[0],
                    choices=choices,
                    reason="ill",
                    now=NOW,
                    idempotency_key="k",
                ).given
            )
        )

    assert sorted(at_once([tap, tap])) == [0, 1]
    assert scalar(database.owner, "SELECT count(*) FROM time_off") == 1
