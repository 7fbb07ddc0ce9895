"""A therapist's private calendar address: made on the profile, copied, read by a program, and ended."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from guitara_app.accounts.permissions import Role
from tests.e2e.conftest import PHONE, People
from tests.e2e.staging import hire, visit
from tests.e2e.steps import overflow


def test_an_address_is_made_copied_renewed_and_revoked(people: People) -> None:
    person = hire(Role.THERAPIST, "Tahimik")
    number = visit(person, minutes=200)
    page = people.sign_in("tahimik", size=PHONE, path="/profile")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = page.get_by_role("region", name="Your jobs in your own calendar")
    panel.get_by_role("button", name="Make my address").click()
    shown = panel.locator("code")
    expect(shown).to_have_text(re.compile(r"/calendar/[\w-]+\.ics$"))
    address = shown.inner_text()
    panel.get_by_role("button", name="Copy").click()
    expect(panel).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == address
    assert overflow(page) == []

    # Whoever has it reads it, without signing in: the job, and nobody's name.
    program = people.visitor().context.request
    feed = program.get(address)
    assert feed.status == 200
    assert feed.text().count("BEGIN:VEVENT") == 1
    assert f"{number}" in feed.text()

    # A new one ends the old one.
    panel.get_by_role("button", name="Make a new address").click()
    panel.get_by_role("button", name="The old one ends: make it").click()
    expect(shown).not_to_have_text(address)
    renewed = shown.inner_text()
    assert program.get(address).status == 404
    assert program.get(renewed).status == 200

    # Once shown, never again; what was made is still there to be ended.
    page.reload()
    expect(panel.get_by_role("button", name="Revoke")).to_be_visible()
    expect(shown).to_have_count(0)
    panel.get_by_role("button", name="Revoke").click()
    panel.get_by_role("button", name="Revoke for good").click()
    expect(page.get_by_text("The address is revoked.")).to_be_visible()
    expect(panel.get_by_role("button", name="Make my address")).to_be_visible()
    assert program.get(renewed).status == 404
