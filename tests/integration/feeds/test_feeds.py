"""A private calendar holds its holder's own jobs, and nothing of anybody else's."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.accounts.rules import token_hash
from guitara_app.accounts.services import disable
from guitara_app.appointments.requests import ChangeRequest
from guitara_app.appointments.services import accept, cancel, change, choose_driver, reject
from guitara_app.feeds.queries import feed_words
from guitara_app.feeds.services import make_feed, read_feed, revoke_feed
from guitara_app.kit.database import reading, run
from guitara_app.kit.errors import NotAllowed, NotFound
from tests.integration.conftest import Scratch
from tests.support.firm import NOW, Firm, open_firm

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def firm(database: object) -> Firm:
    return open_firm()


def driver(firm: Firm, index: int = 0) -> Actor:
    return Actor(firm.drivers[index], Role.DRIVER, f"Driver {index}")


def made(actor: Actor) -> str:
    return run(lambda session: make_feed(session, actor, now=NOW)).token


def read(token: str, now: datetime = NOW) -> bytes | None:
    return run(lambda session: read_feed(session, token, now=now))


def events(token: str, now: datetime = NOW) -> list[dict[str, str]]:
    text = read(token, now)
    assert text is not None
    return [
        {name.lower(): event[name].to_ical().decode().replace("\\", "") for name in event}
        for event in Calendar.from_ical(text).walk("VEVENT")
    ]


def seat(scratch: Scratch, visit: int, index: int = 0) -> int:
    return int(scratch.one("SELECT id FROM assignments WHERE appointment_id = %s ORDER BY id OFFSET %s", visit, index))


def test_a_visit_is_there_from_the_question_to_the_end(firm: Firm, scratch: Scratch) -> None:
    visit = firm.book(0, start=time(0, 30), minutes=30)
    token = made(firm.therapist())
    (event,) = events(token)
    assert (event["summary"], event["location"]) == ("Shiatsu, Pasig", "1 Main Street, Pasig")
    # 00:30 in Manila is 16:30 the day before in UTC.
    assert (event["dtstart"], event["dtend"]) == ("20261123T163000Z", "20261123T170000Z")
    assert (event["status"], event["sequence"]) == ("TENTATIVE", "0")
    run(lambda session: accept(session, firm.therapist(), seat(scratch, visit), now=NOW))
    (accepted,) = events(token)
    assert (accepted["status"], accepted["sequence"], accepted["uid"]) == ("CONFIRMED", "1", event["uid"])
    moved = ChangeRequest(start=time(23))
    run(lambda s: change(s, firm.operator, visit, request=moved, reason="Asked.", now=NOW))
    (again,) = events(token)
    assert (again["dtstart"], again["sequence"], again["uid"]) == ("20261123T150000Z", "2", event["uid"])
    run(lambda session: cancel(session, firm.operator, visit, reason="Called off.", now=NOW))
    (gone,) = events(token)
    assert (gone["status"], gone["sequence"], gone["uid"]) == ("CANCELLED", "3", event["uid"])
    assert "Main Street" not in repr(gone)
    # Nothing has changed since, so the very same bytes are sent.
    assert read(token) == read(token, NOW + timedelta(minutes=20))
    assert events(token, NOW + timedelta(days=15)) == []


def test_nobody_reads_of_anybody_elses_jobs_nor_a_clients_name_or_phone(firm: Firm, scratch: Scratch) -> None:
    group = firm.book(0, 1, start=time(21))
    firm.book(2, start=time(22, 45))
    tokens = {index: made(firm.therapist(index)) for index in range(4)}
    found = {index: read(token) or b"" for index, token in tokens.items()}
    assert [text.count(b"BEGIN:VEVENT") for text in found.values()] == [1, 1, 1, 0]
    for text in found.values():
        # A random uid may hold any digits.
        told = re.sub(rb"(?m)^UID:[0-9a-f-]{36}@guitara\r?$", b"", text)
        assert b"UID:" not in told
        assert not re.search(rb"Souza|917|1234567|Therapist [0-3],", told)
    assert f"Visit #{group}".encode() in found[0]
    assert f"Visit #{group}".encode() not in found[2]
    # Whoever says no keeps nothing but that it is off.
    run(lambda session: reject(session, firm.therapist(1), seat(scratch, group, 1), reason="Fever.", now=NOW))
    (event,) = events(tokens[1])
    assert (event["status"], "location" in event, "Fever" in repr(event)) == ("CANCELLED", False, False)
    assert events(tokens[0])[0]["status"] == "TENTATIVE"


def test_a_drivers_trip_moves_to_the_other_drivers_calendar(firm: Firm, scratch: Scratch) -> None:
    visit = firm.book(0, start=time(21), driver_needed=True)
    run(lambda session: accept(session, firm.therapist(), seat(scratch, visit), now=NOW))
    leg = int(scratch.one("SELECT id FROM legs WHERE to_appointment_id = %s", visit))
    first, second = made(driver(firm)), made(driver(firm, 1))

    def give(index: int) -> None:
        run(
            lambda session: choose_driver(
                session, firm.operator, leg, driver_id=firm.drivers[index], reason="Nearest.", now=NOW
            )
        )

    give(0)
    (trip,) = events(first)
    assert (trip["summary"], trip["location"]) == ("Bring Therapist 0 to Pasig", "1 Main Street, Pasig")
    assert events(second) == []
    give(1)
    assert [event["status"] for event in (*events(first), *events(second))] == ["CANCELLED", "CONFIRMED"]
    assert events(first)[0]["uid"] != events(second)[0]["uid"]
    assert "Main Street" not in repr(events(first))


def test_only_a_hash_is_kept_and_a_new_address_ends_the_old_one(firm: Firm, scratch: Scratch) -> None:
    firm.book(0, start=time(21))
    old = made(firm.therapist())
    uid = events(old)[0]["uid"]
    new = made(firm.therapist())
    assert read(old) is None
    # The calendar that is told from the new address knows the jobs again.
    assert events(new)[0]["uid"] == uid
    kept = scratch.sql("SELECT to_jsonb(f)::text FROM calendar_feeds f UNION ALL SELECT data::text FROM events")
    assert not any(old in row or new in row for (row,) in kept)
    assert scratch.one("SELECT token_hash FROM calendar_feeds WHERE revoked_at IS NULL") == token_hash(new)
    with reading() as session:
        assert feed_words(session, firm.therapists[0]) == "since Mon 23 Nov 20:00, last read Mon 23 Nov 20:00"
    run(lambda session: revoke_feed(session, firm.therapist(), now=NOW))
    assert read(new) is None
    with pytest.raises(NotFound):
        run(lambda session: revoke_feed(session, firm.therapist(), now=NOW))
    with reading() as session:
        assert feed_words(session, firm.therapists[0]) == ""
    for nonsense in ("", "x", "\x00", "a" * 5000, "../../etc/passwd"):
        assert read(nonsense) is None


def test_only_those_who_go_out_have_one_and_a_disabled_account_has_none(firm: Firm, scratch: Scratch) -> None:
    with pytest.raises(NotAllowed):
        made(firm.operator)
    token = made(firm.therapist())
    admin = int(
        scratch.one(
            "INSERT INTO people (username, name, role, failed_sign_ins, is_demo, version)"
            " VALUES ('r', 'R', 'admin', 0, false, 1) RETURNING id"
        )
    )
    run(lambda s: disable(s, Actor(admin, Role.ADMIN, "R"), firm.therapists[0], reason="Left.", now=NOW))
    assert read(token) is None


def test_programs_that_ask_at_once_are_told_the_same_numbers(firm: Firm, scratch: Scratch) -> None:
    token = made(firm.therapist())
    visit = firm.book(0, start=time(21))

    def ask(_: int) -> Any:
        return read(token)

    with ThreadPoolExecutor(6) as programs:
        assert len(set(programs.map(ask, range(6)))) == 1
    run(lambda session: accept(session, firm.therapist(), seat(scratch, visit), now=NOW))
    with ThreadPoolExecutor(6) as programs:
        assert len(set(programs.map(ask, range(6)))) == 1
    assert events(token)[0]["sequence"] == "1"


def test_two_addresses_made_at_once_leave_one(firm: Firm, scratch: Scratch) -> None:
    with ThreadPoolExecutor(4) as tabs:
        tokens = list(tabs.map(lambda _: made(firm.therapist()), range(4)))
    assert sum(read(token) is not None for token in tokens) == 1
    assert scratch.one("SELECT count(*) FROM calendar_feeds WHERE revoked_at IS NULL") == 1
