"""A therapist says yes or no, or the desk does it for them; whoever is told of it is told who."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries import detail
from guitara_app.appointments.services import accept, cancel, reject
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import GuitaraError, Invalid, NotAllowed, NotFound, NotPossible
from tests.support.firm import NOW, Firm

Rows = Callable[..., list[Any]]
Answering = Callable[..., None]


@pytest.fixture
def seat(firm: Firm, rows: Rows) -> Callable[[int, int], int]:
    """The number of a therapist's place in a visit."""

    def find(visit: int, therapist: int) -> int:
        person = firm.therapists[therapist]
        [row] = rows(
            "SELECT id FROM assignments WHERE appointment_id = :visit AND person_id = :person",
            visit=visit,
            person=person,
        )
        return int(row.id)

    return find


def say(answer: Answering, actor: Actor, seat: int, reason: str = "", **more: Any) -> None:
    run(lambda session: answer(session, actor, seat, reason=reason, **({"now": NOW} | more)))


def refused(
    kind: type[GuitaraError], answer: Answering, actor: Actor, seat: int, reason: str = "no", **more: Any
) -> str:
    with pytest.raises(kind) as error:
        say(answer, actor, seat, reason, **more)
    return error.value.sentence


def state_of(rows: Rows, visit: int) -> str:
    return str(rows("SELECT state FROM appointments WHERE id = :id", id=visit)[0].state)


def test_a_visit_is_confirmed_when_everybody_has_accepted(firm: Firm, rows: Rows, seat: Any) -> None:
    visit = firm.book(0, 1)
    say(accept, firm.therapist(0), seat(visit, 0))
    assert state_of(rows, visit) == "pending"
    say(accept, firm.therapist(1), seat(visit, 1))
    assert state_of(rows, visit) == "therapist_confirmed"


@pytest.mark.parametrize("answer", [accept, reject])
def test_nobody_answers_for_a_colleague(firm: Firm, rows: Rows, seat: Any, answer: Answering) -> None:
    place = seat(firm.book(0), 0)
    refused(NotFound, answer, firm.therapist(1), place)
    refused(NotAllowed, answer, Actor(firm.drivers[0], Role.DRIVER, "Driver 0"), place)
    assert rows("SELECT answer FROM assignments")[0].answer == "offered"


def test_a_place_that_is_not_there_sounds_like_one_that_is_not_yours(firm: Firm, seat: Any) -> None:
    place = seat(firm.book(0), 0)
    theirs = refused(NotFound, accept, firm.therapist(1), place)
    for number in (0, -1, 999_999, 2**63, 2**70):
        assert refused(NotFound, accept, firm.therapist(1), number) == theirs


@pytest.mark.parametrize(("answer", "word"), [(accept, "accepted"), (reject, "rejected")])
def test_the_desk_answers_for_a_therapist_only_with_a_reason(
    firm: Firm, rows: Rows, seat: Any, answer: Answering, word: str
) -> None:
    visit = firm.book(0)
    assert "Say why" in refused(Invalid, answer, firm.operator, seat(visit, 0), reason="  ")
    say(answer, firm.operator, seat(visit, 0), "phone is dead")
    assert rows("SELECT answer FROM assignments")[0].answer == word
    with reading() as session:
        shown = detail(session, visit, now=NOW)
    assert shown is not None
    newest = shown["history"][0]
    assert (newest["who"], newest["reason"]) == ("Ana O'Hara for Therapist 0", "phone is dead")
    assert newest["what"] == f"{word.capitalize()}: Therapist 0"


def test_an_answer_is_given_once(firm: Firm, seat: Any) -> None:
    place = seat(firm.book(0), 0)
    say(accept, firm.therapist(), place)
    assert "accepted" in refused(NotPossible, accept, firm.therapist(), place)
    refused(NotPossible, reject, firm.therapist(), place)


def test_the_same_tap_sent_twice_is_no_error(firm: Firm, rows: Rows, seat: Any) -> None:
    place = seat(firm.book(0), 0)
    for _ in range(2):
        say(accept, firm.therapist(), place, idempotency_key="tap")
    assert len(rows("SELECT 1 FROM events WHERE kind = 'offer_accepted'")) == 1


@pytest.mark.parametrize("answer", [accept, reject])
def test_a_cancelled_visit_is_not_answered(firm: Firm, rows: Rows, seat: Any, answer: Answering) -> None:
    visit = firm.book(0)
    run(lambda session: cancel(session, firm.operator, visit, reason="client called", now=NOW))
    refused(NotPossible, answer, firm.therapist(), seat(visit, 0))
    assert state_of(rows, visit) == "cancelled"


def test_no_is_said_with_a_reason(firm: Firm, seat: Any) -> None:
    place = seat(firm.book(0), 0)
    for reason in ("", "  ", "\x00\ud800"):
        refused(Invalid, reject, firm.therapist(), place, reason=reason)


def test_a_reason_ends_somewhere(firm: Firm, seat: Any) -> None:
    place = seat(firm.book(0), 0)
    assert "1000" in refused(Invalid, reject, firm.therapist(), place, reason="x" * 10_000)
    say(reject, firm.therapist(), place, '\U0001f912 I\'m "sick"\x00; --')


def test_no_opens_a_review_and_frees_the_evening_at_once(firm: Firm, rows: Rows, seat: Any) -> None:
    visit = firm.book(0, 1)
    say(accept, firm.therapist(1), seat(visit, 1))
    say(reject, firm.therapist(0), seat(visit, 0), "sick")
    [review] = rows("SELECT cause, reason, decision, assignment_id FROM reviews")
    assert (review.cause, review.reason, review.decision) == ("rejected", "sick", None)
    assert review.assignment_id == seat(visit, 0)
    assert state_of(rows, visit) == "pending"
    assert firm.book(0)


def test_a_tap_told_later_lies_within_the_last_day(firm: Firm, seat: Any) -> None:
    place = seat(firm.book(0), 0)
    for at in (NOW + timedelta(hours=1), NOW - timedelta(days=2), NOW.replace(tzinfo=None)):
        refused(Invalid, accept, firm.therapist(), place, happened_at=at)
    say(accept, firm.therapist(), place, happened_at=NOW - timedelta(minutes=20))
