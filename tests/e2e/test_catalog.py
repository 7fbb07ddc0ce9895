"""What is sold is changed on a page, and every open form offers it at once; two who change the same are told."""

from __future__ import annotations

import os
import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.kit.database import reading
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import choose_client, choose_place, open_booking, overflow, saved, sometime_soon


def picture(page: Page, name: str) -> None:
    """For whoever wants to look; nothing is kept otherwise."""
    if folder := os.environ.get("GUITARA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def line(page: Page, name: str) -> Locator:
    return page.locator(".catalog-line").filter(has=page.get_by_text(name, exact=True))


def change(page: Page, name: str, of: str = "service") -> Locator:
    """Open the form of a row, and wait until it shows what stands there."""
    line(page, name).get_by_role("button", name="Change").click()
    sheet = page.get_by_role("dialog", name=f"Change the {of}")
    expect(sheet.get_by_label("Name", exact=True)).to_have_value(name)
    return sheet


def chip(sheet: Locator, name: str) -> Locator:
    return sheet.get_by_role("checkbox", name=re.compile(f"^{re.escape(name)}"))


def test_a_service_is_added_while_somebody_books_and_taken_off_again(people: People) -> None:
    marga = people.sign_in("marga", path="/services")
    ana = people.sign_in("ana", base=people.site.two, path="/board")
    form = open_booking(ana)
    choose_client(form, "castillo")
    expect(chip(form, "Tita's Head Massage")).to_have_count(0)

    marga.get_by_role("button", name="Add", exact=True).click()
    sheet = marga.get_by_role("dialog", name="Add a service")
    expect(sheet.locator(".catalog-materials input").first).to_be_visible()
    sheet.get_by_label("Name", exact=True).fill("Tita's Head Massage")
    sheet.get_by_label("Minutes", exact=True).fill("45")
    sheet.get_by_label("Price").fill("cheap")
    sheet.locator(".catalog-materials input").first.fill("2")
    sheet.get_by_role("button", name="Save").click()
    refused = sheet.locator('[data-problem="price"]')
    expect(refused).to_contain_text("Type the price in pesos")
    expect(sheet.get_by_label("Price")).to_be_focused()
    picture(marga, "services-refused")
    expect(sheet.get_by_label("Name", exact=True)).to_have_value("Tita's Head Massage")
    sheet.get_by_label("Price").fill("450.50")
    expect(refused).to_be_empty()
    marga.keyboard.press("Control+Enter")
    saved(sheet)
    expect(line(marga, "Tita's Head Massage")).to_contain_text("450.50")
    picture(marga, "services-light")

    # The form of a colleague on the other process, which was open all the time.
    chip(form, "Tita's Head Massage").check()
    choose_place(form)
    form.get_by_label("Start").fill(sometime_soon())
    best = form.locator(".candidates li[data-free=true]").first
    best.get_by_role("checkbox").check()
    ana.keyboard.press("Control+Enter")
    saved(form)
    notice = re.search(r"#(\d+)", ana.get_by_text(re.compile(r"Booked #\d+")).first.inner_text())
    assert notice is not None

    form = open_booking(ana)
    expect(chip(form, "Tita's Head Massage")).to_have_count(1)
    line(marga, "Tita's Head Massage").get_by_role("button", name="Take off sale").click()
    expect(line(marga, "Tita's Head Massage")).to_contain_text("off sale")
    expect(chip(form, "Tita's Head Massage")).to_have_count(0)
    expect(chip(form, "Shiatsu").first).to_be_visible()
    with reading() as session:
        row = session.execute(
            text(
                "SELECT v.name, v.price, a.price AS paid FROM appointment_services x JOIN services v"
                " ON v.id = x.service_id JOIN appointments a ON a.id = x.appointment_id WHERE a.id = :id"
            ),
            {"id": int(notice[1])},
        ).one()
    assert (row.name, str(row.price), str(row.paid)) == ("Tita's Head Massage", "450.50", "450.50")
    ana.goto(f"{people.site.two}/appointments/{notice[1]}")
    expect(ana.locator(".visit")).to_contain_text("Tita's Head Massage")


def test_two_who_change_the_same_service_are_told_and_nothing_typed_is_lost(people: People) -> None:
    one = people.sign_in("marga", path="/services")
    other = people.sign_in("ramon", base=people.site.two, path="/services", size=PHONE, dark=True)
    name = line(one, "Shiatsu").locator("b").first.inner_text()
    assert overflow(other) == []
    picture(other, "services-phone-dark")
    mine, theirs = change(one, name), change(other, name)
    mine.get_by_label("Price").fill("801")
    mine.get_by_label("Rest afterwards").fill("7")
    theirs.get_by_label("Price").fill("802")
    assert overflow(other) == []
    picture(other, "service-form-phone-dark")
    theirs.get_by_role("button", name="Save").click()
    saved(theirs)

    expect(mine.locator('[data-clash="price"]')).to_contain_text(re.compile("Ramon.* to 802, you typed 801"))
    picture(one, "services-clash")
    expect(mine.get_by_label("Price")).to_have_value("801")
    mine.get_by_role("button", name="Save").click()
    expect(mine.locator('[data-clash="price"]')).to_be_visible()
    mine.get_by_role("button", name="Take theirs").click()
    expect(mine.get_by_label("Price")).to_have_value("802")
    mine.get_by_role("button", name="Save").click()
    saved(mine)
    expect(line(other, name)).to_contain_text("802")
    expect(line(other, name)).to_contain_text("+7 min rest")


def test_a_material_is_added_and_a_service_takes_it_along(people: People) -> None:
    marga = people.sign_in("marga", path="/services")
    marga.get_by_role("link", name="Materials").click()
    marga.get_by_role("button", name="Add", exact=True).click()
    sheet = marga.get_by_role("dialog", name="Add a material")
    sheet.get_by_label("Name", exact=True).fill("Nurse's Balm")
    sheet.get_by_label("Warn at").fill("few")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.locator('[data-problem="minimum"]')).to_have_text("A whole number, 0 or more.")
    expect(sheet.locator('[data-problem="unit"]')).to_have_text("Type what it is counted in.")
    picture(marga, "material-refused")
    sheet.get_by_label("Warn at").fill("3")
    sheet.get_by_label("Counted in").fill("tub")
    sheet.get_by_label("Expires on").fill("2027-03-01")
    marga.keyboard.press("Control+Enter")
    saved(sheet)
    expect(line(marga, "Nurse's Balm")).to_contain_text("warn at 3")
    picture(marga, "materials-light")

    ramon = people.sign_in("ramon", base=people.site.two, path="/materials", size=PHONE, dark=True)
    expect(line(ramon, "Nurse's Balm")).to_be_visible()
    assert overflow(ramon) == []
    picture(ramon, "materials-phone-dark")
    ramon.goto(f"{people.site.two}/services")
    form = change(ramon, "Foot")
    form.get_by_label("Nurse's Balm").fill("1.5")
    form.get_by_role("button", name="Save").click()
    expect(form.locator(".catalog-materials .field-problem:not(:empty)")).to_have_text("A whole number, or nothing.")
    form.get_by_label("Nurse's Balm").fill("1")
    form.get_by_role("button", name="Save").click()
    saved(form)
    expect(line(ramon, "Foot")).to_contain_text("Nurse's Balm")


