"""What an operator may type by mistake, or somebody by intent: a sentence, a field, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import disable
from guitara_app.appointments.queries import preview
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import book
from guitara_app.catalog.models import Service
from guitara_app.clients.models import Client, ClientAddress
from guitara_app.clients.rules import LONGEST_NOTE, NewClient
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.errors import GuitaraError, NotAllowed
from tests.support.firm import EVENING, NOW, Firm

Counts = Callable[[], dict[str, int]]
Rows = Callable[..., list[Any]]
NEW = {"client_id": None, "address_id": None, "address_line": "2 Side Street"}
HUGE = (2**63, 2**70, -1, 0)


def newcomer(**more: str) -> dict[str, Any]:
    """A new client with an address, as typed."""
    return NEW | {"new_client": NewClient(**({"name": "Ana Cruz", "phone": "0918 765 4321"} | more))}


def at_home(firm: Firm, values: dict[str, Any]) -> dict[str, Any]:
    """A new address needs a town."""
    return {"locality_id": firm.locality} | values if "address_line" in values else values


def refusal(firm: Firm, *therapists: int, **more: Any) -> GuitaraError:
    with pytest.raises(GuitaraError) as refused:
        firm.book(*therapists, **more)
    assert not refused.value.sentence[0].islower()
    assert refused.value.sentence.endswith(".")
    return refused.value


def refuse_one(firm: Firm, typed: dict[str, Any]) -> GuitaraError:
    """With one therapist, unless the test chose others."""
    return refusal(firm, **({"therapist_ids": firm.therapists[:1]} | typed))


# What is typed, the field that is marked, and a few words of the sentence.
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "a phone that is not one": (newcomer(phone="12 34"), "phone", "not a phone number"),
    "a phone of 10,000 digits": (newcomer(phone="9" * 10_000), "phone", "not a phone number"),
    "the phone of a known client": (newcomer(phone="0917 123 4567"), "phone", "Mrs D'Souza already has this phone"),
    "no name": (newcomer(name=" \x00 "), "name", "Type the client's name"),
    "a name of 10,000 characters": (newcomer(name="\U0001f600" * 10_000), "name", "at most 120"),
    "an e-mail that is not one": (newcomer(email="ana"), "email", "not an e-mail"),
    "a client's note of 10,000 characters": (newcomer(notes="x" * 10_000), "notes", "10000 characters"),
    "nobody": ({"client_id": None}, "client", "Choose a client"),
    "an end at the start": ({"minutes": 0}, "minutes", "after the start"),
    "an end before the start": ({"minutes": -5}, "minutes", "after the start"),
    "40 hours": ({"minutes": 2400}, "minutes", "at most 12 hours"),
    "more minutes than there are": ({"minutes": 10**30}, "minutes", "at most 12 hours"),
    "yesterday": ({"evening": EVENING - timedelta(days=1)}, "evening", "is over"),
    "the year 1": ({"evening": date.min}, "evening", "is over"),
    "the year 9999": ({"evening": date.max}, "evening", "60 days ahead"),
    "a day beyond the limit": ({"evening": EVENING + timedelta(days=61)}, "evening", "60 days ahead"),
    "no evening": ({"evening": None}, "evening", "Choose the evening"),
    "no time": ({"start": None}, "start", "Type the time"),
    "an hour ago": ({"start": time(19)}, "start", "has passed"),
    "nobody to go": ({"therapist_ids": []}, "therapist_ids", "Choose who goes"),
    "a negative price": ({"price": Decimal("-1")}, "price", "0 or more"),
    "half a centavo": ({"price": Decimal("500.005")}, "price", "two decimals"),
    "all the money there is": ({"price": Decimal("1e40")}, "price", "two decimals"),
    "no service": ({"service_ids": []}, "service_ids", "at least one service"),
    "a car without a driver": ({"car_needed": True}, "car_needed", "A car comes with a driver"),
    "no town": ({"address_id": None, "address_line": "2 Side Street"}, "locality_id", "Choose the town"),
    "no address": ({"address_id": None, "address_line": " \n"}, "address_line", "Type the street"),
    "an endless address": ({"address_id": None, "address_line": "x" * 10_000}, "address_line", "at most 300"),
    "an endless note": ({"notes": '"' * 10_000}, "notes", "Shorten it"),
}


def test_bad_input_is_refused_at_its_field_and_leaves_nothing_behind(firm: Firm, row_counts: Counts) -> None:
    before = row_counts()
    for what, (typed, field, words) in BAD.items():
        error = refuse_one(firm, typed if what == "no town" else at_home(firm, typed))
        assert (error.field, words in error.sentence) == (field, True), (what, error.sentence)
        assert row_counts() == before, what


def test_numbers_no_row_can_have_are_refused_like_any_other_unknown_one(firm: Firm, row_counts: Counts) -> None:
    before = row_counts()
    for number in HUGE:
        unknown = [
            ({"client_id": number}, "client"),
            ({"address_id": number}, "address_id"),
            (newcomer() | {"locality_id": number}, "locality_id"),
            ({"service_ids": [number]}, "service_ids"),
            ({"service_ids": [firm.service, number]}, "service_ids"),
            ({"therapist_ids": [number]}, "therapist_ids"),
        ]
        for typed, field in unknown:
            assert refuse_one(firm, typed).field == field, typed
            with reading() as session:
                preview(session, firm.request(**({"therapist_ids": firm.therapists[:1]} | typed)), now=NOW)
    assert row_counts() == before


@pytest.mark.parametrize(
    "typed",
    [
        {"price": "NaN"},
        {"price": "Infinity"},
        {"minutes": "soon"},
        {"start": "25:00"},
        {"evening": "2026-02-30"},
        {"therapist_ids": list(range(1, 22))},
        {"idempotency_key": "x" * 101},
        {"idempotency_key": "\x00"},
        {"state": "completed"},
    ],
)
def test_what_is_no_booking_at_all_does_not_become_a_request(typed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BookingRequest.model_validate(typed)


def test_the_same_therapist_is_not_booked_twice_into_one_visit(firm: Firm) -> None:
    assert "twice" in refusal(firm, 0, 0).sentence


def test_a_therapist_disabled_a_moment_ago_is_refused_by_name(firm: Firm) -> None:
    admin = Actor(firm.operator.person_id, Role.ADMIN, "Ana O'Hara")
    run(lambda session: disable(session, admin, firm.therapists[0], reason="left", now=NOW))
    error = refusal(firm, 0, 1)
    assert "Therapist 0's account has been disabled" in error.sentence
    assert error.field == "therapist_ids"
    with reading() as session:
        assert [problem.field for problem in preview(session, firm.request(0), now=NOW).problems] == ["therapist_ids"]


def test_a_driver_is_no_therapist(firm: Firm) -> None:
    assert "not a therapist" in refusal(firm, therapist_ids=[firm.drivers[0]]).sentence


def test_only_the_desk_books(firm: Firm, row_counts: Counts) -> None:
    before = row_counts()
    for role in (Role.THERAPIST, Role.DRIVER, None):
        with pytest.raises(NotAllowed), transaction() as session:
            book(session, Actor(firm.therapists[0], role, "Somebody"), firm.request(0), now=NOW)
    assert row_counts() == before


def test_off_shift_is_refused_unless_a_reason_is_given_and_kept(firm: Firm, rows: Rows) -> None:
    late = {"start": time(0, 30)}
    error = refusal(firm, 0, **late)
    assert error.field == "off_shift_reason"
    assert "Therapist 0 (on shift 13:00 to 01:00 only)" in error.sentence
    assert refusal(firm, 0, **late, off_shift_reason=" \x00 ").field == "off_shift_reason"
    visit = firm.book(0, **late, off_shift_reason="She offered\x00 to stay")
    [kept] = rows(
        "SELECT d.reason, g.override_reason FROM events e JOIN event_details d ON d.event_id = e.id"
        " JOIN assignments g ON g.appointment_id = e.appointment_id WHERE e.appointment_id = :id",
        id=visit,
    )
    assert (kept.reason, kept.override_reason) == ("She offered to stay", "She offered to stay")


def test_a_service_off_sale_is_refused_and_the_form_says_so(firm: Firm) -> None:
    with transaction() as session:
        old = Service(name="Old", minutes=60, price=100, active=False)
        session.add(old)
        session.flush()
        off_sale = [firm.service, old.id]
    assert refusal(firm, 0, service_ids=off_sale).field == "service_ids"
    with reading() as session:
        assert [
            problem.field for problem in preview(session, firm.request(service_ids=off_sale), now=NOW).problems
        ] == ["service_ids"]


def test_the_address_of_another_client_is_refused(firm: Firm) -> None:
    with transaction() as session:
        other = Client(name="Other", phone="+639180000000")
        session.add(other)
        session.flush()
        theirs = ClientAddress(client_id=other.id, line="9 Far Street", locality_id=firm.locality)
        session.add(theirs)
        session.flush()
        address = theirs.id
    assert "not one of the client's" in refusal(firm, 0, address_id=address).sentence


def test_quotes_emoji_and_long_notes_are_kept_as_typed(firm: Firm, rows: Rows) -> None:
    name, note = 'Niño "Jun" O\'Hara \U0001f338; --', "'\"\\ % _ \U0001f600\n" * 200
    typed = newcomer(name=name, notes=note.strip()) | {
        "notes": "x" * LONGEST_NOTE + "\ud800\x00",
        "locality_id": firm.locality,
    }
    visit = firm.book(0, **typed)
    [kept] = rows(
        "SELECT c.name, c.notes AS about, a.notes FROM appointments a JOIN clients c ON c.id = a.client_id"
        " WHERE a.id = :id",
        id=visit,
    )
    assert (kept.name, kept.about, kept.notes) == (name, note.strip(), "x" * LONGEST_NOTE)


def test_half_past_midnight_belongs_to_the_evening_before(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, start=time(0, 0))
    [row] = rows("SELECT business_date, starts_at FROM appointments WHERE id = :id", id=visit)
    assert row.business_date == EVENING
    assert row.starts_at.isoformat() == "2026-11-23T16:00:00+00:00"
    with reading() as session:
        shown = preview(session, firm.request(start=time(0, 30)), now=NOW)
    assert (shown.night_label, shown.starts_label, shown.ends_label) == (
        "Mon 23 Nov, night \u2192 Tue 00:30",
        "Tue 00:30",
        "Tue 01:30",
    )


def test_booking_for_now_leaves_time_to_type(firm: Firm) -> None:
    assert firm.book(0, start=time(19, 50))
    assert refusal(firm, 1, start=time(19, 49)).field == "start"


def test_the_same_save_sent_twice_books_once(firm: Firm, row_counts: Counts) -> None:
    first = firm.book(0, idempotency_key="tap-1")
    before = row_counts()
    assert firm.book(0, idempotency_key="tap-1") == first
    assert row_counts() == before


def test_a_refused_save_can_be_sent_again_with_the_same_key(firm: Firm) -> None:
    refusal(firm, 0, minutes=0, idempotency_key="tap-1")
    assert firm.book(0, idempotency_key="tap-1")


def test_a_group_needs_a_car_and_each_of_it_is_paid(firm: Firm, rows: Rows) -> None:
    visit = firm.book(0, 1, driver_needed=True)
    [row] = rows("SELECT car_needed, price FROM appointments WHERE id = :id", id=visit)
    assert (row.car_needed, row.price) == (True, Decimal(1000))
    [leg] = rows("SELECT state, vehicle_needed, wanted_at FROM legs WHERE to_appointment_id = :id", id=visit)
    assert (leg.state, leg.vehicle_needed) == ("planned", "car")


# Seen while typing, before anybody presses Save.
SHOWN = [
    "a phone that is not one",
    "the phone of a known client",
    "an e-mail that is not one",
    "an end before the start",
    "40 hours",
    "yesterday",
    "a day beyond the limit",
    "an hour ago",
    "a negative price",
    "half a centavo",
    "a car without a driver",
]


def test_the_form_shows_what_saving_would_refuse(firm: Firm) -> None:
    for what in SHOWN:
        typed, field, words = BAD[what]
        with reading() as session:
            problems = preview(session, firm.request(0, **typed), now=NOW).problems
        assert any(problem.field == field and words in problem.sentence for problem in problems), (what, problems)


def test_the_form_names_the_clash_and_who_is_off_shift(firm: Firm) -> None:
    visit = firm.book(0)
    with reading() as session:
        [clash] = preview(session, firm.request(0, start=time(21, 30)), now=NOW).problems
        [off] = preview(session, firm.request(1, start=time(0, 30)), now=NOW).problems
    assert (clash.field, off.field) == ("therapist_ids", "off_shift_reason")
    assert f"Therapist 0 is taken by Mrs D'Souza, 21:00 to 22:00 (#{visit})" in clash.sentence
    assert refusal(firm, 0, start=time(21, 30)).sentence.startswith(clash.sentence)


def test_an_empty_form_is_no_problem_yet(firm: Firm) -> None:
    with reading() as session:
        shown = preview(session, BookingRequest(), now=NOW)
    assert (shown.problems, shown.candidates, shown.minutes) == ([], [], 0)


def test_a_second_booking_of_a_client_for_the_same_time_is_warned_of(firm: Firm) -> None:
    visit = firm.book(0)
    with reading() as session:
        over = preview(session, firm.request(1, start=time(21, 30)), now=NOW)
        after = preview(session, firm.request(1, start=time(22)), now=NOW)
    assert over.warnings == [f"Ana O'Hara has already booked this client for 21:00 (#{visit})."]
    assert (over.problems, after.warnings) == ([], [])
