"""Finding a client by whatever the caller says first, among some thousands."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, text

from guitara_app.clients.models import Client, ClientPhone
from guitara_app.clients.queries import card, search, search_page
from guitara_app.clients.rules import folded
from guitara_app.kit.database import engine, reading, transaction
from guitara_app.kit.errors import Invalid, NotFound
from tests.integration.conftest import Scratch

CROWD = 20_000
KNOWN = {
    "Mrs D'Souza": ("+639171234567", "dsouza@example.ph"),
    "Niño Peñaflor": ("+639180000001", None),
    "Al%Percent": ("+639180000002", None),
    "Al_Underscore": ("+639180000003", None),
    "Al\\Backslash": ("+639180000004", None),
    "Smith": ("+12025550143", None),
    "Gone Souza": ("+639180000005", "gone@example.ph"),
}


@pytest.fixture
def clients(scratch: Scratch) -> dict[str, int]:
    """Twenty thousand nobody looks for, and some who phone; ``Gone Souza`` was merged into ``Mrs D'Souza``."""
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO clients (name, phone, email, version) SELECT 'Person ' || n, '+6392' || 10000000 + n,"
                " CASE WHEN n % 3 = 0 THEN 'p' || n || '@example.ph' END, 1 FROM generate_series(1, :crowd) n"
            ),
            {"crowd": CROWD},
        )
        rows = {name: Client(name=name, phone=phone, email=email) for name, (phone, email) in KNOWN.items()}
        session.add_all(rows.values())
        session.flush()
        rows["Gone Souza"].merged_into_id = rows["Mrs D'Souza"].id
        found = {name: row.id for name, row in rows.items()}
    scratch.sql("ANALYZE")
    return found


def names(typed: str) -> list[str]:
    with reading() as session:
        return [hit.name for hit in search(session, typed)]


def test_every_word_the_caller_says_finds_the_client(clients: dict[str, int]) -> None:
    said = ["mrs", "Souza", "D'Souza", "mrs d'sou", "souza mrs", "0917 123 4567", "09171234567", "0917 123"]
    said += ["+63 917 123", "+639171234567", "(0917) 123-4567", "123 4567", "dsouza@example", "DSOUZA@EXAMPLE.PH"]
    missed = [typed for typed in said if names(typed) != ["Mrs D'Souza"]]
    assert missed == []


def test_other_scripts_and_foreign_phones_are_found(clients: dict[str, int]) -> None:
    assert names("peñaflor") == ["Niño Peñaflor"]
    assert names("+1 202 555") == ["Smith"]


def test_wildcards_are_only_characters(clients: dict[str, int]) -> None:
    found = {
        "al%": ["Al%Percent"],
        "al_": ["Al_Underscore"],
        "al\\": ["Al\\Backslash"],
        "%perc": ["Al%Percent"],
        "l_und": ["Al_Underscore"],
        "l\\back": ["Al\\Backslash"],
        "%%%": [],
        "___": [],
        "\\\\\\": [],
        "'; DROP TABLE clients; --": [],
    }
    assert {typed: names(typed) for typed in found} == found


def test_nothing_much_finds_nobody_and_nothing_breaks(clients: dict[str, int]) -> None:
    for typed in ("", " ", "m", "\x00", "\ud800", "\U0001f600", "x" * 10_000, "9" * 10_000, "zzzz"):
        assert names(typed) == []


def test_at_most_eight_are_shown_those_that_begin_with_it_first(clients: dict[str, int]) -> None:
    assert len(names("person")) == 8
    assert names("smi")[0] == "Smith"


def test_a_merged_client_is_not_found_and_leads_to_the_survivor(clients: dict[str, int]) -> None:
    for typed in ("gone", "gone souza", "0918 000 0005", "gone@example"):
        assert names(typed) == []
    with reading() as session:
        assert card(session, clients["Mrs D'Souza"]).phone == "0917 123 4567"
        assert card(session, clients["Gone Souza"]).name == "Mrs D'Souza"
        for number in (0, -1, 2**62, 2**63, 2**70):
            with pytest.raises(NotFound):
                card(session, number)


def plans_of(typed: str) -> list[str]:
    """How PostgreSQL answers each question that ``typed`` leads to."""
    asked: list[tuple[str, object]] = []

    def keep(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        asked.append((statement, values))

    event.listen(engine(), "before_cursor_execute", keep)
    try:
        names(typed)
    finally:
        event.remove(engine(), "before_cursor_execute", keep)
    with engine().connect() as connection:
        # Some thousand rows are read as fast as an index; a million are not.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        return [
            "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values))  # type: ignore[arg-type]
            for statement, values in asked
            if "FROM clients" in statement or "(SELECT * FROM clients" in statement
        ]


def test_the_indexes_answer_not_a_walk_over_everybody(clients: dict[str, int]) -> None:
    expected = {
        "souza": ["ix_clients_name", "ix_clients_surname", "ix_clients_search"],
        "1234567": ["ix_clients_phone_prefix", "ix_clients_phone_end", "ix_clients_search"],
        "sou mrs": ["ix_clients_name", "ix_clients_surname", "ix_clients_search"],
    }
    for typed, indexes in expected.items():
        used = "\n".join(plans_of(typed))
        assert not re.search(r"Seq Scan on clients\b", used), used
        assert [name for name in indexes if name not in used] == [], used


def test_accents_and_apostrophes_need_not_be_typed(clients: dict[str, int]) -> None:
    for typed in ("penaflor", "nino pena", "PEÑAFLOR", "Peñaflor, Niño", "penaflor nino"):
        assert names(typed) == ["Niño Peñaflor"]
    for typed in ("dsouza", "D\u2019Souza", "mrs dsou"):
        assert names(typed) == ["Mrs D'Souza"]


def test_a_phone_is_found_by_its_last_digits_and_by_any_other_number_of_the_client(clients: dict[str, int]) -> None:
    assert names("1234567") == ["Mrs D'Souza"]
    assert names("5550143") == ["Smith"]
    with transaction() as session:
        session.add(ClientPhone(client_id=clients["Smith"], phone="+639998887766"))
    for typed in ("0999 888 7766", "+63999888", "8887766", "98887", "0999888"):
        assert names(typed) == ["Smith"]


def test_pages_show_everybody_once_and_in_order(clients: dict[str, int]) -> None:
    def walk(typed: str, limit: int) -> list[str]:
        shown: list[str] = []
        after = ""
        with reading() as session:
            while True:
                hits, after = search_page(session, typed, after=after, limit=limit)
                shown += [hit.name for hit in hits]
                if not after:
                    return shown

    everybody = walk("", 3_000)
    assert len(everybody) == len(set(everybody)) == CROWD + len(KNOWN) - 1
    assert everybody == sorted(everybody, key=folded)
    some = walk("person 49", 50)
    assert len(some) == len(set(some)) == 111
    assert walk("souza", 1) == ["Mrs D'Souza"]
    assert len(walk("0921", 2_000)) == CROWD
    with reading() as session:
        for broken in ("x", "[]", '[9,"",1]', '[0,"",-1]', "[0,1,1]", '["a","b",3]', "null", "9" * 1000):
            with pytest.raises(Invalid):
                search_page(session, "person", after=broken)
