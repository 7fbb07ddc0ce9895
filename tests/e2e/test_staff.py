"""Managers change the staff on a page: what somebody gives is offered at once, and two who change one are told."""

from __future__ import annotations

import os
import re

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.kit.database import transaction
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import choose_client, choose_place, open_booking, overflow, saved, sometime_soon


def picture(page: Page, name: str) -> None:
    """For whoever wants to look; nothing is kept otherwise."""
    if folder := os.environ.get("GUITARA_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png")


def line(page: Page, username: str) -> Locator:
    return page.locator(f'[data-member="{username}"]')


def change(page: Page, username: str) -> Locator:
    """Open somebody's form, and wait until it shows what stands there."""
    line(page, username).get_by_role("button", name="Change").click()
    sheet = page.get_by_role("dialog", name="Change the person")
    expect(sheet.get_by_label("User name")).to_have_value(username)
    return sheet


def test_what_somebody_gives_is_offered_at_once_and_nothing_typed_is_lost(people: People) -> None:
    marga = people.sign_in("marga", path="/staff")
    ramon = people.sign_in("ramon", base=people.site.two, path="/staff", size=PHONE, dark=True)
    assert overflow(ramon) == []
    picture(ramon, "staff-phone-dark")
    ana = people.sign_in("ana", base=people.site.two, path="/board")
    form = open_booking(ana)
    choose_client(form, "castillo")
    choose_place(form)
    form.get_by_role("checkbox", name=re.compile("^Shiatsu")).check()
    form.get_by_label("Start").fill(sometime_soon())
    # Whoever is the best for it, whatever the demo's evening has come to.
    name = form.locator(".candidates li[data-free=true] .candidate-name").first.inner_text()
    best = form.locator(".candidates li").filter(has_text=name)
    for page in (marga, ramon):
        page.get_by_label("Find somebody").fill(name)
        expect(page.locator(".staff-line")).to_have_count(1)
    who = marga.locator(".staff-line").filter(has_text=name).get_attribute("data-member") or ""

    mine, theirs = change(marga, who), change(ramon, who)
    skills = mine.locator(".staff-skills")
    mine.get_by_label("Every service").set_checked(False)
    skills.get_by_label("Foot").set_checked(True)
    skills.get_by_label("Shiatsu").set_checked(False)
    mine.get_by_label("Phone").fill("12")
    mine.get_by_role("button", name="Save").click()
    expect(mine.locator('[data-problem="phone"]')).to_contain_text("not a phone number")
    picture(marga, "staff-refused")
    expect(skills.get_by_label("Shiatsu")).not_to_be_checked()
    mine.get_by_label("Phone").fill("0917 555 0101")
    theirs.get_by_label("Phone").fill("0917 555 0202")
    theirs.get_by_label("Name", exact=True).fill(f"{name} O'Reyes")
    theirs.get_by_role("button", name="Save").click()
    saved(theirs)
    expect(line(marga, who)).to_contain_text(f"{name} O'Reyes")

    # The second of two is told which field, by whom; the rest of what they typed is put over it.
    expect(mine.locator('[data-clash="phone"]')).to_contain_text(re.compile("Ramon.*0202, you typed .*0101"))
    picture(marga, "staff-clash")
    expect(mine.get_by_label("Name", exact=True)).to_have_value(f"{name} O'Reyes")
    mine.get_by_role("button", name="Take theirs").click()
    mine.get_by_role("button", name="Save").click()
    saved(mine)
    expect(line(ramon, who)).to_contain_text("0917 555 0202")
    expect(line(ramon, who)).to_contain_text("Foot")
    expect(best).to_contain_text("does not give Shiatsu")

    mine = change(marga, who)
    mine.get_by_label("Every service").check()
    marga.keyboard.press("Control+Enter")
    saved(mine)
    expect(best).not_to_contain_text("does not give")