def test_a_zone_and_a_town_are_added_and_can_be_chosen_in_an_open_form(people: People) -> None:
    ramon = people.sign_in("ramon", path="/zones", size=PHONE, dark=True)
    ana = people.sign_in("ana", base=people.site.two, path="/board")
    form = open_booking(ana)
    ramon.get_by_role("button", name="Add", exact=True).click()
    sheet = ramon.get_by_role("dialog", name="Add a zone")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.locator('[data-problem="name"]')).to_have_text("Type a name.")
    sheet.get_by_label("Name", exact=True).fill("O'Donnell Side")
    sheet.get_by_role("button", name="Save").click()
    saved(sheet)
    expect(line(ramon, "O'Donnell Side")).to_contain_text("no towns yet")
    ramon.get_by_role("button", name="Add a town").click()
    sheet = ramon.get_by_role("dialog", name="Add a town")
    sheet.get_by_label("Name", exact=True).fill("Camiling")
    sheet.get_by_role("button", name="Save").click()
    expect(sheet.locator('[data-problem="zone_id"]')).to_have_text("Choose the zone it is in.")
    sheet.get_by_label("Zone", exact=True).select_option(label="O'Donnell Side")
    assert overflow(ramon) == []
    sheet.get_by_role("button", name="Save").click()
    saved(sheet)
    expect(line(ramon, "O'Donnell Side")).to_contain_text("Camiling")
    assert overflow(ramon) == []
    picture(ramon, "zones-phone-dark")
    expect(form.get_by_label("Town").locator("option", has_text="Camiling")).to_have_count(1)
    marga = people.sign_in("marga", path="/zones")
    expect(line(marga, "O'Donnell Side")).to_contain_text("Camiling")
    picture(marga, "zones-light")


def test_an_operator_sees_the_services_and_changes_none(people: People) -> None:
    ana = people.sign_in("ana", path="/board")
    ana.get_by_role("link", name="Catalog").click()
    expect(line(ana, "Shiatsu").first).to_be_visible()
    expect(ana.get_by_role("button", name="Add", exact=True)).to_have_count(0)
    expect(ana.get_by_role("button", name="Change")).to_have_count(0)
    ana.get_by_label("Find in the list").fill("shiat")
    expect(ana.locator(".catalog-line")).to_have_count(1)
    ana.get_by_label("Find in the list").fill("no such thing")
    expect(ana.get_by_text("Nothing matches.")).to_be_visible()
