"""Somebody new is shown around once, in whichever tab, and everybody finds the guide for the page they are on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import text

from guitara_app.accounts.permissions import Role
from guitara_app.help.tour import TOURS
from guitara_app.kit.database import transaction
from tests.e2e.conftest import DESK, PHONE, People
from tests.e2e.staging import hire, one
from tests.e2e.steps import overflow


def newcomer(role: Role, first: str) -> str:
    """Somebody whom nobody has shown around; people of the demo know the way."""
    number = hire(role, first)
    with transaction() as session:
        session.execute(text("UPDATE people SET is_demo = false WHERE id = :id"), {"id": number})
    return first.lower()


def popover(page: Page) -> Locator:
    return page.locator(".driver-popover")


def seen(username: str) -> bool:
    return bool(one("SELECT toured_at IS NOT NULL AS seen FROM people WHERE username = :u", u=username).seen)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("role", Role)
def test_every_step_points_at_a_part_of_the_page(people: People, role: Role, size: tuple[int, int]) -> None:
    page = people.sign_in(newcomer(role, f"N{role}{size[0]}"), size=size)
    steps = TOURS[role]
    for number, step in enumerate(steps, start=1):
        expect(popover(page)).to_contain_text(step["title"])
        expect(popover(page)).to_contain_text(f"{number} of {len(steps)}")
        box = popover(page).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
        assert overflow(page) == []
        popover(page).get_by_role("button", name="Done" if number == len(steps) else "Next").click()
    expect(popover(page)).to_have_count(0)
    page.reload()
    expect(page.locator(".live").first).to_have_attribute("data-connection", "live")
    expect(page.locator(".board, .tonight").first).to_be_visible()
    expect(popover(page)).to_have_count(0)


def test_two_tabs_agree_and_escape_is_an_answer(people: People) -> None:
    username = newcomer(Role.OPERATOR, "Tabitha")
    first = people.sign_in(username)
    second = first.context.new_page()
    second.goto(f"{people.site.two}/board")
    expect(popover(first)).to_be_visible()
    expect(popover(second)).to_be_visible()
    first.bring_to_front()
    first.keyboard.press("Escape")
    expect(popover(first)).to_have_count(0)
    expect(popover(second)).to_have_count(0)
    assert seen(username)


def test_the_page_works_on_under_the_tour_which_gives_way_to_what_is_opened(people: People) -> None:
    username = newcomer(Role.OPERATOR, "Wanda")
    page = people.sign_in(username)
    expect(popover(page)).to_be_visible()
    page.locator(".top").get_by_role("button", name="Book").click()
    expect(page.get_by_role("dialog", name="Book a visit")).to_be_visible()
    expect(popover(page)).to_have_count(0)
    # It was put aside, not seen.
    assert not seen(username)
    page.get_by_role("button", name="Close; the draft stays").click()
    page.reload()
    expect(popover(page)).to_be_visible()
    popover(page).get_by_role("button", name="Skip the tour").click()
    expect(popover(page)).to_have_count(0)


def test_a_guide_opens_at_the_page_one_is_on_and_shows_around_again(people: People) -> None:
    page = people.sign_in("ana", path="/shifts")
    page.get_by_role("link", name="Help for this page").click()
    page.wait_for_url(re.compile("/help/operator#shifts$"))
    expect(page.get_by_role("heading", name="Somebody is sick")).to_be_in_viewport()
    guides = page.get_by_role("navigation", name="Guides")
    guides.get_by_role("link", name="Clients", exact=True).click()
    expect(page.get_by_role("heading", name="Clients", exact=True)).to_be_in_viewport()
    guides.get_by_role("link", name="Driver", exact=True).click()
    expect(page.get_by_role("heading", name="For the driver")).to_be_visible()
    for picture in page.locator(".guide-picture img:visible").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("one => one.naturalWidth") > 0
    # With reduced motion the steps are there at once, and the keys go from one to the next.
    page.emulate_media(reduced_motion="reduce")
    guides.get_by_role("link", name="Show me around").click()
    expect(popover(page)).to_contain_text(TOURS[Role.OPERATOR][0]["title"])
    assert "tour" not in page.url
    page.keyboard.press("ArrowRight")
    expect(popover(page)).to_contain_text(TOURS[Role.OPERATOR][1]["title"])


def test_the_guides_fit_a_phone(people: People) -> None:
    page = people.sign_in("liza", size=PHONE)
    page.get_by_role("link", name="Help").click()
    page.wait_for_url(re.compile("/help/therapist#tonight$"))
    expect(page.get_by_role("heading", name="Your evening, step by step")).to_be_in_viewport()
    assert overflow(page) == []
    page.goto(f"{people.site.one}/help")
    expect(page).to_have_url(re.compile("/help/therapist$"))
    expect(page.get_by_role("heading", name="For the therapist")).to_be_visible()
    # Whoever taps before the page knows her is led to the same section.
    page.goto(f"{people.site.one}/help?about=tonight")
    page.wait_for_url(re.compile("/help/therapist#tonight$"))
    expect(page.get_by_role("heading", name="Your evening, step by step")).to_be_in_viewport()
    # Other guides are of no use to her.
    expect(page.locator(".guide-role")).to_have_count(0)
