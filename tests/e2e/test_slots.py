"""Finding the first free slots: from a visit's page, in the form, on a phone."""

from __future__ import annotations

import os
import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import book, open_booking, overflow, soon


def look(page: Page) -> Locator:
    """Open the search on a visit's page; its dialog, with what it found."""
    page.get_by_role("button", name="Find a slot").click()
    return found(page)


def found(page: Page) -> Locator:
    dialog = page.get_by_role("dialog", name="First free slots")
    expect(dialog.locator(".slot-list")).to_have_attribute("aria-busy", "false")
    return dialog


def picture(page: Page, name: str) -> None:
    """For whoever wants to look; nothing is kept otherwise."""
    if folder := os.environ.get("GUITARA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_a_visit_is_moved_to_the_first_slot_and_everybody_sees_it(people: People) -> None:
    ana, bea = people.sign_in("ana"), people.sign_in("bea", base=people.site.two)
    number = book(ana, "villanueva", start=soon(160)).number
    for page, base in ((ana, people.site.one), (bea, people.site.two)):
        page.goto(f"{base}/appointments/{number}")
    dialog = look(ana)
    # Another evening from now on, by keyboard: the choices are plain fields.
    dialog.get_by_label("Who goes").select_option("any")
    first = found(ana).locator(".slot").first
    expect(first).to_contain_text("can drive")
    label = first.locator("b").inner_text()
    picture(ana, "slots-light")
    first.get_by_role("button", name="Choose").click()
    expect(dialog.get_by_role("button", name=re.compile("^Move to"))).to_be_disabled()
    dialog.get_by_label("Reason, kept in the history").fill("Client's running late")
    dialog.get_by_role("button", name=f"Move to {label}").click()
    expect(dialog).to_be_hidden()
    clock = label.split()[-1]
    for page in (ana, bea):
        expect(page.locator(".visit-when")).to_contain_text(clock)
        expect(page.locator(".history").get_by_text("Client's running late")).to_be_visible()


def test_in_the_form_a_slot_is_taken_into_what_is_typed(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    sheet.get_by_role("button", name="First free slots").click()
    dialog = found(page)
    dialog.get_by_label("Who goes").select_option("any")
    slot = found(page).locator(".slot").first
    label = slot.locator("b").inner_text()
    slot.get_by_role("button", name="Take").click()
    expect(dialog).to_be_hidden()
    expect(sheet.get_by_label("Start")).to_have_value(label.split()[-1])
    expect(sheet.locator(".candidates input:checked")).to_have_count(1)
    sheet.get_by_role("button", name="Empty the form").click()


def test_it_fits_a_phone_and_says_when_there_is_none(people: People) -> None:
    page = people.sign_in("bea", size=PHONE, dark=True)
    desk = people.sign_in("ana")
    number = book(desk, "aquino", start=soon(100)).number
    page.goto(f"{people.site.one}/appointments/{number}")
    dialog = look(page)
    assert overflow(page) == []
    picture(page, "slots-phone-dark")
    dialog.get_by_label("Not before").select_option(index=3)
    dialog.get_by_label("Not after").select_option(index=1)
    expect(dialog.get_by_role("alert").first).to_contain_text("latest start must be after")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
