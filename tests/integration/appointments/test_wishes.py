"""The waiting list: who is on it, what is found for them, and when it goes away by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.appointments.queries.attention import needs_me_now
from guitara_app.appointments.queries.wishes import WishRow, waiting_list
from guitara_app.appointments.requests import WishRequest
from guitara_app.appointments.services import (
    add_wish,
    cancel,
    change_wish,
    claim,
    decline_slot,
    match_wishes,
    reject,
    wait_again,
    wish_booked,
    wish_met,
    withdraw_wish,
)
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import Invalid, NotAllowed, NotPossible, Stale
from guitara_app.notifications.services import tell
from tests.support.firm import EVENING, NOW, Firm, manila

Rows = Callable[..., list[Any]]


def wish(firm: Firm, **more: Any) -> WishRequest:
    values: dict[str, Any] = {
        "client_id": firm.client,
        "address_id": firm.address,
        "service_ids": [firm.service],
        "first_evening": EVENING,
        "last_evening": EVENING,
        "earliest": time(21),
        "latest": time(21),
        "driver_needed": False,
    }
    return WishRequest(**(values | more))


def add(firm: Firm, **more: Any) -> int:
    now = more.pop("now", NOW)
    return run(lambda session: add_wish(session, firm.operator, wish(firm, **more), now=now))


def match(now: Any = NOW) -> int:
    return run(lambda session: match_wishes(session, now=now))


def listed() -> list[WishRow]:
    with reading() as session:
        return waiting_list(session)["wishes"]


def entries() -> dict[str, str]:
    with reading() as session:
        found = needs_me_now(session, now=NOW)
    return {key: f"{entry.title}: {entry.detail}" for key, entry in found.items() if entry.kind == "wish"}


def everybody_busy(firm: Firm) -> list[int]:
    return [firm.book(number, start=time(21)) for number in range(4)]


def test_a_visit_that_is_cancelled_is_offered_once_and_told_once(firm: Firm, rows: Rows) -> None:
    visits = everybody_busy(firm)
    number = add(firm)
    assert match() == 0
    assert entries() == {}
    run(lambda session: cancel(session, firm.operator, visits[2], reason="Client's ill", now=NOW))
    assert (match(), match(), match()) == (1, 0, 0)
    [row] = listed()
    assert (row["id"], row["offer"], row["offer_people"]) == (number, "Mon 23 Nov 21:00", "Therapist 2.")
    assert row["draft"]["therapist_ids"] == [firm.therapists[2]]
    assert row["draft"]["wish_id"] == number
    [(key, said)] = entries().items()
    assert said == "Free for Mrs D'Souza: Mon 23 Nov 21:00"
    run(lambda session: claim(session, firm.operator, key, now=NOW))
    run(lambda session: tell(session, now=NOW, limit=100))
    [told] = rows(
        "SELECT * FROM notifications WHERE title LIKE '%waiting list%' AND person_id = :ana",
        ana=firm.operator.person_id,
    )
    assert told.body == "Mrs D'Souza, Mon 21:00"
    assert told.link == f"/waiting?offer={row['offer_id']}"


def test_a_rejected_place_and_a_new_shift_make_room(firm: Firm, rows: Rows) -> None:
    everybody_busy(firm)
    add(firm)
    assert match() == 0
    [seat] = rows("SELECT id FROM assignments WHERE person_id = :one", one=firm.therapists[1])
    run(lambda session: reject(session, firm.therapist(1), seat.id, reason="Is ill", now=NOW))
    assert match() == 1
    assert listed()[0]["offer_people"] == "Therapist 1."


def test_it_goes_away_by_itself_when_the_slot_is_taken_and_comes_back_elsewhere(firm: Firm) -> None:
    add(firm, latest=time(23))
    assert match() == 1
    first = listed()[0]
    firm.book(*[firm.therapists.index(one) for one in first["draft"]["therapist_ids"]], start=time(21))
    # Gone, and the next best found, in the same look.
    assert match() == 2
    second = listed()[0]
    assert second["offer_id"] != first["offer_id"]
    assert second["draft"]["therapist_ids"] != first["draft"]["therapist_ids"]
    assert list(entries()) == [f"wish-{second['offer_id']}"]
    assert match() == 0


def test_no_two_are_offered_the_same_and_the_longest_waiting_comes_first(firm: Firm) -> None:
    for number in range(3):
        firm.book(number, start=time(21))
    later = add(firm, now=NOW)
    earlier = add(firm, now=NOW - timedelta(minutes=5))
    assert match() == 1
    offers = {row["id"]: row["offer_id"] for row in listed()}
    assert offers[earlier]
    assert not offers[later]


def test_booked_withdrawn_and_declined_end_it(firm: Firm) -> None:
    booked, gone, other = add(firm), add(firm), add(firm)
    assert match() == 3
    visit = firm.book(3, start=time(23))
    run(lambda session: wish_booked(session, firm.operator, booked, visit, now=NOW))
    run(lambda session: withdraw_wish(session, firm.operator, gone, reason="Went elsewhere", now=NOW))
    offer = next(row["offer_id"] for row in listed() if row["id"] == other)
    run(lambda session: decline_slot(session, firm.operator, other, offer, now=NOW))
    assert entries() == {}
    assert match() == 0
    with reading() as session:
        closed = {row["id"]: row["state"] for row in waiting_list(session)["closed"]}
    assert closed == {booked: "booked", gone: "withdrawn"}
    for service in (withdraw_wish,):
        with pytest.raises(NotPossible):
            run(lambda session, service=service: service(session, firm.operator, gone, reason="x", now=NOW))


def test_a_visit_of_somebody_else_does_not_end_it(firm: Firm, rows: Rows) -> None:
    number = add(firm)
    new = {"name": "Mr O'Hara", "phone": "09171112222", "email": "", "notes": ""}
    visit = firm.book(
        0, client_id=None, new_client=new, address_id=None, address_line="2 Main", locality_id=firm.locality
    )
    run(lambda session: wish_booked(session, firm.operator, number, visit, now=NOW))
    assert [row["id"] for row in listed()] == [number]


def met(firm: Firm, *people: int, **more: Any) -> int:
    """Which wish a visit booked by hand ends."""
    visit = firm.book(*people, **more)
    return run(lambda session: wish_met(session, firm.operator, visit, now=NOW))


def test_a_visit_booked_by_hand_ends_the_wish_it_meets_and_no_other(firm: Firm) -> None:
    add(firm, first_evening=EVENING + timedelta(days=1), last_evening=EVENING + timedelta(days=2))
    only = add(firm, therapist_id=firm.therapists[3], only_therapist=True, earliest=None, latest=None)
    late = add(firm, earliest=time(23, 30), latest=time(0, 30))
    two = add(firm, people=2, earliest=None, latest=None)
    assert met(firm, 0, start=time(22)) == 0
    assert met(firm, 1, start=time(0, 30), off_shift_reason="agreed") == late
    # One visit ends one wish, and only what still waits.
    assert met(firm, 2, start=time(0, 15), off_shift_reason="agreed") == 0
    assert met(firm, 0, 3, start=time(23, 30)) == only
    assert met(firm, 1, 2, start=time(22)) == two
    assert len(listed()) == 1


def test_who_was_taken_off_by_a_visit_can_wait_again(firm: Firm, rows: Rows) -> None:
    number = add(firm, earliest=None, latest=None)
    assert met(firm, 0, start=time(22)) == number
    with reading() as session:
        [closed] = waiting_list(session)["closed"]
    assert (closed["state"], closed["appointment_id"] > 0) == ("booked", True)
    run(lambda session: wait_again(session, firm.operator, number, now=NOW))
    assert [row["id"] for row in listed()] == [number]
    with pytest.raises(NotPossible):
        run(lambda session: wait_again(session, firm.operator, number, now=NOW))
    with pytest.raises(NotAllowed):
        run(lambda session: wait_again(session, firm.therapist(0), number, now=NOW))
    assert met(firm, 1, start=time(22)) == number
    with pytest.raises(NotPossible):
        run(lambda session: wait_again(session, firm.operator, number, now=NOW + timedelta(days=2)))


def test_half_past_midnight_and_with_nobody_else(firm: Firm) -> None:
    firm.book(1, start=time(23))
    add(firm, earliest=time(0), latest=time(0, 30), therapist_id=firm.therapists[1], only_therapist=True)
    assert match() == 1
    row = listed()[0]
    assert row["offer"].startswith("Mon 23 Nov, night \u2192 Tue 00:")
    assert row["offer_people"] == "Therapist 1."
    assert row["who"] == "only Therapist 1, no driver"


def test_over_when_its_evenings_are(firm: Firm) -> None:
    add(firm, now=NOW)
    match(now=manila(30, day=EVENING))
    with reading() as session:
        assert [row["state"] for row in waiting_list(session)["closed"]] == ["over"]


def test_two_who_change_one_wish(firm: Firm) -> None:
    number = add(firm)
    match()
    changed = wish(firm, notes="Rings twice, it's the 2nd door", earliest=time(22), latest=time(22))
    run(lambda session: change_wish(session, firm.operator, number, changed, version=1, now=NOW))
    assert listed()[0]["offer_id"] == 0
    with pytest.raises(Stale):
        run(lambda session: change_wish(session, firm.operator, number, changed, version=1, now=NOW))
    assert match() == 1
    assert listed()[0]["offer"] == "Mon 23 Nov 22:00"


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("service_ids", {"service_ids": []}),
        ("last_evening", {"last_evening": EVENING - timedelta(days=1)}),
        ("last_evening", {"first_evening": date(2026, 11, 1), "last_evening": date(2026, 11, 2)}),
        ("latest", {"earliest": time(0, 30), "latest": time(20)}),
        ("therapist_id", {"only_therapist": True}),
        ("therapist_id", {"therapist_id": 10**9}),
        ("client", {"client_id": None}),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(firm: Firm, field: str, more: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        add(firm, **more)
    assert refused.value.field == field


def test_only_the_desk_keeps_the_list(firm: Firm) -> None:
    with pytest.raises(NotAllowed):
        run(lambda session: add_wish(session, Actor(1, Role.THERAPIST, "T"), wish(firm), now=NOW))


def test_sent_twice_counts_once(firm: Firm) -> None:
    assert add(firm, idempotency_key="tap") == add(firm, idempotency_key="tap")
    assert len(listed()) == 1
    with reading() as session:
        assert session.execute(text("SELECT count(*) FROM events WHERE kind = 'wish_added'")).scalar() == 1
