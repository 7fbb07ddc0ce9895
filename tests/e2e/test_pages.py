"""Every page at both sizes and in both themes: nothing overflows, nothing complains, and the theme holds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

import pytest
from playwright.sync_api import Page, expect

from guitara_app.kit.database import run
from guitara_app.kit.outbox import live_redis
from guitara_app.kit.time import now
from guitara_app.monitoring.rules import Key, Verdict
from guitara_app.monitoring.services import keep_alerts
from guitara_app.monitoring.words import Alarm
from tests.e2e.conftest import DESK, PHONE, People, Servers, Site, running
from tests.e2e.steps import card, open_booking, overflow

PAGES = [
    ("ana", "/board", ".card"),
    ("ana", "/appointments/1", ".visit-head"),
    ("ana", "/appointments/999999", ".visit .empty"),
    ("ana", "/appointments/not-a-number", ".visit .empty"),
    ("ana", "/clients", ".client-line"),
    ("ana", "/clients/1", ".card-form"),
    ("ana", "/clients/999999", ".visit .empty"),
    ("ana", "/services", ".catalog-line"),
    ("ana", "/materials", ".catalog-line"),
    ("ana", "/zones", ".catalog-line"),
    ("ana", "/staff", ".staff-line"),
    ("ramon", "/settings", ".settings-field"),
    ("ramon", "/system", ".figure-value"),
    ("bea", "/shifts", ".shift"),
    ("liza", "/tonight", ".job"),
    ("dodong", "/tonight", ".tonight"),
]


@pytest.fixture(scope="module")
def site(servers: Servers) -> Iterator[Site]:
    """Measured each second; a worker and beat seem to live, so that nothing is wrong with it."""
    with running(servers, GUITARA_SAMPLE_SECONDS="1") as started:
        for part in ("worker:here", "beat"):
            live_redis().set(f"guitara:heartbeat:{part}", time.time() + 3600)
        yield started


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_fits_and_keeps_quiet(people: People, size: tuple[int, int]) -> None:
    for username, pages in groupby(PAGES, key=itemgetter(0)):
        page = people.visitor(size=size, dark=size == PHONE)
        page.goto(f"{people.site.one}/login")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        _fits_in_both_themes(page)
        people.let_in(page, username)
        for _, path, shows in pages:
            page.goto(f"{people.site.one}{path}")
            expect(page.locator(shows).first).to_be_visible()
            _fits_in_both_themes(page)
        page.context.close()


def _fits_in_both_themes(page: Page) -> None:
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_class(re.compile(theme))
        assert overflow(page) == [], (page.url, theme)


def test_a_phone_shows_every_card_whole(people: People) -> None:
    page = people.sign_in("ana", size=PHONE)
    expect(page.locator(".card").first).to_be_visible()
    cut = page.evaluate(
        "() => [...document.querySelectorAll('.column')]"
        ".filter(e => e.scrollHeight > e.clientHeight + 1 || e.querySelector('.column-cards').scrollHeight >"
        " e.querySelector('.column-cards').clientHeight + 1).length"
    )
    assert cut == 0


def test_the_booking_sheet_fits_a_phone(people: People) -> None:
    page = people.sign_in("ana", size=PHONE)
    page.get_by_role("button", name="Book").click()
    expect(page.locator(".chip").first).to_be_visible()
    assert overflow(page) == []
    page.get_by_role("button", name="Close; the draft stays").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_theme_is_kept_and_never_flashes(people: People) -> None:
    page = people.sign_in("ana", dark=True)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_class(re.compile("light"))
    # Seen from the first script on, before anything is drawn.
    page.add_init_script(
        "window.themes = []; new MutationObserver(() => themes.push(document.documentElement.className))"
        ".observe(document, {subtree: true, attributes: true, attributeFilter: ['class'], childList: true})"
    )
    page.reload()
    expect(page.locator(".card").first).to_be_visible()
    assert "dark" not in " ".join(page.evaluate("window.themes"))


def test_going_from_visit_to_visit_never_shows_the_one_before(people: People) -> None:
    page = people.sign_in("ana")
    numbers = [page.locator(".card").nth(index).get_attribute("data-appointment") for index in range(2)]
    card(page, str(numbers[0])).get_by_role("link").click()
    expect(page.locator(".visit-head")).to_contain_text(f"#{numbers[0]}")
    page.evaluate(
        "([before, after]) => { window.wrong = 0; const look = () => {"
        " const head = document.querySelector('.visit-head');"
        " if (head && location.pathname.includes('/' + after) && head.textContent.includes('#' + before)) wrong++;"
        " requestAnimationFrame(look); }; look(); }",
        numbers,
    )
    page.get_by_role("link", name="Board").first.click()
    card(page, str(numbers[1])).get_by_role("link").click()
    expect(page.locator(".visit-head")).to_contain_text(f"#{numbers[1]}")
    assert page.evaluate("window.wrong") == 0


def test_keys_reach_what_the_mouse_reaches(people: People) -> None:
    page = people.sign_in("ana")
    sheet = open_booking(page)
    client = sheet.get_by_role("combobox", name="Client: name, phone or e-mail")
    expect(client).to_be_focused()
    client.press_sequentially("san")
    expect(sheet.locator(".typeahead-option").nth(1)).to_be_visible()
    page.keyboard.press("ArrowDown")
    second = sheet.locator(".typeahead-option").nth(1).locator("b").inner_text()
    page.keyboard.press("Enter")
    expect(sheet.locator(".client-card b").first).to_have_text(second)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_disabling_an_account_signs_it_out_at_once(people: People) -> None:
    admin = people.sign_in("ramon", path="/staff")
    phone = people.sign_in("jun", base=people.site.two, size=PHONE)
    expect(phone.get_by_role("heading", name="Tonight")).to_be_visible()

    admin.get_by_label("Find somebody").fill("velasco")
    line = admin.locator('[data-member="jun"]')
    expect(admin.locator(".staff-line")).to_have_count(1)
    line.get_by_role("button", name="Deactivate").click()
    sheet = admin.get_by_role("dialog", name="Deactivate")
    sheet.get_by_role("button", name="Phone lost").click()
    sheet.get_by_role("button", name="Deactivate").click()

    phone.wait_for_url(re.compile("/login"))
    expect(line).to_have_count(0)
    admin.get_by_label("Active or not").select_option("Deactivated")
    expect(line.get_by_text("deactivated")).to_be_visible()
    line.get_by_role("button", name="Activate").click()
    dialog = admin.locator("dialog[open]")
    dialog.get_by_label("Reason, kept in the audit log").fill("Found")
    dialog.get_by_role("button", name="Activate", exact=True).click()
    expect(line).to_have_count(0)
    admin.get_by_label("Active or not").select_option("Active")
    expect(line.get_by_text("signs in as jun")).to_be_visible()
    people.sign_in("jun", size=PHONE)


def test_a_page_of_somebody_else_stays_empty(people: People) -> None:
    page = people.sign_in("liza", path="/board")
    expect(page.get_by_text("Your account may not do this.").first).to_be_visible()
    expect(page.locator(".card")).to_have_count(0)


def test_the_system_is_seen_live_by_admins_alone(people: People) -> None:
    admin = people.sign_in("ramon", path="/system")
    shown = admin.locator(".system")
    expect(shown).to_have_attribute("data-fresh", "true")
    admin.evaluate("window.stillTheSame = true")
    before = shown.get_attribute("data-measured") or ""

    # Whichever process measures has heard of one of them.
    ana, _ = people.sign_in("ana", path="/system"), people.sign_in("bea", base=people.site.two)
    expect(admin.locator('[data-figure="event_p95"] .figure-value')).to_have_text(re.compile(r"\d m?s$"))
    expect(shown).not_to_have_attribute("data-measured", before)
    expect(ana.get_by_text("Only admins see how the system is doing.")).to_be_visible()
    expect(ana.locator(".figure")).to_have_count(0)
    expect(ana.get_by_role("link", name="System")).to_have_count(0)

    wrong = {Key(Alarm.QUEUE, "dispatch"): Verdict(True, False, "It's 300 tasks that wait.")}
    run(lambda session: keep_alerts(session, wrong, now=now(), quiet=timedelta(minutes=15)))
    line = admin.locator("[data-alert]").filter(has_text="It's 300 tasks that wait.")
    expect(line).to_have_attribute("data-alert", "over")
    assert admin.evaluate("window.stillTheSame === true")
