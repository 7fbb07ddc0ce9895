"""A table of clients is taken in: sent, its columns named, looked at row by row, and all of it in or nothing."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from sqlalchemy import text

from guitara_app.exchange.queries import waiting_imports
from guitara_app.exchange.services import carry_out
from guitara_app.kit.database import reading, run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import overflow

TABLE = """Wer;Mobile;Street;City;Remarks
Rosalinda O'Quirke;0918 555 7001;5 Mabini St;Makati;Rings twice
Nobody;12345;;;
José Muñoz;0918 555 7002;;;=1+1
"""


def send(page: Page, content: bytes, name: str = "old-system.csv", about: str = "Clients") -> None:
    page.get_by_role("radio", name=about).check()
    page.get_by_label("CSV or Excel file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Send and look at it").click()


def work() -> None:
    """What a worker would do."""
    for number in run(waiting_imports):
        carry_out(number, now=now())


def test_a_table_of_another_program_is_taken_in(people: People) -> None:
    marga = people.sign_in("marga", path="/board")
    marga.get_by_role("link", name="Import").click()
    expect(marga.get_by_role("radio", name="Clients")).to_be_checked()
    # Accounts are for admins.
    expect(marga.get_by_role("radio", name="Staff")).to_have_count(0)

    send(marga, TABLE.encode("cp1252"))
    expect(marga.get_by_role("note")).to_contain_text("read as Windows-1252")
    expect(marga.get_by_label("Phone", exact=False).first).to_be_visible()
    expect(marga.locator("#column-phone")).to_have_value("1")
    expect(marga.locator("#column-name")).to_have_value("")
    marga.locator("#column-name").select_option(label="Wer")
    expect(marga.get_by_text("Rosalinda O'Quirke · Nobody · José Muñoz")).to_be_visible()
    # What was chosen is there after a reload too.
    marga.reload()
    expect(marga.locator("#column-name")).to_have_value("0")

    marga.get_by_role("button", name="Look at every row").click()
    expect(marga.get_by_text("Waiting for a worker")).to_be_visible()
    work()
    rows = marga.get_by_role("list", name="Rows")
    expect(rows.locator("> li")).to_have_count(1)
    expect(rows).to_contain_text("Phone: This is not a phone number.")
    with marga.expect_download() as downloading:
        marga.get_by_role("link", name="Refused rows as a file").click()
    assert "This is not a phone number" in downloading.value.path().read_text(encoding="utf-8-sig")
    marga.get_by_role("button", name="2 New").click()
    expect(rows.locator("> li")).to_have_count(2)
    marga.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert overflow(marga) == []
    marga.set_viewport_size({"width": 1440, "height": 900})

    marga.get_by_role("button", name="Take in 2 rows, leave 1 refused out").click()
    expect(marga.get_by_text("Waiting for a worker")).to_be_visible()
    marga.reload()
    expect(marga.get_by_text("Waiting for a worker")).to_be_visible()
    work()
    expect(marga.get_by_role("status").filter(has_text="2 new")).to_be_visible()
    marga.get_by_role("link", name="See the clients").click()
    marga.get_by_role("searchbox").or_(marga.get_by_placeholder("Name, phone")).first.fill("quirke")
    expect(marga.get_by_text("Rosalinda O'Quirke")).to_be_visible()
    with reading() as session:
        notes = session.execute(text("SELECT notes FROM clients WHERE phone = '+639185557002'")).scalar_one()
    assert notes == "=1+1"


def test_a_bad_file_is_told_and_nothing_is_lost(people: People) -> None:
    ramon = people.sign_in("ramon", path="/import")
    send(ramon, b"\x00\x01\x02", "table.csv", about="Services")
    problem = ramon.locator(".sender [role=alert]")
    expect(problem).to_contain_text("neither a CSV nor an Excel file")
    # What was chosen is still chosen.
    expect(ramon.get_by_role("radio", name="Services")).to_be_checked()
    assert ramon.get_by_label("CSV or Excel file").input_value().endswith("table.csv")
    # A browser tells its console of every refusal.
    assert all("422" in said for said in people.complaints)
    people.complaints.clear()
    ramon.get_by_label("CSV or Excel file").set_input_files(
        {"name": "photo.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
    )
    ramon.get_by_role("button", name="Send and look at it").click()
    expect(problem).to_contain_text("Choose a CSV or Excel file")

    send(ramon, b"Service,Duration,Price\nHilot de Luxe,60,cheap\n", about="Services")
    ramon.get_by_role("button", name="Look at every row").click()
    expect(ramon.get_by_text("Waiting for a worker")).to_be_visible()
    work()
    expect(ramon.get_by_text("Price: A price in pesos, such as 500 or 1,250.50.")).to_be_visible()
    expect(ramon.get_by_text("there is nothing to take in")).to_be_visible()
    ramon.get_by_role("button", name="Put this file away").click()
    expect(ramon.get_by_text("Take everything out")).to_be_visible()
    with ramon.expect_download() as downloading:
        ramon.get_by_role("link", name="CSV").nth(1).click()
    assert downloading.value.suggested_filename == "guitara-services.csv"


def test_operators_see_nothing_of_it(people: People) -> None:
    ana = people.sign_in("ana", path="/board")
    expect(ana.get_by_role("link", name="Import")).to_have_count(0)
    ana.goto(f"{people.site.one}/import")
    expect(ana.get_by_text("Only managers take files in and out.")).to_be_visible()
