"""An admin sets what the firm does: told at the field what cannot be, in force at once, never over another unseen."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from guitara_app.firm.queries import FirmSettings, firm_settings
from guitara_app.kit.database import reading
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import overflow


def in_force() -> FirmSettings:
    with reading() as session:
        return firm_settings(session)


def save(page: Page) -> None:
    page.get_by_role("button", name="Save the settings").click()


def test_what_cannot_be_is_told_at_its_field_and_nothing_typed_is_lost(people: People) -> None:
    ramon = people.sign_in("ramon", path="/settings")
    minutes, name = ramon.get_by_label("Therapists answer within"), ramon.get_by_label("Name", exact=True)
    expect(minutes).to_have_value("30")
    expect(ramon.get_by_label("Time zone")).to_be_disabled()
    minutes.fill("two")
    name.fill("Tita's Touch")
    save(ramon)
    field = ramon.locator('[data-setting="answer_minutes"]')
    expect(field.get_by_role("alert")).to_have_text("A whole number from 3 to 600.")
    expect(minutes).to_have_value("two")
    expect(name).to_have_value("Tita's Touch")
    assert in_force().name != "Tita's Touch"
    minutes.fill("25")
    save(ramon)
    expect(ramon.get_by_text("Saved, and in force from now on.")).to_be_visible()
    expect(field.get_by_role("alert")).to_have_count(0)
    assert (in_force().name, in_force().answer_minutes) == ("Tita's Touch", 25)
    ramon.reload()
    expect(minutes).to_have_value("25")


def test_two_who_set_the_same_are_told_and_two_who_set_different_things_are_not(people: People) -> None:
    one = people.sign_in("ramon", path="/settings")
    other = people.sign_in("ramon", base=people.site.two, path="/settings", size=PHONE, dark=True)
    for page in (one, other):
        expect(page.get_by_label("Drivers answer within")).to_have_value("10")
    one.get_by_label("Drivers answer within").fill("12")
    one.get_by_label("The desk releases each trip").select_option("yes")
    save(one)
    expect(one.get_by_text("Saved, and in force")).to_be_visible()
    other.get_by_label("Therapists earn").fill("42.5")
    save(other)
    expect(other.get_by_text("Saved, and in force")).to_be_visible()
    expect(other.get_by_label("Drivers answer within")).to_have_value("12")

    one.get_by_label("Therapists earn").fill("41")
    save(one)
    field = one.locator('[data-setting="commission_share"]')
    expect(field.get_by_role("alert")).to_contain_text("Somebody has set this to 42.5 meanwhile")
    expect(one.get_by_label("Therapists earn")).to_have_value("41")
    save(one)
    expect(field.get_by_role("alert")).to_have_count(0)
    firm = in_force()
    assert (firm.leg_answer_minutes, firm.release_by_operator, str(firm.commission_share)) == (12, True, "0.41")
    assert overflow(other) == []


def test_an_operator_has_no_such_page(people: People) -> None:
    ana = people.sign_in("ana", path="/board")
    expect(ana.get_by_role("link", name="Settings")).to_have_count(0)
    before = in_force()
    ana.goto(f"{people.site.one}/settings")
    expect(ana.get_by_role("button", name="Save the settings")).to_have_count(0)
    assert in_force() == before
