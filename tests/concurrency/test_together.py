"""Two people who do something at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import time
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import text

from guitara_app.accounts import services as accounts
from guitara_app.accounts.models import Person
from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.services import accept, booking, cancel, seats
from guitara_app.clients.rules import NewClient
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import run, transaction
from guitara_app.kit.errors import Conflict, GuitaraError, Invalid, NotPossible
from tests.concurrency.conftest import AtOnce
from tests.integration.guards.guard import double_bookings, guard_off, scalar
from tests.support.blind import without_holding
from tests.support.firm import NOW, Firm, open_firm

ROUNDS = 8


def sorted_out(ended: list[Any]) -> tuple[list[int], list[GuitaraError]]:
    """Who got what they asked for, and who was refused."""
    return [one for one in ended if isinstance(one, int)], [one for one in ended if isinstance(one, GuitaraError)]


def second_operator(firm: Firm) -> Actor:
    with transaction() as session:
        ben = Person(username="ben", name="Ben", role=Role.OPERATOR)
        session.add(ben)
        session.flush()
    return Actor(ben.id, Role.OPERATOR, ben.name)


def saves(firm: Firm, *people: tuple[int, ...], **more: Any) -> list[Callable[[], int]]:
    """One Save by a different operator for each of ``people``."""
    operators = [firm.operator, second_operator(firm)]
    requests = [firm.request(*who, **more) for who in people]

    def save(actor: Actor, request: Any) -> Callable[[], int]:
        return lambda: run(lambda session: booking.book(session, actor, request, now=NOW))

    return [save(actor, request) for actor, request in zip(operators, requests, strict=True)]


def meet_after_looking(patches: ExitStack) -> None:
    """Neither holds the people's time, and both have looked before either writes."""
    look, both = seats.candidates, threading.Barrier(2)
    first_time = threading.local()

    def wait_for_the_other(*args: Any, **more: Any) -> Any:
        found = look(*args, **more)
        if not getattr(first_time, "over", False):
            first_time.over = True
            both.wait(10)
        return found

    patches.enter_context(without_holding())
    patches.enter_context(patch.object(seats, "candidates", wait_for_the_other))


@pytest.mark.parametrize("people", [((0,), (0,)), ((0, 1, 2), (2, 3, 0))], ids=["single", "groups"])
def test_two_press_save_for_the_same_time(
    database: DatabaseUrls, at_once: AtOnce, people: tuple[tuple[int, ...], ...]
) -> None:
    firm = open_firm()
    both = saves(firm, *people)
    with ExitStack() as patched:
        meet_after_looking(patched)
        with guard_off(database.owner, "assignments"):
            assert len(sorted_out(at_once(both))[0]) == 2
            assert double_bookings(database.owner) > 0
    for hold_time in (False, True):
        with ExitStack() as patched:
            if not hold_time:
                meet_after_looking(patched)
            won, refused = sorted_out(at_once(both))
        assert len(won) == len(refused) == 1
        assert isinstance(refused[0], Conflict)
        assert {overlap.appointment_id for overlap in refused[0].overlaps} == set(won)
        assert f"#{won[0]}" in refused[0].sentence
        assert double_bookings(database.owner) == 0
        run(lambda session, visit=won[0]: cancel(session, firm.operator, visit, reason="again", now=NOW))


