"""A real firm from its first page to its first visit, on servers of its own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from guitara_app.cli.build import ensure_built
from guitara_app.embedded.server import free_port
from tests.e2e.conftest import DESK, PHONE, People, Servers, Site, Web
from tests.e2e.steps import open_booking, overflow, saved, soon

PASSWORD = "seven quiet lanterns"


def hours() -> dict[str, str]:
    """An evening with the present inside it."""
    at = datetime.now(ZoneInfo("Asia/Manila")).replace(minute=0)
    around = {"Opens": -2, "Closes": 10, "Business day turns": -5}
    return {label: f"{at + timedelta(hours=off):%H:%M}" for label, off in around.items()}


@pytest.fixture
def fresh(servers: Servers, tmp_path: Path) -> Iterator[Site]:
    """A database in which nobody has an account."""
    ensure_built()
    web = Web(free_port(), tmp_path / "web.log")
    with servers.empty() as urls:
        web.environment = {
            "GUITARA_DATABASE_URL": urls.app,
            "GUITARA_OWNER_DATABASE_URL": urls.owner,
            "GUITARA_REDIS_URL": servers.valkey.url,
            "GUITARA_DATA_DIR": str(tmp_path),
        }
        try:
            web.start()
            yield Site([web])
        finally:
            web.kill()


@pytest.fixture
def strangers(browser: Browser, fresh: Site) -> Iterator[People]:
    """People without accounts; their consoles are listened to."""
    them = People(browser, fresh)
    yield them
    for context in browser.contexts:
        context.close()
    # A field that was refused is a 422 and a used link a 404, on purpose.
    meant = ("status of 422", "/invite#")
    assert [said for said in them.complaints if not any(one in said for one in meant)] == []


def test_a_firm_opens_and_its_first_visit_is_booked_and_accepted(strangers: People, fresh: Site) -> None:
    page = strangers.visitor(size=DESK)
    page.goto(fresh.one)
    page.wait_for_url("**/setup")
    page.get_by_label("Name of the firm").fill("Tita's Touch")
    for label, clock in hours().items():
        page.get_by_label(label).fill(clock)
    page.get_by_label("Your name").fill("Ms. D'Souza")
    page.get_by_label("Password, 10 characters or more").fill("short")
    for name, username, role in (("Pia O'Hara", "pia", "therapist"), ("Bing Reyes", "bing", "operator")):
        page.get_by_role("button", name="Add a person").click()
        row = page.get_by_role("group", name=re.compile(r"Person \d")).last
        row.get_by_label("Name", exact=True).fill(name)
        row.get_by_label("User name").fill(username)
        row.get_by_label("Role").select_option(role)
    shot(page, "setup")
    page.get_by_role("button", name="Open the firm").click()
    expect(page.get_by_text("A user name is letters")).to_be_visible()
    expect(page.get_by_text("A password needs 10 characters")).to_be_visible()

    page.reload()
    expect(page.get_by_label("Name of the firm")).to_have_value("Tita's Touch")
    expect(page.get_by_label("Password, 10 characters or more")).to_have_value("")
    page.get_by_label("User name").first.fill("boss")
    page.get_by_label("Password, 10 characters or more").fill(PASSWORD)
    page.get_by_role("button", name="Open the firm").click()
    expect(page.get_by_role("heading", name="Tita's Touch is ready")).to_be_visible()
    links = {who: page.locator(f'[data-invitation="{who}"]').inner_text() for who in ("pia", "bing")}
    page.get_by_role("link", name="Go to the board").click()
    page.wait_for_url("**/board")
    expect(page.get_by_text("Book the first visit")).to_be_visible()
    shot(page, "empty-board")

    phone = strangers.visitor(size=PHONE)
    accept(phone, links["pia"], "Pia O'Hara")
    phone.wait_for_url("**/tonight")
    desk = strangers.visitor(size=DESK)
    accept(desk, links["bing"], "Bing Reyes")
    desk.wait_for_url("**/board")
    for new in (phone, desk):
        # Whoever is new is shown around.
        new.get_by_role("button", name="Skip the tour").click()

    sheet = open_booking(desk)
    client = sheet.get_by_role("combobox", name="Client: name, phone or e-mail")
    client.fill("Aling Nena")
    sheet.get_by_role("option", name=re.compile("new client", re.IGNORECASE)).click()
    sheet.get_by_label("Phone").fill("0917 123 4567")
    sheet.get_by_label("Street, number, unit").fill("5 Narra St")
    sheet.get_by_label("Town").select_option(index=1)
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    sheet.get_by_label("Start").fill(soon(20))
    sheet.locator(".candidates li").filter(has_text="Pia").get_by_role("checkbox").check()
    desk.keyboard.press("Control+Enter")
    saved(sheet)

    phone.get_by_role("button", name="Accept").first.click()
    expect(desk.locator('.card[data-state="therapist_confirmed"], .card').first).to_contain_text("Pia")
    expect(page.locator(".card").first).to_contain_text("Aling Nena")

    again = strangers.visitor()
    again.goto(f"{fresh.one}/setup")
    again.wait_for_url("**/login")
    again.goto(links["pia"])
    expect(again.get_by_text("has been used, or is over")).to_be_visible()


def test_every_page_is_usable_with_nobody_and_nothing(strangers: People, fresh: Site) -> None:
    page = strangers.visitor(size=PHONE)
    page.goto(f"{fresh.one}/board")
    page.wait_for_url("**/setup")
    assert overflow(page) == []
    page.get_by_label("Name of the firm").fill("Alone")
    page.get_by_label("Your name").fill("Solo")
    page.get_by_label("User name").first.fill("solo")
    page.get_by_label("Password, 10 characters or more").fill(PASSWORD)
    page.get_by_role("button", name="Open the firm").click()
    page.wait_for_url("**/board")
    for path in ("/board", "/clients", "/shifts", "/staff", "/profile", "/drivers"):
        page.goto(f"{fresh.one}{path}")
        expect(page.locator(".live").first).to_have_attribute("data-connection", "live")
        expect(page.locator("main")).not_to_be_empty()
        assert overflow(page) == []


def accept(page: Page, link: str, name: str) -> None:
    page.goto(link)
    expect(page.get_by_text(f"Welcome, {name}.")).to_be_visible()
    page.get_by_label("Password, 10 characters or more").fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()


def shot(page: Page, name: str) -> None:
    """A picture for whoever wants to look, where ``GUITARA_SHOTS`` says."""
    if folder := os.environ.get("GUITARA_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
