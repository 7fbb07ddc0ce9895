"""What a therapist has earned: of what clients paid, each alike, and their own extensions whole."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

from sqlalchemy import text

from guitara_app.accounts.permissions import Actor
from guitara_app.appointments.services import (
    accept,
    end_session,
    extend,
    request_payment,
    start_session,
    stop_early,
)
from guitara_app.kit.database import reading, run
from guitara_app.money.earnings import Earned, earned
from guitara_app.money.services import correct_payment, verify_payment, write_off
from tests.support.firm import NOW, Firm, manila


def seats(firm: Firm, visit: int) -> list[int]:
    with reading() as session:
        found = session.execute(text("SELECT id FROM assignments WHERE appointment_id = :v ORDER BY id"), {"v": visit})
        return list(found.scalars())


def worked(firm: Firm, *people: int, longer: int | None = None, starts: int = 21) -> int:
    """A visit of those people whose sessions have ended; ``longer`` is who extended it for 200 pesos."""
    visit = firm.book(*people, start=time(starts))
    begun, over = manila(starts), manila(starts + 1)
    places = list(zip(people, seats(firm, visit), strict=True))
    for one, seat in places:
        run(lambda session, one=one, seat=seat: accept(session, firm.therapist(one), seat, now=NOW))
    for one, seat in places:
        run(lambda session, one=one, seat=seat: start_session(session, firm.therapist(one), seat, now=begun))
        if one == longer:
            run(
                lambda session, one=one, seat=seat: extend(
                    session, firm.therapist(one), seat, minutes=30, price=Decimal(200), now=begun
                )
            )
    for one, seat in places:
        run(lambda session, one=one, seat=seat: end_session(session, firm.therapist(one), seat, now=over))
    first = places[0]
    run(lambda session: request_payment(session, firm.therapist(first[0]), first[1], now=over))
    return visit


def pay(firm: Firm, visit: int, amount: int, extension: int = 0) -> None:
    run(
        lambda session: verify_payment(
            session,
            firm.operator,
            visit,
            method="cash",
            amount=Decimal(amount),
            extension_amount=Decimal(extension),
            now=manila(22, 30),
        )
    )


def has(firm: Firm, one: int) -> Earned:
    with reading() as session:
        return earned(session, [firm.therapists[one]], now=manila(23))[firm.therapists[one]]


def test_forty_of_a_hundred_of_what_was_paid_and_nothing_before(firm: Firm) -> None:
    visit = worked(firm, 0)
    assert has(firm, 0) == Earned(tonight="\u20b10", week="\u20b10", visits_tonight=0, visits_week=0)
    pay(firm, visit, 500)
    assert has(firm, 0) == Earned(tonight="\u20b1200", week="\u20b1200", visits_tonight=1, visits_week=1)


def test_a_group_shares_the_price_and_whoever_extended_has_the_extension(firm: Firm) -> None:
    pay(firm, worked(firm, 0, 1, longer=1), 1000, 200)
    assert (has(firm, 0)["tonight"], has(firm, 1)["tonight"]) == ("\u20b1200", "\u20b1400")


def test_an_extension_nobody_is_known_for_is_shared_alike(firm: Firm) -> None:
    pay(firm, worked(firm, 0, 1), 1000, 100)
    assert (has(firm, 0)["tonight"], has(firm, 1)["tonight"]) == ("\u20b1250", "\u20b1250")


def test_what_was_corrected_counts_and_what_was_written_off_does_not(firm: Firm, manager: Actor) -> None:
    visit = worked(firm, 0)
    pay(firm, visit, 500)
    run(
        lambda session: correct_payment(
            session, manager, visit, method="cash", amount=Decimal(400), reason="miscounted", now=manila(22, 40)
        )
    )
    assert has(firm, 0)["tonight"] == "\u20b1160"
    other = worked(firm, 1, starts=23)
    run(lambda session: write_off(session, manager, other, reason="ran away", now=manila(24, 40)))
    assert has(firm, 1)["visits_tonight"] == 0


def test_another_evening_of_the_week_counts_to_the_week_alone(firm: Firm) -> None:
    pay(firm, worked(firm, 0), 500)
    with reading() as session:
        tomorrow = earned(session, [firm.therapists[0]], now=manila(23 + 24))[firm.therapists[0]]
        next_week = earned(session, [firm.therapists[0]], now=manila(23 + 7 * 24))[firm.therapists[0]]
    assert (tomorrow["tonight"], tomorrow["week"]) == ("\u20b10", "\u20b1200")
    assert next_week["week"] == "\u20b10"


def test_a_place_called_off_for_safety_earns_nothing(firm: Firm) -> None:
    visit = firm.book(0)
    [seat] = seats(firm, visit)
    run(lambda session: accept(session, firm.therapist(0), seat, now=NOW))
    run(lambda session: start_session(session, firm.therapist(0), seat, now=manila(21)))
    run(
        lambda session: stop_early(
            session, firm.therapist(0), seat, outcome="safety", reason="not safe", now=manila(21, 5)
        )
    )
    assert has(firm, 0)["visits_tonight"] == 0
