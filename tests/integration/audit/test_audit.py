"""The audit trail finds what was done by whoever, whenever and from wherever, and every row is on one page."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guitara_app.accounts.permissions import SYSTEM, Actor
from guitara_app.accounts.rules import hash_password
from guitara_app.accounts.services import SignInRefused, sign_in
from guitara_app.appointments.services import cancel
from guitara_app.audit.asking import FIELDS, AuditAsk, Looked, ask_of
from guitara_app.audit.files import to_csv, to_xlsx
from guitara_app.audit.queries import AuditRow, all_audit_rows, audit_rows
from guitara_app.audit.rules import KINDS, differences, kind_words, word_query
from guitara_app.audit.services import note_client_viewed
from guitara_app.clients.rules import ClientChange
from guitara_app.clients.services import edit
from guitara_app.embedded.postgres import DatabaseUrls
from guitara_app.kit import doors
from guitara_app.kit.database import reading, run, transaction
from guitara_app.kit.doors import Door
from guitara_app.kit.errors import Invalid
from guitara_app.kit.events import record
from tests.integration.conftest import Scratch
from tests.support.firm import NOW, Firm, open_firm

Find = Callable[..., list[AuditRow]]


@pytest.fixture
def firm(database: DatabaseUrls) -> Firm:
    return open_firm()


@pytest.fixture
def find(firm: Firm) -> Find:
    def found(**asked: Any) -> list[AuditRow]:
        with reading() as session:
            return audit_rows(session, AuditAsk(**asked), limit=500)

    return found


def kinds(rows: list[AuditRow]) -> list[str]:
    return [row["kind"] for row in rows]


def rename(firm: Firm, name: str, *, version: int = 1) -> None:
    change = ClientChange(name=name)
    run(lambda session: edit(session, firm.operator, firm.client, change, version=version, now=NOW))


def test_an_edit_says_who_from_where_and_what_stood_there(firm: Firm, find: Find) -> None:
    with doors.through(Door.CONSOLE):
        rename(firm, "Mrs O'Neil")
    (row,) = find(kind="client_changed")
    assert (row["who"], row["what"], row["door"]) == ("Ana O'Hara", "Client changed", "console")
    assert row["changes"] == [{"field": "name", "before": "Mrs D'Souza", "after": "Mrs O'Neil"}]
    assert row["when"] == "Mon 23 Nov 2026, 20:00:00"
    assert row["about"] == "Mrs O'Neil"


def test_each_filter_finds_its_own(firm: Firm, find: Find) -> None:
    visit = firm.book(0)
    other = firm.book(1, client_id=firm.client, start=time(23))
    run(lambda session: cancel(session, firm.operator, visit, reason="Client's ill", now=NOW))
    with doors.through(Door.API):
        rename(firm, "Mrs O'Neil")
    run(lambda session: record(session, "shifts_extended", by=SYSTEM, now=NOW, topics=[]))
    assert {row["visit_id"] for row in find(visit_id=visit)} == {visit}
    assert {"booked", "appointment_cancelled"} <= set(kinds(find(visit_id=visit)))
    of_client = find(client_id=firm.client)
    assert "client_changed" in kinds(of_client)
    assert {row["visit_id"] for row in of_client} >= {visit, other}
    assert kinds(find(door="api")) == ["client_changed"]
    assert kinds(find(kind="appointment_cancelled")) == ["appointment_cancelled"]
    assert {row["who"] for row in find(person_id=firm.operator.person_id)} == {"Ana O'Hara"}
    assert "shifts_extended" not in kinds(find(only_people=True))
    assert "shifts_extended" in kinds(find())
    today = date.today()  # noqa: DTZ011  # a day more or less does not matter
    assert find(first=today - timedelta(days=1), last=today + timedelta(days=1)) == find()
    assert find(last=today - timedelta(days=2)) == []
    assert find(first=today + timedelta(days=2)) == []
    assert find(client_id=firm.client + 1) == []


def test_search_finds_names_reasons_values_and_what_it_is_called(firm: Firm, find: Find) -> None:
    visit = firm.book(0)
    run(lambda session: cancel(session, firm.operator, visit, reason="Client's grandmother came", now=NOW))
    rename(firm, "Mrs O'Neil")
    assert kinds(find(words="grandm")) == ["appointment_cancelled"]
    assert kinds(find(words="O'Neil souza")) == ["client_changed"]
    assert "client_changed" in kinds(find(words="neil"))
    assert "appointment_cancelled" in kinds(find(words="Cancel"))
    assert "booked" in kinds(find(words="o'hara"))
    assert {row["visit_id"] for row in find(words=f"#{visit}")} == {visit}
    assert find(words="nobody called so") == []
    for odd in ("'", "%", "_", "\\", ":*", "& | !", "(", "\0", "0917", "#", "a" * 300, "it's"):
        find(words=odd)


def test_every_row_is_on_one_page_and_one_only(firm: Firm) -> None:
    for number in range(8):
        firm.book(number % 4, start=time(21 + number // 4))
    with reading() as session:
        everything = [row["id"] for row in audit_rows(session, AuditAsk(), limit=500)]
        for ask in (AuditAsk(), AuditAsk(words="hara"), AuditAsk(client_id=firm.client)):
            whole = [row["id"] for row in audit_rows(session, ask, limit=500)]
            paged: list[int] = []
            while rows := audit_rows(session, replace(ask, before=paged[-1] if paged else 0), limit=3):
                paged += [row["id"] for row in rows]
            assert paged == whole == sorted(whole, reverse=True)
            assert set(whole) <= set(everything)
            assert [row["id"] for row in all_audit_rows(session, ask, at_most=4)] == whole[:4]


def test_failed_sign_ins_are_kept_without_what_was_typed(firm: Firm, find: Find, scratch: Scratch) -> None:
    scratch.sql("UPDATE people SET password_hash = %s WHERE username = 'ana'", hash_password("correct horse"))
    with doors.through(Door.PAGE):
        for name, typed in (("ana", "s3cret-slip"), ("s3cret-slip", "x")):
            assert isinstance(run(lambda session, n=name, t=typed: sign_in(session, n, t, now=NOW)), SignInRefused)
        run(lambda session: sign_in(session, "ana", "correct horse", now=NOW))
    rows = find()
    assert kinds(rows) == ["signed_in", "sign_in_failed", "sign_in_failed"]
    assert [row["facts"] for row in rows[1:]] == ["because: unknown name", "because: wrong password"]
    assert [row["about"] for row in rows[1:]] == ["", "Ana O'Hara"]
    assert {row["door"] for row in rows} == {"page"}
    assert {row["who"] for row in rows[1:]} == {"Nobody who is signed in"}
    kept = scratch.sql("SELECT events::text FROM events") + scratch.sql("SELECT event_details::text FROM event_details")
    assert not [row for row in kept if "s3cret" in row[0]]


def test_opening_a_clients_card_is_kept_once_in_a_while(firm: Firm, find: Find) -> None:
    def look(by: Actor, minutes: int) -> None:
        at = NOW + timedelta(minutes=minutes)
        run(lambda session: note_client_viewed(session, by, firm.client, now=at))

    with transaction() as session:
        real = session.execute(text("SELECT now()")).scalar_one()
    offset = int((real - NOW).total_seconds() // 60)
    look(firm.operator, offset)
    look(firm.operator, offset + 5)
    look(firm.therapist(), offset)
    look(firm.operator, offset + 11)
    assert kinds(find()) == ["client_viewed"] * 3
    run(lambda session: note_client_viewed(session, firm.operator, 999_999, now=NOW))
    assert len(find()) == 3


def test_nobody_can_change_the_log_or_its_details(firm: Firm) -> None:
    rename(firm, "Mrs O'Neil")
    for statement in (
        "UPDATE events SET kind = 'nothing'",
        "UPDATE events SET door = ''",
        "DELETE FROM events",
        "UPDATE event_details SET reason = 'other'",
        "UPDATE event_details SET before = NULL",
        "DELETE FROM event_details",
        "TRUNCATE event_details",
    ):
        with pytest.raises(DBAPIError, match="permission denied"), transaction() as session:
            session.execute(text(statement))


def test_files_hold_every_row_and_nothing_that_acts(firm: Firm) -> None:
    rename(firm, "=cmd()")
    firm.book(0)
    with reading() as session:
        rows = list(all_audit_rows(session, AuditAsk(), at_most=100))
    lines = list(csv.reader(io.StringIO(to_csv(rows).lstrip("\ufeff"))))
    assert len(lines) == len(rows) + 1
    assert lines[0][:4] == ["Number", "When", "Who", "What"]
    changed = next(line for line in lines if line[3] == "Client changed")
    assert changed[7:9] == ["name: Mrs D'Souza", "name: =cmd()"]
    assert changed[4] == "'=cmd()"
    assert to_xlsx(rows)[:2] == b"PK"


def test_what_does_not_say_its_door_says_how_the_process_began(
    firm: Firm, find: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever began this process of tests: the application may have been assembled in it before.
    monkeypatch.setattr(doors, "_usual", Door.COMMAND)
    rename(firm, "Mrs One")
    doors.usually(Door.PAGE)
    rename(firm, "Mrs Two", version=2)
    run(lambda session: record(session, "shifts_extended", by=SYSTEM, now=NOW, topics=[]))
    assert [row["door"] for row in find()] == ["task", "page", "command"]


@pytest.mark.parametrize("field", ["person", "visit", "client", "first", "last"])
@pytest.mark.parametrize("typed", ["x", "-1", "0", "99999999999999999999999", "2026-02-31"])
def test_what_cannot_be_is_said(field: str, typed: str) -> None:
    with pytest.raises(Invalid):
        ask_of(Looked(**{field: typed}))


def test_what_was_typed_is_asked() -> None:
    assert set(FIELDS) == set(Looked.model_fields)
    looked = Looked(words=" a ", person="people", kind="booked", door="api", first="2026-11-23", visit="#7", client="8")
    assert ask_of(looked) == AuditAsk("a", 0, "booked", "api", date(2026, 11, 23), None, 7, 8, 0, True)
    assert ask_of(Looked(kind="made up", door="made up")) == AuditAsk()


@given(st.text(max_size=40))
def test_no_word_breaks_the_search(typed: str) -> None:
    query = word_query(typed)
    assert not set(query) & set("'\\():!<>") - {":"}
    assert all(part.endswith(":*") for part in query.split(" & ") if query)


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.none(), st.text(max_size=9), st.integers(), st.booleans())))
def test_a_difference_names_exactly_the_fields_that_differ(values: dict[str, Any]) -> None:
    assert differences(values, dict(values), {}) == []
    assert len(differences(values, None, {})) == sum(value is not None for value in values.values())


def test_a_forced_state_is_a_difference() -> None:
    assert differences(None, None, {"from": "paid", "to": "completed"}) == [
        {"field": "state", "before": "paid", "after": "completed"}
    ]
    assert kind_words("state_forced") == "Forced"
    assert kind_words("made_up") == "Made up"
    assert list(KINDS.values()) == sorted(KINDS.values(), key=str.casefold)
