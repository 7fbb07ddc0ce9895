"""What one is told, wherever one is: the bell, the list in two tabs, and what is urgent over the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from guitara_app.accounts.permissions import Role
from guitara_app.settings import PROJECT
from tests.e2e.conftest import PHONE, People, Site, until
from tests.e2e.staging import hire
from tests.e2e.steps import book, book_by_name, soon


@pytest.fixture(autouse=True, scope="module")
def teller(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker that tells people, and does nothing else of what workers do."""
    command = [sys.executable, "-m", "celery", "-A", "workers.app", "worker", "-Q", "notify", "--concurrency", "1"]
    folder = tmp_path_factory.mktemp("teller")
    with (folder / "log").open("wb") as log:
        worker = subprocess.Popen(
            [*command, "--without-mingle", "--without-gossip"],
            cwd=PROJECT,
            env={**os.environ, "GUITARA_DATA_DIR": str(folder)},
            stdout=log,
            stderr=log,
        )
    try:
        # On a busy machine it takes as long to come up as a page is waited for.
        until(lambda: b" ready." in (folder / "log").read_bytes(), timeout=120)
        yield
    finally:
        worker.terminate()
        worker.wait(30)


def unread(page: Page) -> int:
    """What the bell counts; the page has been told once it is there."""
    return int(page.locator(".bell").get_attribute("data-unread") or 0)


def notices(page: Page) -> Locator:
    return page.locator("[data-notice]")


def test_a_booking_moves_the_bell_on_another_page_and_reading_it_moves_every_tab(people: People) -> None:
    hire(Role.THERAPIST, "Mutya")
    ana, phone = people.sign_in("ana"), people.sign_in("mutya", base=people.site.two, size=PHONE, path="/profile")
    book_by_name(ana, "Mutya", minutes=60)
    expect(phone.locator(".bell-count")).to_be_visible()
    before = unread(phone)
    phone.evaluate("window.stillTheSame = true")

    book_by_name(ana, "Mutya", minutes=150)

    # The materials that are short for it may be told of in the same moment.
    expect(phone.locator(".bell")).not_to_have_attribute("data-unread", str(before))
    assert phone.evaluate("window.stillTheSame === true")

    phone.locator(".bell").click()
    newest = notices(phone).filter(has_text="A job for you").first
    expect(newest).to_have_attribute("data-unread", "true")
    expect(newest).not_to_contain_text("Cruz")
    number = newest.get_attribute("data-notice")
    other = phone.context.new_page()
    other.goto(f"{people.site.one}/notifications")
    for tab in (phone, other):
        expect(tab.locator(f'[data-notice="{number}"]')).to_have_attribute("data-unread", "true")
    counted = unread(other)

    phone.locator(f'[data-notice="{number}"]').get_by_role("button", name="Mark read").click()

    for tab in (phone, other):
        expect(tab.locator(f'[data-notice="{number}"]')).to_have_attribute("data-unread", "false")
        expect(tab.locator(".bell")).to_have_attribute("data-unread", str(counted - 1))

    other.get_by_role("button", name="Mark all read").click()
    for tab in (phone, other):
        expect(tab.locator(".bell-count")).to_have_count(0)
        expect(notices(tab).first).to_be_visible()
    phone.get_by_role("button", name="Unread").click()
    expect(phone.get_by_text("Nothing of this kind.")).to_be_visible()


def test_what_is_urgent_shows_once_over_whatever_page_and_leads_to_the_visit(people: People) -> None:
    ana, bea = people.sign_in("ana"), people.sign_in("bea", base=people.site.two, path="/clients")
    start = soon(70)
    booked = book(ana, "tor", start=start)
    alert = bea.locator(".alert").filter(has_text=re.compile("rejected")).filter(has_text=start)
    expect(alert).to_have_count(0)

    phone = people.sign_in(booked.username, size=PHONE)
    job = phone.locator(f'[data-job][data-visit="{booked.number}"]')
    job.get_by_role("button", name="Reject").click()
    dialog = phone.get_by_role("dialog")
    dialog.get_by_role("button", name="I am ill").click()
    dialog.get_by_role("button", name="Reject", exact=True).click()

    expect(alert).to_be_visible()
    assert bea.locator(".alerts").get_attribute("aria-live") == "assertive"
    bea.reload()
    expect(bea.locator(".bell-count")).to_be_visible()
    expect(alert).to_have_count(0)

    bea.locator(".bell").click()
    bea.get_by_role("button", name="Urgent").click()
    row = notices(bea).filter(has=bea.locator(f'a[href="/appointments/{booked.number}"]')).filter(has_text="rejected")
    expect(row).to_have_attribute("data-unread", "true")
    row.get_by_role("link").click()
    bea.wait_for_url(f"**/appointments/{booked.number}")
    bea.locator(".bell").click()
    expect(row).to_have_attribute("data-unread", "false")


def test_the_choice_of_mail_stays(people: People) -> None:
    page = people.sign_in("marga", path="/profile")
    page.get_by_label("Send me").select_option("everything")
    expect(page.get_by_label("Send me")).to_have_value("all")
    page.reload()
    expect(page.get_by_label("Send me")).to_have_value("all")
