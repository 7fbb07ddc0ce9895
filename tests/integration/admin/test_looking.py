"""Every table can be looked at, searched, filtered, sorted and taken away as a file; what is secret is nowhere."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from guitara_app.admin.mirror import MIRROR, SECRETS, key_of, reading_sessions
from guitara_app.admin.tables import GROWING, TableView
from tests.integration.admin.conftest import House, words_of
from tests.integration.conftest import Scratch

TABLES = sorted(MIRROR)
# A column of such a name is taken for a secret until somebody says here that it is none.
SUSPICIOUS = re.compile(r"hash|token|secret|password|fingerprint|sha|key|cookie|body|stored|^uid$|^mark$")
HARMLESS = {
    "settings.key": "the name of a setting",
    "attention_claims.entry_key": "which entry of the desk's list",
    "notifications.body": "what somebody was told",
    "clients.name_key": "the name without accents",
}


def view_of(house: House, table: str) -> TableView:
    found = house.dash._find_view_by_key(key_of(table))
    assert isinstance(found, TableView)
    return found


def test_every_table_is_there(house: House) -> None:
    front = house.browser().get("/")
    assert front.status_code == 200
    assert set(SQLModel.metadata.tables) == set(MIRROR)
    for table in TABLES:
        assert f"/admin/{key_of(table)}/list" in front.text, table


def test_every_table_lists_searches_and_sorts(house: House) -> None:
    house.firm.book(0, 1)
    admin = house.browser()
    for table in TABLES:
        key = key_of(table)
        assert "Showing" in admin.page(f"/{key}/list"), table
        admin.page(f"/{key}/list?q=O'Hara%25_%5C")
        admin.page(f"/{key}/list?q=123456789012345678901234567890")
        for field in view_of(house, table).sortable_fields or ():
            admin.page(f"/{key}/list?sort={field}__desc")


def test_rows_show_what_they_point_at_and_what_belongs_to_them(house: House) -> None:
    visit = house.firm.book(0)
    admin = house.browser()
    page = admin.get(f"/appointments/detail?pk={visit}")
    assert "Mrs D'Souza" in words_of(page)
    assert f"/admin/assignments/list?filter=appointment__eq%3D{visit}" in page.text
    listed = admin.page(f"/assignments/list?filter=appointment__eq%3D{visit}")
    assert "Therapist 0" in listed
    assert "Showing 1 to 1 of 1" in listed
    assert "Nothing fits" in admin.page("/assignments/list?filter=appointment__eq%3D999999")
    assert "Mon 23 Nov 2026 21:00" in words_of(page)


def test_search_finds_by_name_of_whom_a_row_is_about(house: House) -> None:
    visit = house.firm.book(0)
    admin = house.browser()
    for asked in ("dsouza", "D'Souza", "0917 123 4567", f"#{visit}"):
        assert "Mrs D'Souza" in admin.page(f"/appointments/list?{urlencode({'q': asked})}"), asked
        if not asked.startswith("#"):
            assert "Mrs D'Souza" in admin.page(f"/clients/list?{urlencode({'q': asked})}"), asked
    assert "Nothing fits" in admin.page("/clients/list?q=nobody")
    assert "Therapist 0" in admin.page("/assignments/list?q=therapist+0")


def test_filters_read_the_firms_clock(house: House) -> None:
    house.firm.book(0)
    admin = house.browser()

    def between(first: str, last: str) -> str:
        return admin.page(f"/appointments/list?{urlencode({'filter': f'starts_at__between={first}..{last}'})}")

    assert "Mrs D'Souza" in between("2026-11-23T20:59", "2026-11-23T21:01")
    assert "Nothing fits" in between("2026-11-23T12:59", "2026-11-23T13:01")


@pytest.mark.parametrize("table", sorted(SECRETS))
def test_what_is_secret_is_not_even_read(table: str) -> None:
    for column in SECRETS[table]:
        assert column in SQLModel.metadata.tables[table].columns, "no longer there"
        assert not hasattr(MIRROR[table], column), column


def test_no_column_that_may_be_secret_is_shown() -> None:
    suspicious = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if SUSPICIOUS.search(column.name) and column.name not in SECRETS.get(table.name, ())
    }
    assert suspicious == set(HARMLESS)


def test_no_page_or_file_of_accounts_holds_a_secret(house: House, scratch: Scratch) -> None:
    admin = house.browser()
    hidden = {value for (value,) in scratch.sql("SELECT password_hash FROM people WHERE password_hash IS NOT NULL")}
    hidden |= {value for (value,) in scratch.sql("SELECT token_hash FROM login_sessions")}
    assert len(hidden) > 5
    person = house.people[next(iter(house.people))]
    for path in ("/people/list", f"/people/detail?pk={person}", "/login-sessions/list", f"/people/edit?pk={person}"):
        shown = admin.get(path).text
        assert not [secret for secret in hidden if secret in shown], path
    for key in ("people", "login-sessions"):
        taken = exported(house, key)
        assert not [secret for secret in hidden if secret in taken]
    for asked in ("sort=password_hash__asc", "cols=password_hash", f"q={next(iter(hidden))[:20]}"):
        assert not [secret for secret in hidden if secret in admin.get(f"/people/list?{asked}").text]
    assert admin.get("/people/list?filter=password_hash__contains%3Da").status_code == 400
    picker = admin.client.get("/admin/_api/people/relation-lookup?q=one")
    assert picker.json()["total"] == 5
    assert not [secret for secret in hidden if secret in picker.text]


def exported(house: House, key: str, query: str = "", scope: str = "all") -> str:
    admin = house.browser()
    admin.get(f"/{key}/list")
    token = admin.client.cookies["starlette_admin_csrftoken"]
    answer = admin.client.post(
        f"/admin/_api/{key}/action?{urlencode({'name': 'export', 'all': '1', '_list_query': query})}",
        data={"csrftoken": token, "scope": scope, "format": "csv", "filename": key},
    )
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"].startswith("text/csv")
    return answer.text


def test_files_hold_what_is_filtered_and_nothing_that_acts(house: House, scratch: Scratch) -> None:
    scratch.sql(
        "INSERT INTO clients (name, phone, version) VALUES ('=1+1', '+639170000001', 1), ('Ñina', '+639170000002', 1)"
    )
    everything = exported(house, "clients")
    assert everything.startswith("\ufeff")
    assert "'=1+1" in everything
    assert "Ñina" in everything
    assert "Mrs D'Souza" in everything
    some = exported(house, "clients", "?q=nina")
    assert "Ñina" in some
    assert "D'Souza" not in some


def test_nothing_can_be_written_past_the_services(house: House) -> None:
    with reading_sessions() as session, pytest.raises(DBAPIError, match="read-only"):
        session.execute(text("UPDATE clients SET name = 'x'"))


def test_long_tables_are_paged_and_counted_as_far_as_it_pays(house: House, scratch: Scratch) -> None:
    scratch.sql(
        "INSERT INTO clients (name, phone, version) SELECT 'Client ' || n, '+63918' || lpad(n::text, 7, '0'), 1"
        " FROM generate_series(1, 25000) n"
    )
    scratch.sql("ANALYZE clients")
    admin = house.browser()
    assert "of about 25,001" in admin.page("/clients/list")
    assert "more than 10,000" in admin.page("/clients/list?q=client")
    assert "Client 1 " in admin.page("/clients/list?page=1000&sort=id__desc")
    assert "of 1 entries" in admin.page("/clients/list?q=0918+000+0017")


def test_growing_tables_are_sorted_by_indexes_alone(house: House) -> None:
    assert set(view_of(house, "clients").sortable_fields or ()) == {"id", "name"}
    for table in GROWING:
        assert len(view_of(house, table).sortable_fields or ()) < 5, table


def test_what_cannot_be_is_said_and_no_crash(house: House) -> None:
    admin = house.browser()
    for path, status in {
        "/clients/detail?pk=x": 404,
        "/clients/detail?pk=99999999999999999999999": 404,
        "/clients/detail": 404,
        "/nothing/list": 404,
        "/nowhere": 404,
        "/clients/list?page_size=7": 400,
        "/clients/list?page=x&sort=nothing__up": 200,
        "/clients/list?filter=id__eq%3D99999999999999999999999999": 200,
        "/clients/list?filter=id__nothing%3D1": 400,
        "/clients/act/nothing?pk=1": 404,
        "/events/edit?pk=1": 403,
        "/events/create": 403,
    }.items():
        assert admin.get(path).status_code == status, path
