"""The search from anywhere: visits, clients and people for whatever is typed."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from sqlalchemy import text

from guitara_app.appointments.queries import Found, find_everywhere
from guitara_app.clients.models import Client
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit.database import reading, transaction
from tests.support.firm import EVENING, NOW, Firm, open_firm


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    del database
    return open_firm()


def find(typed: str, *, later: timedelta = timedelta()) -> Found:
    with reading() as session:
        return find_everywhere(session, typed, now=NOW + later)


def test_a_visit_is_found_by_its_number_its_client_and_who_goes(firm: Firm) -> None:
    visit = firm.book(0)
    for typed in (str(visit), f"#{visit}", f" # {visit} ", "dsouza", "D'Souza", "0917 123", "4567", "therapist 0"):
        assert [hit.id for hit in find(typed).visits] == [visit], typed
    found = find("dsouza").visits[0]
    assert (found.client, found.people, found.when, found.state) == (
        "Mrs D'Souza",
        "Therapist 0",
        "tonight 21:00",
        "pending",
    )


def test_after_midnight_it_is_still_tonight(firm: Firm) -> None:
    firm.book(0, start=time(0))
    assert find("dsouza", later=timedelta(hours=4, minutes=30)).visits[0].when == "tonight Tue 00:00"


def test_tonight_comes_before_other_evenings_and_a_number_before_all(firm: Firm) -> None:
    later = firm.book(0, evening=EVENING + timedelta(days=1), off_shift_reason="Asked for")
    tonight = firm.book(1)
    assert [hit.id for hit in find("dsouza").visits] == [tonight, later]
    assert find(f"#{later}").visits[0].id == later
    # By who goes: tonight's none, then what is ahead.
    assert [hit.id for hit in find("therapist 0").visits] == [later]


def test_people_are_found_by_any_beginning_and_not_once_disabled(firm: Firm) -> None:
    assert [hit.name for hit in find("ohara").people] == ["Ana O'Hara"]
    assert {hit.role for hit in find("driver").people} == {"driver"}
    with transaction() as session:
        session.execute(
            text("UPDATE people SET disabled_at = :now WHERE id = :id"), {"now": NOW, "id": firm.drivers[0]}
        )
    assert [hit.name for hit in find("driver").people] == ["Driver 1"]
    # In the middle of a word it would be found in half of the firm.
    assert find("herapist").people == []


def test_wildcards_merged_clients_and_nothing_much_find_nothing(firm: Firm) -> None:
    firm.book(0)
    with transaction() as session:
        session.add(Client(name="Gone Souza", phone="+639180000001", merged_into_id=firm.client))
    assert [hit.name for hit in find("souza").clients] == ["Mrs D'Souza"]
    for typed in ("", " ", "#", "%%", "__", "a", "\\", "\x00", "'; --", "9" * 300, f"#{2**62}", "# 12 x"):
        found = find(typed)
        assert (found.visits, found.clients, found.people) == ([], [], []), typed


def test_the_evening_is_read_not_everybody_who_ever_phoned(firm: Firm) -> None:
    firm.book(0)
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO clients (name, phone, version) SELECT 'John Paul ' || n, '+6392' || 10000000 + n, 1"
                " FROM generate_series(1, 300) n"
            )
        )
    assert find("john paul").visits == []
    assert len(find("john paul").clients) == 6
