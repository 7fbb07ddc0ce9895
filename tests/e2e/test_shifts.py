"""The desk plans an evening's hours, and everybody who looks at them sees it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import People


def row(page: Page, starts: str, ends: str) -> Locator:
    """The last evening's first row, once it shows these hours."""
    found = page.locator(".shift").first
    expect(found.locator("[name=starts]")).to_have_value(starts)
    expect(found.locator("[name=ends]")).to_have_value(ends)
    return found


def test_hours_set_by_one_are_seen_by_another_and_can_be_taken_away(people: People) -> None:
    ana, bea = people.sign_in("ana", path="/shifts"), people.sign_in("bea", path="/shifts")
    for page in (ana, bea):
        expect(page.locator(".shift").first).to_be_visible()
        page.get_by_label("Evening").select_option(index=13)
    mine = row(ana, "", "")
    mine.locator("[name=starts]").fill("22:00")
    mine.locator("[name=ends]").fill("02:00")
    mine.get_by_role("button", name="Set").click()
    theirs = row(bea, "22:00", "02:00")
    theirs.locator("[name=starts]").fill("")
    theirs.get_by_role("button", name="Set").click()
    expect(bea.get_by_text("Type start and end like 13:00 and 01:00")).to_be_visible()
    theirs.locator("[name=ends]").fill("")
    theirs.get_by_role("button", name="Set").click()
    row(ana, "", "")
