"""Changing a visit with its form: quick by keyboard, beside colleagues who change it too."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import People, until
from tests.e2e.steps import book, saved, soon


def open_change(page: Page, base: str, number: str) -> Locator:
    """The visit's page, and its form with the key."""
    page.goto(f"{base}/appointments/{number}")
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    sheet = page.get_by_role("dialog", name=re.compile("Change visit"))
    if not sheet.is_visible():
        page.keyboard.press("c")
    expect(sheet.get_by_label("Start")).not_to_have_value("")
    return sheet


def test_the_time_is_changed_with_the_keyboard_alone(people: People) -> None:
    page = people.sign_in("ana")
    booked = book(page, "santos", start=soon(120))
    sheet = open_change(page, people.site.one, booked.number)
    expect(sheet.get_by_label("Start")).to_be_focused()
    before = sheet.get_by_label("Start").input_value()
    page.keyboard.press("+")
    after = sheet.get_by_label("Start").input_value()
    assert after != before
    expect(sheet.locator(".effects")).to_contain_text(f"{booked.therapist} is asked anew.")
    page.keyboard.press("Control+Enter")
    # It asks why, once, at the field.
    expect(sheet.get_by_label("Reason, kept in the history")).to_be_focused()
    page.keyboard.type("Client's running late")
    page.keyboard.press("Control+Enter")
    saved(sheet)
    expect(page.locator(".visit-when")).to_contain_text(after)
    expect(page.locator(".history").get_by_text("Client's running late")).to_be_visible()


def test_two_editors_of_one_visit_lose_nothing(people: People) -> None:
    ana, bea = people.sign_in("ana"), people.sign_in("bea", base=people.site.two)
    number = book(ana, "castillo", start=soon(150)).number
    mine = open_change(ana, people.site.one, number)
    theirs = open_change(bea, people.site.two, number)
    mine.get_by_label("Notes for this visit").fill("Ring twice, it's the 2nd door")
    ana.keyboard.press("Tab")

    theirs.get_by_label("Notes for this visit").fill("Bring the good oil")
    theirs.get_by_label("Minutes").fill("75")
    theirs.get_by_role("button", name="Client asked").click()
    bea.keyboard.press("Control+Enter")
    expect(theirs).to_be_hidden()

    # The other field follows by itself; the one both typed in is named, and mine still stands in it.
    clash = mine.locator('[data-clash="notes"]')
    expect(clash).to_contain_text(re.compile(r"Bea.* changed it at \d\d:\d\d to Bring the good oil"))
    expect(mine.get_by_label("Minutes")).to_have_value("75")
    expect(mine.get_by_label("Notes for this visit")).to_have_value("Ring twice, it's the 2nd door")
    expect(mine.locator(".clash")).to_have_count(1)

    mine.get_by_role("button", name="Running late").click()
    ana.keyboard.press("Control+Enter")
    expect(mine.locator('[data-problem="form"]')).to_contain_text("A colleague changed this visit")
    clash.get_by_role("button", name="Keep mine").click()
    expect(clash).to_be_hidden()
    ana.keyboard.press("Control+Enter")
    expect(mine).to_be_hidden()
    facts = ana.locator(".facts")
    expect(facts.get_by_text("Ring twice, it's the 2nd door")).to_be_visible()
    until(lambda: "75" in open_change(ana, people.site.one, number).get_by_label("Minutes").input_value())


def test_theirs_can_be_taken_instead(people: People) -> None:
    ana, bea = people.sign_in("ana"), people.sign_in("bea", base=people.site.two)
    number = book(ana, "bautista", start=soon(170)).number
    mine = open_change(ana, people.site.one, number)
    mine.get_by_label("Notes for this visit").fill("Mine")
    theirs = open_change(bea, people.site.two, number)
    theirs.get_by_label("Notes for this visit").fill("Theirs")
    theirs.get_by_role("button", name="Client asked").click()
    bea.keyboard.press("Control+Enter")
    expect(theirs).to_be_hidden()
    mine.get_by_role("button", name="Take theirs").click()
    expect(mine.get_by_label("Notes for this visit")).to_have_value("Theirs")
    expect(mine.locator(".effects")).to_contain_text("Nothing is changed yet.")


def test_a_draft_of_a_change_is_kept_for_each_visit_over_a_reload(people: People) -> None:
    page = people.sign_in("ana")
    one, other = book(page, "reyes", start=soon(60)).number, book(page, "aquino", start=soon(60)).number
    sheet = open_change(page, people.site.one, one)
    sheet.get_by_label("Notes for this visit").fill("Of the first")
    page.reload()
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("Of the first")
    sheet = open_change(page, people.site.one, other)
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("")
    sheet = open_change(page, people.site.one, one)
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("Of the first")
    sheet.get_by_role("button", name="Undo my changes").click()
    expect(sheet.get_by_label("Notes for this visit")).to_have_value("")
