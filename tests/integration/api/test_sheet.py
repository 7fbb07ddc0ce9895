"""The sheet of the evening over HTTP: for the desk alone, never kept, and harmless whatever is written in it."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from guitara_app.accounts.permissions import DESK, FIELD, Role
from guitara_app.kit import database
from tests.integration.api.conftest import Site
from tests.support.firm import NOW

PATHS = ("/sheet", "/sheet.csv")


@pytest.fixture(scope="module", autouse=True)
def evening(site: Site) -> str:
    """A visit of the client whose name, phone and address no log may hold."""
    site.firm.book(0, notes="<script>alert(1)</script> & 'quotes'", now=NOW)
    return "2026-11-23"


@pytest.mark.parametrize("role", sorted(DESK))
@pytest.mark.parametrize("path", PATHS)
def test_the_desk_reads_it_and_nothing_keeps_it(site: Site, evening: str, path: str, role: Role) -> None:
    with site.one.client(cookie=site.cookie(role)) as client:
        answer = client.get(path, params={"evening": evening})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "1 Main Street, Pasig" in answer.text
    assert "0917 123 4567" in answer.text


@pytest.mark.parametrize("role", sorted(FIELD))
@pytest.mark.parametrize("path", PATHS)
def test_nobody_in_the_field_gets_it(site: Site, evening: str, path: str, role: Role) -> None:
    with site.two.client(cookie=site.cookie(role)) as client:
        answer = client.get(path, params={"evening": evening})
    assert answer.status_code == 403
    assert "Main Street" not in answer.text


@pytest.mark.parametrize("cookie", ["", "sid=made-up"])
@pytest.mark.parametrize("path", PATHS)
def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(site: Site, path: str, cookie: str) -> None:
    with site.one.client(cookie=cookie) as client:
        answer = client.get(path, params={"evening": "2026-11-23"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next=%2F{path[1:]}%3Fevening%3D2026-11-23"
    assert answer.headers["cache-control"] == "no-store"


def test_the_page_runs_nothing_that_was_typed(site: Site, evening: str) -> None:
    with site.one.client(cookie=site.cookie(Role.OPERATOR)) as client:
        page = client.get("/sheet", params={"evening": evening}).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;quotes&#39;" in page
    assert "Mrs D&#39;Souza" in page
    assert "A4 landscape" in page


def test_the_file_is_one_that_a_spreadsheet_opens(site: Site, evening: str) -> None:
    with site.one.client(cookie=site.cookie(Role.OPERATOR)) as client:
        answer = client.get("/sheet.csv", params={"evening": evening})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename=guitara-2026-11-23.csv"
    assert answer.content.startswith(b"\xef\xbb\xbfVisit,")


@pytest.mark.parametrize("evening", ["tonight", "2026-13-40", "9999-12-31", "0001-01-01", "<b>", "2026-11-23' --"])
@pytest.mark.parametrize("path", PATHS)
def test_an_evening_that_is_none_is_explained(site: Site, path: str, evening: str) -> None:
    with site.one.client(cookie=site.cookie(Role.OPERATOR), accept="text/html") as client:
        answer = client.get(path, params={"evening": evening})
    assert answer.status_code == 422
    assert "evening" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", PATHS)
def test_it_is_only_read(site: Site, path: str, method: str) -> None:
    with site.one.client(cookie=site.cookie(Role.OPERATOR)) as client:
        assert client.request(method, path).status_code == 405


def test_rights_that_end_end_here_too(site: Site) -> None:
    name = site.person(Role.OPERATOR)
    cookie = site.cookie(Role.OPERATOR, name)
    with database.transaction() as session:
        session.execute(text("UPDATE people SET disabled_at = now() WHERE username = :name"), {"name": name})
    with site.one.client(cookie=cookie) as client:
        assert client.get("/sheet").status_code == 303
