"""Two who do the opposite at the same moment: one of them, and the other is told. Two who take the last bottle."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

from guitara_app.appointments.services import cancel, end_session, extend, no_show, start_session
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading
from guitara_app.kit.errors import NotPossible
from guitara_app.money.services import verify_payment
from guitara_app.stock.models import Item
from tests.concurrency.conftest import AtOnce
from tests.integration.guards.guard import scalar
from tests.integration.stock.conftest import sound, stocked
from tests.support.firm import Firm, manila, open_firm
from tests.support.steps import agreed, awaiting, running, seat_of, seat_row_of, take, visit_of

ROUNDS = 6


def one_wins(ended: list[Any]) -> int:
    """Which of two; the other was told."""
    refusals = [isinstance(one, NotPossible) for one in ended]
    assert sorted(refusals) == [False, True], ended
    return refusals.index(False)


def test_a_session_starts_while_the_desk_says_no_show(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm, at = open_firm(), manila(21, 15)
    for _ in range(ROUNDS):
        visit = agreed(firm, 0)
        seat = seat_of(firm, visit)
        won = one_wins(
            at_once(
                [
                    lambda seat=seat: take(start_session, firm.therapist(), seat, now=at),
                    lambda visit=visit: take(no_show, firm.operator, visit, now=at),
                ]
            )
        )
        assert visit_of(visit).state == ("in_session", "no_show")[won]
        assert seat_row_of(firm, visit).progress == ("in_session", "waiting")[won]
        if won == 0:
            take(end_session, firm.therapist(), seat, now=manila(21, 16))
        sound()


def test_a_session_ends_while_it_is_extended(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm, at = open_firm(), manila(21, 58)
    for _ in range(ROUNDS):
        visit = running(firm, 0)
        seat = seat_of(firm, visit)
        won = one_wins(
            at_once(
                [
                    lambda seat=seat: take(end_session, firm.therapist(), seat, now=at),
                    lambda seat=seat: take(
                        extend, firm.operator, seat, now=at, minutes=30, price=Decimal(250), reason="she called"
                    ),
                ]
            )
        )
        found = seat_row_of(firm, visit)
        assert (found.progress, found.extension_minutes) == (("ended", 0), ("in_session", 30))[won]
        assert visit_of(visit).extension_price == (0, 250)[won]
        if won == 1:
            take(end_session, firm.therapist(), seat, now=manila(21, 59))


def test_two_verify_the_same_payment(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    visit = awaiting(firm, 0)

    def pay() -> Any:
        return take(verify_payment, firm.operator, visit, method="cash", amount=Decimal(500), now=manila(22, 5))

    one_wins(at_once([pay, pay]))
    assert scalar(database.owner, "SELECT count(*) FROM payments") == 1


def test_two_bookings_take_the_last_bottle(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm: Firm = open_firm()
    shelf = stocked(firm, oil=1)
    for number in range(ROUNDS):
        start = time(14 + number)
        # Groups over different services, so that both need several items.
        both = [(0, 1), (2, 3)]
        services = [[firm.service, shelf.foot], [shelf.foot, firm.service]]
        visits = at_once(
            [
                lambda who=who, of=of, start=start: firm.book(
                    *who, start=start, service_ids=of, minutes=15, now=manila(13)
                )
                for who, of in zip(both, services, strict=True)
            ]
        )
        assert all(isinstance(visit, int) for visit in visits), visits
        with reading() as session:
            assert (session.get_one(Item, shelf.oil).available, session.get_one(Item, shelf.oil).in_use) == (0, 1)
        sound()
        for ended in at_once(
            [lambda visit=visit: take(cancel, firm.operator, visit, reason="again", now=manila(13)) for visit in visits]
        ):
            assert ended is None
        assert shelf.of(shelf.oil) == (1, 0, 0)
