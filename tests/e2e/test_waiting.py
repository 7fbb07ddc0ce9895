"""The waiting list: somebody is put on it, a slot is found, and one click leads to the booking."""

from __future__ import annotations

import os
import re

from playwright.sync_api import Locator, Page, expect

from guitara_app.appointments.services import match_wishes
from guitara_app.kit.database import run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import book, choose_client, choose_place, overflow, saved, sometime_soon


def picture(page: Page, name: str) -> None:
    """For whoever wants to look; nothing is kept otherwise."""
    if folder := os.environ.get("GUITARA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def matched() -> int:
    """What the task does; browsers are tested without a worker."""
    return run(lambda session: match_wishes(session, now=now()))


def add(page: Page, client: str, notes: str) -> Locator:
    """Put a client on the list; the line that shows them."""
    page.get_by_role("button", name="Add").click()
    sheet = page.get_by_role("dialog", name="Add to the waiting list")
    expect(sheet.locator(".chip").first).to_be_visible()
    choose_client(sheet, client)
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    liked = sheet.get_by_role("button", name="Rather with")
    if liked.count():
        liked.click()
        expect(sheet.get_by_label("Rather with").locator("option:checked")).not_to_have_text("Anybody")
    sheet.get_by_label("Notes", exact=True).fill(notes)
    picture(page, "wish-form")
    page.keyboard.press("Control+Enter")
    saved(sheet)
    line = page.locator("[data-wish]").filter(has_text=notes)
    expect(line).to_be_visible()
    return line


def test_from_the_list_over_the_board_to_the_booking(people: People) -> None:
    ana = people.sign_in("ana", path="/waiting")
    bea = people.sign_in("bea", base=people.site.two, path="/board")
    line = add(ana, "castillo", "It's for her mother's birthday")
    expect(line).to_contain_text("Nothing is free yet.")
    assert matched() >= 1
    expect(line.locator(".waiting-found")).to_be_visible()
    picture(ana, "waiting-light")
    # On every desk, wherever it stands.
    need = bea.locator('.need[data-kind="wish"]').first
    expect(need).to_contain_text("Free for")
    need.get_by_role("link", name="Book", exact=True).click()
    sheet = bea.get_by_role("dialog", name="Book a visit")
    expect(sheet).to_contain_text("From the waiting list")
    expect(sheet.get_by_label("Start")).not_to_have_value("")
    expect(sheet.locator(".candidates input:checked")).to_have_count(1)
    choose_place(sheet)
    bea.keyboard.press("Control+Enter")
    saved(sheet)
    # It goes from the list, and from the board, by itself.
    expect(line).to_be_hidden()
    expect(ana.get_by_role("region", name="Not waiting any more").get_by_role("link", name="Booked")).to_be_visible()
    bea.goto(f"{people.site.two}/board")
    expect(bea.locator('.need[data-kind="wish"]')).to_have_count(0)


def test_it_is_changed_declined_and_taken_off_on_a_phone(people: People) -> None:
    page = people.sign_in("bea", size=PHONE, dark=True, path="/waiting")
    desk = people.sign_in("ana", path="/waiting")
    add(desk, "villanueva", "Only evenings")
    line = page.locator("[data-wish]").filter(has_text="Only evenings")
    matched()
    expect(line.locator(".waiting-found")).to_be_visible()
    assert overflow(page) == []
    picture(page, "waiting-phone-dark")
    line.get_by_role("button", name="Not that evening").click()
    expect(line).to_contain_text("Nothing is free yet.")
    line.get_by_role("button", name="Change").click()
    sheet = page.get_by_role("dialog", name="Change what they wait for")
    expect(sheet.get_by_label("Notes", exact=True)).to_have_value("Only evenings")
    sheet.get_by_label("Start not before").fill("20:00")
    sheet.get_by_label("Notes", exact=True).fill("Only evenings, it's dark then")
    sheet.get_by_role("button", name="Save").click()
    saved(sheet)
    for shown in (page, desk):
        expect(shown.locator("[data-wish]").filter(has_text="it's dark then")).to_contain_text("from 20:00")
    line.get_by_role("button", name="Take off").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("button", name="Went elsewhere").click()
    dialog.get_by_role("button", name="Take off").click()
    expect(line).to_be_hidden()
    expect(desk.locator("[data-wish]").filter(has_text="Only evenings")).to_be_hidden()


def test_a_visit_booked_by_hand_ends_the_waiting_and_can_be_undone(people: People) -> None:
    ana = people.sign_in("ana", path="/waiting")
    line = add(ana, "castillo", "Rings every day")
    bea = people.sign_in("bea", base=people.site.two, path="/board")
    book(bea, "castillo", start=sometime_soon())
    expect(bea.get_by_text("They wait no more").first).to_be_visible()
    expect(line).to_be_hidden()
    ended = ana.get_by_role("region", name="Not waiting any more").locator("li").first
    expect(ended.get_by_role("link", name=re.compile(r"Booked #\d+"))).to_be_visible()
    picture(ana, "waiting-met")
    ended.get_by_role("button", name=re.compile("waits again")).click()
    expect(line).to_be_visible()
    assert overflow(ana) == []