def test_the_same_request_sent_twice_at_once_books_once(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    for number in range(ROUNDS):
        request = firm.request(0, 1, idempotency_key=f"tap-{number}")

        def tap(request: Any = request) -> int:
            return run(lambda session: booking.book(session, firm.operator, request, now=NOW))

        ended = at_once([tap, tap, tap])
        assert len(set(ended)) == 1, ended
        assert isinstance(ended[0], int), ended
        run(lambda session, visit=ended[0]: cancel(session, firm.operator, visit, reason="again", now=NOW))
    assert scalar(database.owner, "SELECT count(*) FROM appointments") == ROUNDS
    assert scalar(database.owner, "SELECT count(*) FROM events WHERE kind = 'booked'") == ROUNDS


def test_a_refused_request_may_be_sent_again_with_its_key(database: DatabaseUrls) -> None:
    firm = open_firm()
    taken = firm.book(0)
    with pytest.raises(Conflict):
        firm.book(0, idempotency_key="once")
    run(lambda session: cancel(session, firm.operator, taken, reason="free again", now=NOW))
    visit = firm.book(0, idempotency_key="once")
    assert firm.book(0, idempotency_key="once") == visit != taken


def test_a_therapist_disabled_while_being_booked(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm(therapists=ROUNDS)
    admin = Actor(second_operator(firm).person_id, Role.ADMIN, "Ben")
    for number in range(ROUNDS):
        person = firm.therapists[number]

        def disable(person: int = person) -> None:
            run(lambda session: accounts.disable(session, admin, person, reason="left", now=NOW))

        def save(number: int = number) -> int:
            return firm.book(number)

        disabled, booked = at_once([disable, save])
        assert disabled is None
        assert isinstance(booked, int | Invalid), booked
        if isinstance(booked, Invalid):
            assert "disabled" in booked.sentence
        with pytest.raises(Invalid, match="disabled"):
            firm.book(number)
    # Both take the person's row first, so the order in the log is the order in which they happened.
    after = (
        "SELECT count(*) FROM events b JOIN assignments g ON g.appointment_id = b.appointment_id"
        " JOIN events d ON d.person_id = g.person_id AND d.kind = 'account_disabled'"
        " WHERE b.kind = 'booked' AND b.id > d.id"
    )
    assert scalar(database.owner, after) == 0


def test_a_booking_that_read_the_account_before_it_was_disabled_holds_the_account(
    database: DatabaseUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = open_firm()
    admin = Actor(second_operator(firm).person_id, Role.ADMIN, "Ben")
    look, ended = seats.candidates, threading.Event()

    def disable() -> None:
        run(lambda session: accounts.disable(session, admin, firm.therapists[0], reason="left", now=NOW))
        ended.set()

    other = threading.Thread(target=disable)

    def look_while_disabling(*args: Any, **more: Any) -> Any:
        other.start()
        assert not ended.wait(0.3)
        return look(*args, **more)

    monkeypatch.setattr(seats, "candidates", look_while_disabling)
    assert firm.book(0) > 0
    other.join(10)
    assert ended.is_set()


def test_one_client_added_by_two_at_once(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    for number in range(ROUNDS):
        # The same phone, typed in two ways; the second operator is told to look for it.
        typed = [f"0917 555 00{number:02}", f"+63 917 55500{number:02}"]
        # Far enough apart to get from one street to the next.
        start = NOW.replace(hour=20 + number // 2, minute=number % 2 * 30).time()

        def save(who: int, start: time = start, typed: list[str] = typed) -> int:
            client = {"client_id": None, "new_client": NewClient(name="Mr Cruz", phone=typed[who])}
            place = {"address_id": None, "address_line": "2 Side Street", "locality_id": firm.locality}
            return firm.book(who, start=start, minutes=15, **client, **place)

        ended = at_once([partial(save, 0), partial(save, 1)])
        won, refused = sorted_out(ended)
        assert len(won) == len(refused) == 1
        assert isinstance(refused[0], Invalid)
        assert refused[0].field == "phone"
    assert scalar(database.owner, "SELECT count(*) FROM clients") == 1 + ROUNDS
    assert scalar(database.owner, "SELECT count(*) FROM appointments") == ROUNDS


def test_cancelled_and_accepted_at_once(database: DatabaseUrls, at_once: AtOnce) -> None:
    firm = open_firm()
    for _ in range(ROUNDS):
        visit = firm.book(0)
        with transaction() as session:
            seat = session.execute(
                text("SELECT id FROM assignments WHERE appointment_id = :visit"), {"visit": visit}
            ).scalar_one()

        def call_off(visit: int = visit) -> None:
            run(lambda session: cancel(session, firm.operator, visit, reason="client is ill", now=NOW))

        def say_yes(seat: int = seat) -> None:
            run(lambda session: accept(session, firm.therapist(0), seat, now=NOW))

        cancelled, accepted = at_once([call_off, say_yes])
        assert cancelled is None
        assert accepted is None or isinstance(accepted, NotPossible), accepted
    live = "SELECT count(*) FROM assignments WHERE answer IN ('offered', 'accepted')"
    assert scalar(database.owner, live) == 0
