"""An admin changes something in the console and everybody sees it at once; the audit trail tells of it."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

from playwright.sync_api import expect
from sqlalchemy import text

from guitara_app.kit.database import reading
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import overflow


def client_called(name: str) -> int:
    with reading() as session:
        found = session.execute(
            text("SELECT id FROM clients WHERE name LIKE :name AND merged_into_id IS NULL ORDER BY id LIMIT 1"),
            {"name": name},
        )
        return int(found.scalar_one())


def refused(people: People, status: int) -> None:
    """The browser itself complains of a page that was refused, which is what was looked for."""
    told = [one for one in people.complaints if f"status of {status}" in one]
    assert told
    people.complaints[:] = [one for one in people.complaints if one not in told]


def test_what_an_admin_changes_in_the_console_shows_in_open_pages_at_once(people: People) -> None:
    number = client_called("%'%")
    ana = people.sign_in("ana", base=people.site.two, path=f"/clients/{number}")
    expect(ana.get_by_label("Name", exact=True)).not_to_have_value("")
    admin = people.sign_in("ramon")
    admin.get_by_role("link", name="Database").click()
    expect(admin.get_by_role("heading", name="Database", exact=True)).to_be_visible()
    admin.locator(".page-body a[href$='/admin/clients/list']").click()
    admin.get_by_label("Search in list").fill(f"#{number}")
    admin.get_by_label("Search in list").press("Enter")
    expect(admin.locator("tbody tr")).to_have_count(1)
    admin.locator("tbody td[data-column='name']").click()
    admin.get_by_role("button", name="Edit").click()
    admin.get_by_label("Name").fill("Mrs Console O'Neil")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("was changed successfully")).to_be_visible()
    expect(ana.get_by_label("Name", exact=True)).to_have_value("Mrs Console O'Neil")
    expect(ana.get_by_text("Ramon Yulo").first).to_be_visible()


def test_a_refused_change_says_why_and_keeps_what_was_typed(people: People) -> None:
    number = client_called("%")
    admin = people.sign_in("ramon", size=PHONE, dark=True, path="/profile")
    admin.goto(f"{people.site.one}/admin/clients/edit?pk={number}")
    admin.get_by_label("Phone").fill("12")
    admin.get_by_label("Notes").fill("It's <b>bold</b>")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("This is not a phone number")).to_be_visible()
    expect(admin.get_by_label("Phone")).to_have_value("12")
    expect(admin.get_by_label("Notes")).to_have_value("It's <b>bold</b>")
    refused(people, 422)
    assert overflow(admin) == []


def test_a_visit_is_cancelled_by_its_action(people: People) -> None:
    with reading() as session:
        visit = session.execute(
            text("SELECT max(id) FROM appointments WHERE state IN ('pending', 'therapist_confirmed')")
        ).scalar_one()
    ana = people.sign_in("ana", base=people.site.two, path=f"/appointments/{visit}")
    admin = people.sign_in("ramon", path="/profile")
    admin.goto(f"{people.site.one}/admin/appointments/detail?pk={visit}")
    admin.get_by_role("button", name="Cancel the visit").click()
    admin.get_by_label("Reason").fill("The client's ill")
    admin.get_by_role("button", name="Cancel the visit").click()
    expect(admin.get_by_text("Cancel the visit: done")).to_be_visible()
    expect(ana.get_by_text("The client's ill").first).to_be_visible()


def test_what_is_known_of_a_client_is_handed_over_and_then_gone_from_every_open_page(people: People) -> None:
    with reading() as session:
        number, name, phone = session.execute(
            text(
                "SELECT id, name, phone FROM clients c WHERE merged_into_id IS NULL AND name LIKE '%''%' AND NOT EXISTS"
                " (SELECT 1 FROM appointments a WHERE a.client_id = c.id AND a.closed_at IS NULL) ORDER BY id LIMIT 1"
            )
        ).one()
    ana = people.sign_in("ana", base=people.site.two, path=f"/clients/{number}")
    expect(ana.get_by_label("Name", exact=True)).to_have_value(name)
    expect(ana.get_by_role("link", name="Erase who this is")).to_have_count(0)
    admin = people.sign_in("ramon", path=f"/clients/{number}")
    with admin.expect_download() as taken:
        admin.get_by_role("link", name="Everything known of them").click()
    known = json.loads(Path(taken.value.path()).read_text("utf-8"))
    assert name in json.dumps(known, ensure_ascii=False)
    assert phone in json.dumps(known)
    admin.get_by_role("link", name="Erase who this is").click()
    admin.get_by_label("Reason").fill("asked for by letter")
    admin.get_by_role("button", name="Erase who this is").click()
    expect(admin.get_by_text("Erase who this is: done")).to_be_visible()
    expect(ana.get_by_label("Name", exact=True)).not_to_have_value(name)
    assert phone not in ana.content()
    ana.goto(f"{people.site.two}/clients")
    ana.get_by_role("searchbox").first.fill(phone)
    expect(ana.get_by_text(name)).to_have_count(0)


def test_the_list_is_filtered_and_its_columns_chosen(people: People) -> None:
    admin = people.sign_in("ramon", path="/profile")
    admin.goto(f"{people.site.one}/admin/appointments/list")
    admin.get_by_role("button", name="Columns").click()
    admin.get_by_label("Address", exact=True).uncheck()
    admin.get_by_role("button", name="Apply").click()
    expect(admin.locator("th[data-column='address']")).to_have_count(0)
    admin.get_by_label("Page size").select_option(label="50")
    expect(admin.locator("tbody tr")).to_have_count(50)


def test_nobody_but_admins_gets_in(people: People) -> None:
    ana = people.sign_in("ana")
    for place in ("Database", "Audit"):
        expect(ana.get_by_role("link", name=place)).to_have_count(0)
    for path in ("/admin/", "/admin/clients/list", "/audit.csv"):
        ana.goto(f"{people.site.one}{path}")
        expect(ana.get_by_text("Your account may not do this")).to_be_visible()
    refused(people, 403)
    ana.goto(f"{people.site.one}/audit")
    expect(ana.get_by_text("Only admins read the audit trail")).to_be_visible()
    nobody = people.visitor()
    nobody.goto(f"{people.site.one}/admin/people/list")
    expect(nobody.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_audit_trail_is_filtered_searched_and_taken_along(people: People) -> None:
    admin = people.sign_in("ramon", path="/audit")
    expect(admin.locator(".audit-events > li")).to_have_count(50)
    newest = admin.locator(".audit-events > li").first.inner_text()
    admin.get_by_role("button", name="Older").click()
    expect(admin.get_by_text("Page 2")).to_be_visible()
    assert admin.locator(".audit-events > li").first.inner_text() != newest
    number = client_called("%")
    admin.goto(f"{people.site.one}/admin/clients/edit?pk={number}")
    admin.get_by_label("Notes").fill("Rings the bell of the neighbour's door")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("was changed successfully")).to_be_visible()
    admin.goto(f"{people.site.one}/audit?client={number}")
    admin.locator("select[name=door]").select_option(label="console")
    admin.locator("input[name=words]").fill("neighbour")
    admin.get_by_role("button", name="Look", exact=True).click()
    expect(admin.locator(".audit-events > li")).to_have_count(1)
    found = admin.locator(".audit-events > li")
    expect(found).to_contain_text("Client changed")
    expect(found).to_contain_text("Ramon Yulo")
    expect(found.locator("ins")).to_have_text("Rings the bell of the neighbour's door")
    expect(admin.get_by_label("Client", exact=True)).to_have_value(str(number))
    with admin.expect_download() as taken:
        admin.get_by_role("link", name="CSV").click()
    lines = list(csv.reader(StringIO(taken.value.path().read_text("utf-8-sig"))))
    assert len(lines) == 2
    assert lines[1][3] == "Client changed"
    book = admin.get_by_role("link", name="Excel").get_attribute("href")
    assert admin.context.request.get(f"{people.site.one}{book}").body()[:2] == b"PK"
    admin.get_by_role("button", name="Show all").click()
    expect(admin.locator(".audit-events > li").first).to_contain_text("Audit trail taken as a file")
    admin.get_by_label("Visit", exact=True).fill("x")
    admin.get_by_role("button", name="Look", exact=True).click()
    expect(admin.get_by_role("alert").filter(has_text="The visit is a number")).to_be_visible()


def test_the_audit_trail_fits_a_phone(people: People) -> None:
    admin = people.sign_in("ramon", size=PHONE, dark=True, path="/audit")
    expect(admin.locator(".audit-events > li").first).to_be_visible()
    assert overflow(admin) == []
