"""An operator lets the policy choose, and the visit's page says whom and why."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.e2e.conftest import People
from tests.e2e.steps import choose_client, choose_place, open_booking, saved, sometime_soon


def test_a_therapist_is_assigned_automatically_and_the_page_says_why(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    choose_client(sheet, "reyes")
    choose_place(sheet)
    sheet.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    sheet.get_by_label("Start").fill(sometime_soon())
    expect(sheet.locator("[data-policy]")).to_contain_text("Longest idle first")
    sheet.get_by_label("Assign automatically").select_option("1")
    expect(sheet.locator("[data-pick]")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    saved(sheet)
    found = re.search(r"#(\d+)", page.get_by_text(re.compile(r"Booked #\d+")).first.inner_text())
    assert found is not None
    page.goto(f"{people.site.one}/appointments/{found[1]}")
    # Beside the therapist, and in the history below their name.
    expect(page.get_by_text(re.compile("^Chosen automatically: longest idle, "))).to_have_count(1)
    expect(page.locator(".history li").filter(has_text="Booked")).to_contain_text("Chosen automatically: ")