def test_whoever_leaves_is_asked_about_first_and_comes_back(people: People) -> None:
    marga = people.sign_in("marga", path="/staff", size=PHONE, dark=True)
    ramon = people.sign_in("ramon", base=people.site.two, path="/staff")
    line(marga, "grace").get_by_role("button", name="Deactivate").click()
    sheet = marga.get_by_role("dialog", name="Deactivate Grace")
    expect(sheet.get_by_text("Still to do")).to_be_visible()
    assert overflow(marga) == []
    picture(marga, "staff-leaving-phone-dark")
    sheet.get_by_role("button", name="Deactivate").click()
    expect(sheet.locator('[data-problem="reason"]')).to_contain_text("Give a reason")
    sheet.get_by_role("button", name="On leave").click()
    sheet.get_by_role("button", name="Deactivate").click()
    for page in (marga, ramon):
        expect(line(page, "grace")).to_have_count(0)
        page.get_by_label("Active or not").select_option("Deactivated")
        expect(line(page, "grace")).to_contain_text("by Marga")
    line(ramon, "grace").get_by_role("button", name="Activate").click()
    dialog = ramon.locator("dialog[open]")
    dialog.get_by_role("button", name="Is back").click()
    dialog.get_by_role("button", name="Activate", exact=True).click()
    expect(line(marga, "grace")).to_have_count(0)


def test_somebody_is_added_found_and_turned_to(people: People) -> None:
    marga = people.sign_in("marga", path="/staff")
    marga.get_by_role("button", name="Add somebody").click()
    expect(marga.get_by_label("Role", exact=True).last.locator("option")).to_have_text(
        ["Therapist", "Driver", "Operator"]
    )
    marga.get_by_label("Name", exact=True).fill("Pia O'Hara")
    marga.get_by_label("User name", exact=True).first.fill("liza")
    marga.get_by_label("E-mail, if any").first.fill("pia@example.ph")
    marga.get_by_role("button", name="Add", exact=True).click()
    expect(marga.get_by_text("Somebody else here has this user name.").first).to_be_visible()
    picture(marga, "staff-adding")
    # Browsers complain of the refusal itself.
    people.complaints[:] = [said for said in people.complaints if "422" not in said]
    marga.get_by_label("User name", exact=True).first.fill("pia")
    marga.get_by_role("button", name="Add", exact=True).click()
    expect(marga.locator('[data-invitation="pia"]')).to_be_visible()
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO people (username, name, role, disabled_at, failed_sign_ins, is_demo, version)"
                " SELECT 'gone' || n, 'Zita O''Gone ' || n,"
                " 'operator', now(), 0, true, 1 FROM generate_series(1, 1000) n"
            )
        )
    marga.get_by_label("Active or not").select_option("Deactivated")
    expect(marga.get_by_text("Page 1 of")).to_be_visible()
    marga.get_by_role("button", name="Next").click()
    expect(marga.get_by_text("Page 2 of")).to_be_visible()
    picture(marga, "staff-page-two")
    marga.get_by_label("Active or not").select_option("Active or not")
    marga.get_by_label("Find somebody").fill("pia@example")
    expect(line(marga, "pia")).to_contain_text("no password yet")
    expect(marga.locator(".staff-line")).to_have_count(1)
    marga.get_by_label("Find somebody").fill("nobody at all")
    expect(marga.get_by_text("Nobody matches.")).to_be_visible()


def test_an_operator_looks_and_changes_nobody_and_a_manager_no_admin(people: People) -> None:
    ana = people.sign_in("ana", path="/board")
    ana.get_by_role("link", name="Staff").click()
    expect(ana.locator(".staff-line").first).to_be_visible()
    for word in ("Change", "Deactivate", "Add somebody"):
        expect(ana.get_by_role("button", name=word)).to_have_count(0)
    marga = people.sign_in("marga", path="/staff")
    expect(line(marga, "marga")).to_contain_text("you")
    marga.get_by_label("Role", exact=True).first.select_option("Admin")
    expect(line(marga, "ramon")).to_be_visible()
    expect(marga.locator(".staff-line").get_by_role("button")).to_have_count(0)
