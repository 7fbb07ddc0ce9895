"""The demo firm: whole at any hour, the same on the same evening, new on the next, never in a real firm's way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.services import SignedIn, sign_in
from guitara_app.appointments.queries import board
from guitara_app.appointments.requests import BookingRequest
from guitara_app.appointments.services import book
from guitara_app.appointments.words import AppointmentState
from guitara_app.availability.queries import people_with_hours
from guitara_app.availability.services import extend
from guitara_app.cli.audits import run_audits
from guitara_app.demo import seed
from guitara_app.demo.accounts import DEMO_ACCOUNTS
from guitara_app.firm.queries import firm_settings
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import NotPossible
from tests.integration.conftest import Scratch

MANILA = ZoneInfo("Asia/Manila")
DAY = datetime(2026, 11, 24, tzinfo=MANILA)
CLOCKS = ((3, 0), (8, 0), (13, 30), (20, 0), (0, 30), (23, 59))


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    return (DAY + timedelta(days=days)).replace(hour=hour, minute=minute).astimezone(UTC)


def nothing_is_to_be_planned(now: datetime) -> None:
    """The shifts are those that usual hours and the evening set by hand give."""
    with reading() as session:
        people = people_with_hours(session)
    assert len(people) == 35
    assert sum(run(lambda session, person=person: extend(session, person, now=now)) for person in people) == 0


def nothing_is_wrong() -> None:
    with reading() as session:
        assert run_audits(session) == []


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: f"{clock[0]:02d}:{clock[1]:02d}")
def test_a_fresh_firm_is_whole_at_any_hour(scratch: Scratch, clock: tuple[int, int]) -> None:
    now = at(*clock)
    report = seed.run(now=now)
    assert report.founded
    assert report.new_evening
    assert report.tonight >= 35
    nothing_is_wrong()
    staff = dict(scratch.sql("SELECT role, count(*) FROM people WHERE is_demo GROUP BY 1"))
    assert staff == {"therapist": 28, "driver": 7, "operator": 3, "manager": 1, "admin": 1}
    nothing_is_to_be_planned(now)
    assert scratch.one("SELECT count(*) FROM clients") == 500
    with reading() as session:
        calendar = firm_settings(session).calendar
        shown = board(session, now=now)
    hours = calendar.open_period(calendar.business_date(now))
    assert hours.lower is not None
    assert hours.upper is not None
    assert hours.lower + timedelta(hours=4) < now < hours.upper - timedelta(hours=3)
    states = dict(
        scratch.sql(
            "SELECT state, count(*) FROM appointments WHERE business_date = %s GROUP BY 1",
            calendar.business_date(now),
        )
    )
    assert set(states) == set(AppointmentState)
    assert {row["kind"] for row in shown["attention"]} >= {
        "review",
        "overdue",
        "due_soon",
        "clash",
        "over_time",
        "pickup_urgent",
        "payment",
        "late",
    }
    # Only the session that runs into the next one was meant to.
    assert scratch.one("SELECT count(*) FROM clashes WHERE settled_at IS NULL") == 1
    assert len(shown["drivers"]) == 7
    assert shown["night"]["on_shift"] >= 20
    evenings = scratch.one(
        "SELECT count(DISTINCT business_date) FROM appointments WHERE business_date < %s", calendar.business_date(now)
    )
    assert evenings == 14
    assert scratch.one("SELECT count(*) FROM appointments WHERE closed_at > %s", now) == 0
    assert scratch.one("SELECT count(*) FROM events WHERE happened_at > %s", now) == 0


def test_what_is_shown_to_the_visitor(scratch: Scratch) -> None:
    now = at(20)
    seed.run(now=now)
    for account in DEMO_ACCOUNTS:
        signed_in = run(lambda session, who=account: sign_in(session, who.username, who.password, now=now))
        assert isinstance(signed_in, SignedIn)
        assert signed_in.actor.role == account.role
    assert {account.role for account in DEMO_ACCOUNTS} == set(Role)
    phones = [row[0] for row in scratch.sql("SELECT phone FROM clients")]
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)
    assert scratch.one("SELECT count(*) FROM clients WHERE name LIKE '%''%'") > 5
    assert scratch.one("SELECT count(*) FROM clients WHERE name LIKE '%ñ%'") > 5
    assert scratch.one("SELECT count(DISTINCT phone) FROM clients") == 500
    assert scratch.one("SELECT count(*) FROM appointments WHERE car_needed AND closed_at IS NULL") >= 3
    past_midnight = "SELECT count(*) FROM appointments WHERE ends_at AT TIME ZONE 'Asia/Manila' >= '2026-11-25'"
    assert scratch.one(past_midnight) >= 1


def test_a_second_start_on_the_same_evening_changes_nothing(scratch: Scratch) -> None:
    seed.run(now=at(20))
    before = scratch.sql("SELECT max(id), count(*), max(version) FROM appointments")
    began = monotonic()
    report = seed.run(now=at(0, 45, days=1))
    assert monotonic() - began < 0.5
    assert not report.new_evening
    assert scratch.sql("SELECT max(id), count(*), max(version) FROM appointments") == before


@pytest.mark.parametrize("later", [at(3, days=1), at(8, days=1), at(20, days=1), at(12, days=9)], ids=str)
def test_the_next_start_makes_a_new_evening_on_a_clean_board(scratch: Scratch, later: datetime) -> None:
    seed.run(now=at(20))
    left_open = scratch.one("SELECT count(*) FROM appointments WHERE closed_at IS NULL")
    report = seed.run(now=later)
    assert report.new_evening
    assert not report.founded
    assert report.closed == left_open
    assert report.tonight >= 30
    nothing_is_wrong()
    assert scratch.one("SELECT count(*) FROM appointments WHERE closed_at IS NULL AND booked_at < %s", at(20)) == 0
    assert scratch.one("SELECT count(*) FROM reviews WHERE decision IS NULL") == 1
    assert scratch.one("SELECT count(*) FROM clashes WHERE settled_at IS NULL") == 1


def test_a_week_of_starts_at_odd_hours(scratch: Scratch) -> None:
    for days, hour in ((0, 20), (1, 4), (1, 16), (2, 9), (3, 0), (3, 13), (5, 23)):
        seed.run(now=at(hour, 10, days=days))
        nothing_is_wrong()
        nothing_is_to_be_planned(at(hour, 10, days=days))


def test_bookings_of_users_stay_and_nobody_is_booked_over_them(scratch: Scratch) -> None:
    seed.run(now=at(20))
    operator = Actor(scratch.one("SELECT id FROM people WHERE username = 'ana'"), Role.OPERATOR, "Ana")
    people = [row[0] for row in scratch.sql("SELECT id FROM people WHERE role = 'therapist' ORDER BY id")]
    client, address = scratch.sql("SELECT client_id, id FROM client_addresses ORDER BY id LIMIT 1")[0]
    service = scratch.one("SELECT id FROM services WHERE name = 'Dry'")
    tomorrow = DAY.date() + timedelta(days=1)
    booked: list[int] = []
    for number, person in enumerate(people[:20]):
        request = BookingRequest(
            client_id=client,
            address_id=address,
            service_ids=[service],
            therapist_ids=[person],
            evening=tomorrow,
            start=datetime(2026, 1, 1, 17 + number % 5, 15).time(),  # noqa: DTZ001  only its clock is used
            driver_needed=False,
            off_shift_reason="Asked for by the client",
        )
        booked.append(run(lambda session, wanted=request: book(session, operator, wanted, now=at(20, 5))))
    seed.run(now=at(20, days=1))
    nothing_is_wrong()
    kept = scratch.one("SELECT count(*) FROM assignments WHERE appointment_id = ANY(%s) AND answer = 'offered'", booked)
    assert kept == 20


def test_a_real_firm_is_left_alone(scratch: Scratch) -> None:
    scratch.sql("INSERT INTO clients (name, phone, version) VALUES ('Ms Real', '+639171234567', 1)")
    with pytest.raises(NotPossible, match="not the demo"):
        seed.run(now=at(20))
    assert scratch.one("SELECT count(*) FROM people") == 0
    assert scratch.one("SELECT count(*) FROM settings") == 0
