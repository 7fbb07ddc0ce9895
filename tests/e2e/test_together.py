"""Three people at once, on two web processes, each seeing what the others do without reloading anything."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from redis import Redis

from guitara_app.accounts.permissions import Role
from guitara_app.settings import settings
from tests.e2e.conftest import PHONE, People
from tests.e2e.staging import hire, seat_of, visit
from tests.e2e.steps import Booked, book, book_by_name, card, open_booking


def _never_reloads(page: Page) -> None:
    page.evaluate("window.stillTheSame = true")


def _is_still_the_same(page: Page) -> bool:
    return bool(page.evaluate("window.stillTheSame === true"))


def _booked(people: People) -> tuple[Page, Page, Page, Booked]:
    ana, bea = people.sign_in("ana", base=people.site.one), people.sign_in("bea", base=people.site.two)
    expect(bea.locator(".card").first).to_be_visible()
    _never_reloads(bea)
    # The first booking tells who is free; the therapist then watches while the next one is made for her.
    booked = book(ana, "tor")
    phone = people.sign_in(booked.username, base=people.site.two, size=PHONE)
    return ana, bea, phone, booked


def test_a_booking_shows_on_the_other_desk_and_an_answer_moves_the_card_everywhere(people: People) -> None:
    ana, bea, phone, booked = _booked(people)
    expect(card(bea, booked.number, "pending")).to_be_visible()
    job = phone.locator(f'[data-job][data-visit="{booked.number}"]')
    _never_reloads(phone)

    job.get_by_role("button", name="Accept").click()

    expect(card(ana, booked.number, "ready")).to_be_visible()
    expect(card(bea, booked.number, "ready")).to_be_visible()
    expect(card(bea, booked.number, "pending")).to_have_count(0)
    expect(job.get_by_role("button", name="Accept")).to_have_count(0)
    assert _is_still_the_same(bea)
    assert _is_still_the_same(phone)


def test_a_booking_appears_on_the_phone_and_leaves_it_when_cancelled(people: People) -> None:
    ana, bea, phone, first = _booked(people)
    jobs = phone.locator("[data-job]").filter(has=phone.get_by_role("button", name="Accept"))
    expect(jobs.first).to_be_visible()
    before = jobs.count()
    _never_reloads(phone)

    bea.goto(f"{people.site.two}/appointments/{first.number}")
    expect(ana.locator(".colleagues li")).to_have_attribute("title", re.compile("is here$"))
    ana.goto(f"{people.site.one}/appointments/{first.number}")
    expect(ana.locator(".looking")).to_contain_text("is looking at this too")
    ana.goto(f"{people.site.one}/board")
    bea.get_by_role("button", name="Cancel the visit").click()
    dialog = bea.get_by_role("dialog", name="Cancel the visit")
    dialog.get_by_role("button", name="Client called off").click()
    dialog.get_by_role("button", name="Cancel the visit").click()

    expect(bea.locator(".visit-head").get_by_text("cancelled")).to_be_visible()
    expect(bea.locator(".history").get_by_text("Client called off")).to_be_visible()
    expect(jobs).to_have_count(before - 1)
    expect(card(ana, first.number)).to_have_count(0)
    assert _is_still_the_same(phone)


def test_rejecting_asks_for_a_reason_that_the_desk_sees_at_once(people: People) -> None:
    ana, bea, phone, _ = _booked(people)
    phone.get_by_role("button", name="Reject").first.click()
    dialog = phone.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Reject", exact=True)
    confirm.click()
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="I am ill").click()
    confirm.click()

    for desk in (ana, bea):
        expect(desk.locator(".needs").get_by_text("Rejected: I am ill").first).to_be_visible()
    expect(dialog).to_be_hidden()


def test_a_new_job_appears_on_a_phone_that_lies_open(people: People) -> None:
    visit(hire(Role.THERAPIST, "Mutya"), minutes=60)
    ana, phone = people.sign_in("ana"), people.sign_in("mutya", base=people.site.two, size=PHONE)
    expect(phone.locator("[data-job]")).to_have_count(1)
    _never_reloads(phone)

    # After the first visit and the longest way from it.
    book_by_name(ana, "Mutya", minutes=180)
    expect(phone.locator("[data-job]")).to_have_count(2)
    assert _is_still_the_same(phone)


def test_two_tabs_of_one_person_agree(people: People) -> None:
    therapist = hire(Role.THERAPIST, "Tanglaw")
    seat = seat_of(visit(therapist, minutes=60), therapist)
    one = people.sign_in("tanglaw", base=people.site.one, size=PHONE)
    # The same browser and session, at the other web process.
    two = one.context.new_page()
    two.goto(f"{people.site.two}/tonight")
    job = f'[data-job="{seat}"]'
    for tab in (one, two):
        expect(tab.locator(f'{job} [data-do="accept"]')).to_be_visible()
        _never_reloads(tab)

    two.locator(f'{job} [data-do="accept"]').click()
    for tab in (one, two):
        expect(tab.locator(job)).to_be_visible()
        expect(tab.locator(f'{job} [data-do="accept"]')).to_have_count(0)
        assert _is_still_the_same(tab)


def test_redis_forgets_everything_and_pages_go_on_and_open_again(people: People) -> None:
    ana, bea = people.sign_in("ana", base=people.site.one), people.sign_in("bea", base=people.site.two)
    sheet = open_booking(ana)
    notes = sheet.get_by_label("Notes for this visit")
    notes.fill("The gate is green")
    with Redis.from_url(settings().redis_url) as everything:
        everything.flushall()

    notes.fill("The gate is green, ring twice")
    booked = book(bea, "tor")
    expect(card(ana, booked.number, "pending")).to_be_attached()
    with Redis.from_url(settings().redis_url) as everything:
        everything.flushall()
    ana.reload()
    expect(card(ana, booked.number, "pending")).to_be_attached()
    expect(notes).to_have_value("The gate is green, ring twice")
    expect(ana.locator(".live").first).to_have_attribute("data-connection", "live")


_ASKS_BEFORE_IT_IS_PAINTED = """new Promise((told) => {
  let shown = false, painted = false;
  new MutationObserver(() => {
    if (shown || !document.querySelector(".card")) return;
    shown = true;
    requestAnimationFrame(() => { painted = true; });
  }).observe(document.body, { childList: true, subtree: true });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (words) {
    if (String(words).includes("on_load_internal")) told(shown && !painted);
    return send.call(this, words);
  };
  [...document.querySelectorAll("nav a")].find((link) => link.textContent === "Board").click();
})"""


def test_the_board_left_and_opened_again_asks_at_once_and_shows_what_happened_meanwhile(people: People) -> None:
    ana, bea = people.sign_in("ana", base=people.site.one), people.sign_in("bea", base=people.site.two)
    expect(ana.locator(".card").first).to_be_visible()
    _never_reloads(ana)
    ana.get_by_role("link", name="Shifts", exact=True).click()
    expect(ana.locator(".shift").first).to_be_visible()
    booked = book(bea, "tor")

    assert ana.evaluate(_ASKS_BEFORE_IT_IS_PAINTED)
    expect(card(ana, booked.number, "pending")).to_be_visible()

    ana.get_by_role("link", name="Shifts", exact=True).click()
    expect(ana.locator(".shift").first).to_be_visible()
    ana.get_by_role("link", name="Board", exact=True).click()
    expect(card(ana, booked.number, "pending")).to_be_visible()
    again = book(bea, "tor")
    expect(card(ana, again.number, "pending")).to_be_visible()
    assert _is_still_the_same(ana)
