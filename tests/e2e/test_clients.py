"""Finding anything with the keyboard, two editors of one card, and two cards that become one."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from guitara_app.accounts.permissions import Actor, Role
from guitara_app.clients.rules import NewClient
from guitara_app.clients.services import create
from guitara_app.kit.database import run
from guitara_app.kit.time import now
from tests.e2e.conftest import PHONE, People
from tests.e2e.steps import overflow


def add(name: str, phone: str) -> int:
    """A client nobody else's test touches."""
    actor = Actor(None, Role.OPERATOR, "test")
    return run(lambda session: create(session, actor, NewClient(name=name, phone=phone), now=now())).id


def palette(page: Page, key: str = "Control+k") -> Locator:
    """Open the search with a key."""
    page.keyboard.press(key)
    box = page.get_by_role("combobox", name="Search everything")
    expect(box).to_be_focused()
    return box


def search(page: Page, typed: str) -> None:
    """Type, and wait for what belongs to it."""
    page.keyboard.press("Control+a")
    page.keyboard.type(typed)
    expect(page.get_by_role("option").first).to_be_visible()


def test_everything_is_found_and_opened_with_the_keyboard_alone(people: People) -> None:
    number = add("Xenia O'Malley-Yap", "0917 555 0101")
    page = people.sign_in("ana")
    expect(page.locator(".card").first).to_be_visible()
    visit = page.locator(".card").first.get_attribute("data-appointment")

    box = palette(page)
    page.keyboard.type("omalley")
    expect(page.get_by_role("option", name=re.compile("Xenia O'Malley-Yap"))).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/clients/{number}")
    expect(page.locator("#draft-name")).to_have_value("Xenia O'Malley-Yap")

    page.locator("body").click(position={"x": 700, "y": 700})
    palette(page, "/")
    search(page, f"#{visit}")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/appointments/{visit}")
    expect(page.locator(".visit-head")).to_contain_text(f"#{visit}")

    palette(page)
    search(page, "liza")
    people_found = page.get_by_role("group", name="People").get_by_role("option")
    expect(people_found.first).to_be_visible()
    chosen = box.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    expect(box).not_to_have_attribute("aria-activedescendant", str(chosen))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(people_found.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    assert f"/appointments/{visit}" in page.url


def test_a_key_meant_for_a_field_opens_nothing_and_a_therapist_has_no_search(people: People) -> None:
    page = people.sign_in("ana", path="/clients")
    page.get_by_label("Find a client").press("/")
    expect(page.get_by_label("Find a client")).to_have_value("/")
    expect(page.get_by_role("combobox", name="Search everything")).to_be_hidden()
    phone = people.sign_in("liza", size=PHONE)
    expect(phone.locator(".tonight").first).to_be_visible()
    expect(phone.get_by_role("button", name="Search everything")).to_have_count(0)


def test_the_search_fits_a_phone(people: People) -> None:
    page = people.sign_in("ana", size=PHONE)
    page.get_by_role("button", name="Search everything").click()
    search(page, "maria")
    assert overflow(page) == []
    page.get_by_role("option").first.click()
    page.wait_for_url(re.compile(r"/(clients|appointments)/\d+"))


def test_the_list_finds_and_pages(people: People) -> None:
    number = add("Zoilo Quetzalcoatl", "0917 555 0102")
    page = people.sign_in("ana", path="/clients")
    expect(page.locator(".client-line")).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator(".client-line")).to_have_count(100)
    page.get_by_label("Find a client").fill("0102")
    expect(page.locator(".client-line").first).to_contain_text("Zoilo Quetzalcoatl")
    page.locator(".client-line").first.click()
    page.wait_for_url(f"**/clients/{number}")


def test_a_second_editor_is_told_field_by_field_and_loses_nothing(people: People) -> None:
    number = add("Two Editors", "0917 555 0103")
    path = f"/clients/{number}"
    ana, bea = people.sign_in("ana", path=path), people.sign_in("bea", base=people.site.two, path=path)
    for page in (ana, bea):
        expect(page.locator("#draft-name")).to_have_value("Two Editors")
    ana.locator("#draft-notes").fill("Ana's note")
    bea.locator("#draft-notes").fill("Bea's note")
    bea.get_by_label("Pressure").select_option("hard")
    bea.keyboard.press("Control+Enter")
    expect(bea.get_by_text("The card is saved.")).to_be_visible()

    # What Ana has not touched follows at once; what she typed stays.
    expect(ana.get_by_label("Pressure")).to_have_value("hard")
    expect(ana.locator("#draft-notes")).to_have_value("Ana's note")
    ana.reload()
    expect(ana.locator("#draft-notes")).to_have_value("Ana's note")
    ana.get_by_role("button", name="Save").click()
    clash = ana.locator(".card-clash")
    expect(clash).to_contain_text(re.compile(r"Changed by Bea .* at .* while you were editing: notes\."))
    expect(clash.get_by_role("listitem")).to_contain_text("Bea's note")
    expect(ana.locator("#draft-notes")).to_have_value("Ana's note")
    expect(bea.locator("#draft-notes")).to_have_value("Bea's note")

    ana.get_by_role("button", name="Save mine").click()
    expect(bea.locator("#draft-notes")).to_have_value("Ana's note")
    expect(ana.get_by_role("button", name="Save")).to_have_count(0)
    expect(ana.locator(".panel", has_text="Changes of the card").get_by_role("listitem")).to_have_count(3)


def test_what_cannot_be_saved_is_said_at_its_field(people: People) -> None:
    number = add("Wrong Phone", "0917 555 0104")
    page = people.sign_in("ana", path=f"/clients/{number}")
    page.locator("#draft-phone").fill("12")
    page.get_by_role("button", name="Save").click()
    expect(page.locator('[data-problem="phone"]')).to_contain_text("This is not a phone number")
    expect(page.locator("#draft-phone")).to_have_value("12")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator("#draft-phone")).to_have_value("0917 555 0104")


def test_two_cards_become_one_on_every_open_page(people: People) -> None:
    keep, gone = add("Quirina Obispo", "0917 555 0105"), add("Quirina Obispo", "0917 555 0150")
    ana = people.sign_in("ana", path=f"/clients/{keep}")
    bea = people.sign_in("bea", base=people.site.two, path=f"/clients/{gone}")
    expect(bea.locator("#draft-phone")).to_have_value("0917 555 0150")

    ana.get_by_role("button", name="Compare and merge").click()
    expect(ana.get_by_role("list", name="What happens")).to_contain_text("0917 555 0150 is kept as another phone")
    ana.get_by_role("button", name="Keep the other one").click()
    expect(ana.locator(".merge-side").first).to_contain_text("0917 555 0150")
    ana.get_by_role("button", name="Keep the other one").click()
    expect(ana.locator(".merge-side").first).to_contain_text("0917 555 0105")
    ana.get_by_role("button", name="Merge into Quirina Obispo").click()

    expect(ana.locator("#draft-other_phones")).to_have_value("0917 555 0150")
    expect(ana.get_by_role("button", name="Compare and merge")).to_have_count(0)
    expect(bea.get_by_text("This card was merged into")).to_be_visible()
    bea.goto(f"{people.site.two}/clients/{gone}")
    bea.wait_for_url(f"**/clients/{keep}")
    expect(bea.locator("#draft-phone")).to_have_value("0917 555 0105")
    palette(bea)
    search(bea, "0917 555 0150")
    expect(bea.get_by_role("group", name="Clients").get_by_role("option")).to_have_count(1)
